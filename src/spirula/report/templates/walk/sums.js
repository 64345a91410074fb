// The arithmetic of one place: the same steps as spirula.insight.walk.arithmetic, in double precision.
function rows(station, name) {
  const key = station.arrays[name];
  return key ? array(key) : null;
}

function windowOf(station, row, column) {
  const s = station.settings;
  const line = (at, axis) => Array.from({ length: s.kernel[axis] }, (_, i) => at * s.stride[axis] - s.padding[axis] + i * s.dilation[axis]);
  return [line(row, 0), line(column, 1)];
}

const place = (station, row, column) => station.places ? station.places.findIndex((p) => p[0] === row && p[1] === column) : -1;

const takes = {
  // Every input map of the filter's group: the values under the window, the kernel, the sum of the products.
  convolution(station, channel, row, column) {
    const s = station.settings, at = station.shown.indexOf(channel);
    const weight = rows(station, "weight"), bias = rows(station, "bias");
    const [outputs] = station.shape, [inputs, height, width] = station.from_shapes[0];
    const each = inputs / s.groups, first = Math.floor(channel / (outputs / s.groups)) * each;
    const size = s.kernel[0] * s.kernel[1], [ys, xs] = windowOf(station, row, column);
    const window = place(station, row, column), windows = station.places && rows(station, "windows");
    if (station.places && window < 0) return null;
    const parts = [];
    for (let i = 0; i < each; i++) {
      const values = [], inside = [], weights = Array.from(weight.subarray((at * each + i) * size, (at * each + i + 1) * size));
      let sum = 0;
      ys.forEach((y, k) => xs.forEach((x, l) => {
        const within = y >= 0 && y < height && x >= 0 && x < width, cell = k * xs.length + l;
        const value = !within ? 0 : windows ? windows[(window * each + i) * size + cell] : stored(station.from[0][0], first + i, y, x);
        inside.push(within);
        values.push(value);
        sum += value * weights[cell];
      }));
      parts.push({ channel: first + i, values, inside, weights, sum });
    }
    const offset = bias ? bias[at] : 0;
    return { parts, ys, xs, bias: bias ? offset : null, total: parts.reduce((sum, part) => sum + part.sum, 0) + offset };
  },
  dense(station, channel) {
    const at = station.shown.indexOf(channel), weight = rows(station, "weight"), bias = rows(station, "bias");
    const inputs = array(walk.values[station.from[0][0]].array), n = inputs.length;
    const parts = [];
    let total = bias ? bias[at] : 0;
    for (let i = 0; i < n; i++) {
      const product = inputs[i] * weight[at * n + i];
      parts.push({ index: i, value: inputs[i], weight: weight[at * n + i], sum: product });
      total += product;
    }
    return { parts, bias: bias ? bias[at] : null, total };
  },
  pooling(station, channel, row, column) {
    const s = station.settings, [top, bottom, high] = s.windows[0][row], [left, right, wide] = s.windows[1][column];
    const [, height, width] = station.from_shapes[0], cells = [], ys = [], xs = [];
    for (let y = top; y < bottom; y += s.step[0]) ys.push(y);
    for (let x = left; x < right; x += s.step[1]) xs.push(x);
    for (const y of ys) for (const x of xs)
      cells.push(y >= 0 && y < height && x >= 0 && x < width ? stored(station.from[0][0], channel, y, x) : null);
    const numbers = cells.filter((cell) => cell !== null), sum = numbers.reduce((a, b) => a + b, 0);
    const largest = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
    return { cells, ys, xs, sum, counted: high * wide, total: s.mode === "max" ? largest : sum / (high * wide), winner: cells.indexOf(largest) };
  },
  combination(station, channel, row, column) {
    const parts = station.from.map(([value, from], i) => {
      const [channels, height, width] = station.from_shapes[i];
      const at = [channels > 1 ? channel : 0, height > 1 ? row : 0, width > 1 ? column : 0];
      return { from, at, value: stored(value, ...at) };
    });
    return { parts, total: combined(station.settings.way, parts[0].value, parts[1].value) };
  },
  concatenation(station, channel, row, column) {
    const at = [channel, row, column], axis = station.settings.axis;
    for (let i = 0; i < station.from.length; i++) {
      if (at[axis] < station.from_shapes[i][axis]) {
        const value = stored(station.from[i][0], ...at);
        return { parts: [{ from: station.from[i][1], at, value }], total: value };
      }
      at[axis] -= station.from_shapes[i][axis];
    }
    return null;
  },
  rearrangement(station, channel, row, column) {
    const [, height, width] = station.shape, [, rows_, columns] = station.from_shapes[0];
    let flat = (channel * height + row) * width + column;
    if (!station.settings.same) flat = rows(station, "order")[flat];
    const at = [Math.floor(flat / (rows_ * columns)), Math.floor(flat / columns) % rows_, flat % columns];
    const value = stored(station.from[0][0], ...at);
    return { parts: [{ from: station.from[0][1], at, value }], total: value };
  },
  padding(station, channel, row, column) {
    const s = station.settings, [, height, width] = station.from_shapes[0], y = row - s.top, x = column - s.left;
    if (y < 0 || y >= height || x < 0 || x >= width) return { parts: [], outside: true, total: s.number ?? -Infinity }; // JSON has no infinity
    const value = stored(station.from[0][0], channel, y, x);
    return { parts: [{ from: station.from[0][1], at: [channel, y, x], value }], total: value };
  },
  same(station, channel, row, column) {
    const value = stored(station.from[0][0], channel, row, column);
    return { parts: [{ from: station.from[0][1], at: [channel, row, column], value }], total: value };
  },
  input(station, channel, row, column) {
    const [, height, width] = station.shape, p = walk.preprocessing;
    const raw = array("pixels")[(channel * height + row) * width + column];
    return { raw, total: raw * p.factor[channel] + p.offset[channel] };
  },
};

function combined(way, a, b) {
  return { add: a + b, sub: a - b, mul: a * b, div: a / b, max: Math.max(a, b), min: Math.min(a, b) }[way];
}

// What a stage makes of x, and the numbers in its formula.
function staged(station, stage, x, channel, row, column) {
  const s = stage.settings;
  if (stage.kind === "nothing") return { after: x };
  if (stage.kind === "activation") {
    const slope = rows(stage, "slope");
    return { after: activated(s, x, slope ? slope[channel % slope.length] : 0), slope: slope ? slope[channel % slope.length] : null };
  }
  if (stage.kind === "constant") {
    let number = s.number;
    if (number === undefined) {
      const [channels, height, width] = s.shape;
      number = rows(stage, "constant")[((channels > 1 ? channel : 0) * height + (height > 1 ? row : 0)) * width + (width > 1 ? column : 0)];
    }
    return { number, after: s.turned ? combined(s.way, number, x) : combined(s.way, x, number) };
  }
  const [, height, width] = station.shape, flat = (channel * height + row) * width + column;
  const run = { batch: channel, place: row * width + column }[s.way] ?? Math.floor(flat / s.size), each = s.way === "layer" ? flat % s.size : channel;
  const mean = rows(stage, "mean")[run], variance = rows(stage, "variance")[run];
  const weight = rows(stage, "weight"), bias = rows(stage, "bias");
  const scaled = (x - mean) / Math.sqrt(variance + s.epsilon);
  return {
    mean, variance, scaled, weight: weight ? weight[each] : null, bias: bias ? bias[each] : null,
    after: (weight ? scaled * weight[each] : scaled) + (bias ? bias[each] : 0),
  };
}

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x, low, high) => Math.min(Math.max(x, low === null ? -Infinity : low), high === null ? Infinity : high);

// The error function by its series near zero, by a continued fraction further out: 15 digits.
function erf(x) {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

function activated(s, x, slope) {
  switch (s.function) {
    case "relu": return Math.max(x, 0);
    case "hardtanh": return clamp(x, s.min_val, s.max_val);
    case "clamp": return clamp(x, s.min, s.max);
    case "clamp_min": return clamp(x, s.min, null);
    case "leaky_relu": return x > 0 ? x : x * s.negative_slope;
    case "_prelu_kernel": return x > 0 ? x : x * slope;
    case "elu": return s.scale * (x > 0 ? x : s.alpha * Math.expm1(x * s.input_scale));
    case "sigmoid": return sigmoid(x);
    case "tanh": return Math.tanh(x);
    case "silu": return x * sigmoid(x);
    case "gelu": return s.approximate === "tanh" ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) : 0.5 * x * (1 + erf(x / Math.SQRT2));
    case "hardswish": return (x * clamp(x + 3, 0, 6)) / 6;
    case "hardsigmoid": return clamp(x + 3, 0, 6) / 6;
    case "softplus": return x * s.beta > s.threshold ? x : softplus(x * s.beta) / s.beta;
    case "mish": return x * Math.tanh(softplus(x));
    case "softshrink": return Math.sign(x) * Math.max(Math.abs(x) - s.lambd, 0);
    case "hardshrink": return Math.abs(x) > s.lambd ? x : 0;
    case "log_sigmoid_forward": return -softplus(-x);
    case "exp": return Math.exp(x);
    case "log": return Math.log(x);
    case "abs": return Math.abs(x);
    case "sqrt": return Math.sqrt(x);
    default: return -x;
  }
}

// Everything about one place: what the main step takes and gives, and what each stage makes of it.
function sums(station, channel, row, column) {
  const main = takes[station.kind] && takes[station.kind](station, channel, row, column);
  if (!main) return null;
  let x = main.total;
  const stages = station.stages.map((stage) => {
    const found = { stage, before: x, ...staged(station, stage, x, channel, row, column) };
    x = found.after;
    return found;
  });
  return { main, stages, total: x };
}
