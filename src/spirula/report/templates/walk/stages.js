// Normalisation, activation and the answer, line by line; and where a number goes next.
function stageLines(station, found) {
  const { stage } = found, s = stage.settings, name = el("span", {}, stageName(stage));
  if (stage.kind === "nothing") return line(el("span", {}, name, el("small", {}, say(s.module === "Flatten" ? "flat_nothing" : s.module.startsWith("Dropout") ? "dropout_nothing" : "nothing"))));
  if (stage.kind === "activation") return line(el("span", {}, name, el("small", {}, formula(s, found.slope))), num(found.before), " → ", num(found.after, "total"));
  if (stage.kind === "constant") {
    const sign = { add: "+", sub: "−", mul: "×", div: "÷", max: "max", min: "min" }[s.way];
    const [first, second] = s.turned ? [found.number, found.before] : [found.before, found.number];
    return line(name, num(first), ` ${sign} `, factor(second), " = ", num(found.after, "total"));
  }
  const formula_ = "(x − μ) ÷ √(σ² + ε)" + (found.weight === null ? "" : " × γ") + (found.bias === null ? "" : " + β");
  const terms = ["(", num(found.before), " − ", factor(found.mean), ") ÷ √(", num(found.variance), " + ", num(s.epsilon), ")"];
  if (found.weight !== null) terms.push(" × ", factor(found.weight));
  if (found.bias !== null) terms.push(" + ", factor(found.bias));
  return line(el("span", {}, name, el("small", {}, formula_), s.way === "batch" ? el("small", {}, say("batch_statistics")) : ""), ...terms, " = ", num(found.after, "total"));
}

function formula(s, slope) {
  const texts = {
    relu: "max(0, x)", hardtanh: `min(max(x, ${short(s.min_val)}), ${short(s.max_val)})`, sigmoid: "1 ÷ (1 + e⁻ˣ)", tanh: "tanh x", silu: "x · sigmoid(x)",
    clamp: [s.min, s.max].every((end) => end !== null) ? `min(max(x, ${short(s.min)}), ${short(s.max)})` : s.min !== null ? `max(x, ${short(s.min)})` : `min(x, ${short(s.max)})`,
    clamp_min: `max(x, ${short(s.min)})`, leaky_relu: `x > 0: x; x ≤ 0: ${short(s.negative_slope)} · x`, _prelu_kernel: `x > 0: x; x ≤ 0: ${short(slope)} · x`,
    elu: `x > 0: ${short(s.scale)} · x; x ≤ 0: ${short(s.scale * s.alpha)} · (eˣ − 1)`, gelu: "x · Φ(x)", hardswish: "x · min(max(x + 3, 0), 6) ÷ 6",
    hardsigmoid: "min(max(x + 3, 0), 6) ÷ 6", softplus: "log(1 + eˣ)", mish: "x · tanh(log(1 + eˣ))", exp: "eˣ", log: "log x", abs: "|x|", sqrt: "√x", neg: "−x",
    log_sigmoid_forward: "−log(1 + e⁻ˣ)", softshrink: `sign(x) · max(|x| − ${short(s.lambd)}, 0)`, hardshrink: `|x| > ${short(s.lambd)}: x; 0`,
  };
  return texts[s.function];
}

// Does the sum that was shown give what PyTorch gave?
function agreement(station, found, channel, at) {
  const given = stored(station.value, channel, ...at), near = 1e-5 * Math.max(Math.abs(given), station.limit, 1e-3);
  const same = Object.is(found.total, given) || Math.abs(found.total - given) <= near || (Number.isNaN(given) && Number.isNaN(found.total));
  return el("p", { class: "agreement " + (same ? "same" : "other") }, say(same ? "agrees" : "differs"), " ", num(given, "given"));
}

function onwards(station, channel, at) {
  const index = stations.indexOf(station), buttons = goesTo[index].map((next) => {
    const there = stations[next], goal = ahead(station, there, channel, at);
    return el("button", { type: "button", class: "next", onclick: () => choose({ station: next, ...goal }) }, el("bdi", {}, there.name), " →");
  });
  return buttons.length ? el("p", { class: "onwards" }, el("span", { class: "quiet" }, say("goes_to")), " ", ...buttons) : "";
}

// A place of the next station that this place takes part in.
function ahead(station, there, channel, at) {
  const same = there.shown.includes(channel) ? channel : undefined, s = there.settings;
  if (there.kind === "convolution") {
    const goal = [0, 1].map((axis) => (at[axis] + s.padding[axis] - (s.dilation[axis] * (s.kernel[axis] - 1)) / 2) / s.stride[axis]);
    return { channel: s.groups === 1 ? undefined : same, at: goal };
  }
  if (there.kind === "pooling") {
    const find = (axis) => Math.max(s.windows[axis].findIndex(([first, last]) => at[axis] >= first && at[axis] < last), 0);
    return { channel: same, at: [find(0), find(1)] };
  }
  if (there.kind === "rearrangement" && there.settings.same) {
    const flat = (channel * station.shape[1] + at[0]) * station.shape[2] + at[1], [, height, width] = there.shape;
    return { channel: Math.floor(flat / (height * width)), at: [Math.floor(flat / width) % height, flat % width] };
  }
  if (there.kind === "padding") return { channel: same, at: [at[0] + s.top, at[1] + s.left] };
  if (there.kind === "dense" || isAnswer(there)) return {};
  return { channel: same, at };
}

// From logits to probabilities, term by term.
function answer(station) {
  const z = walk.logits, given = walk.probabilities, softmax = walk.output === "softmax";
  if (walk.output === "linear") return el("div", { class: "sums" }, el("p", { class: "rule" }, say("says_linear")), line(say("result"), num(z[0], "total")));
  if (!softmax) {
    const two = z.length === 1 && walk.classes.length === 2;
    const lines = z.map((x, i) => line(el("bdi", {}, walk.classes[two ? 1 : i]), "1 ÷ (1 + e", el("sup", {}, short(-x)), ") = ", num(sigmoid(x), "total")));
    if (two) lines.push(line(el("bdi", {}, walk.classes[0]), "1 − ", num(sigmoid(z[0])), " = ", num(1 - sigmoid(z[0]), "total")));
    return el("div", { class: "sums" }, el("p", { class: "rule" }, say(two ? "says_sigmoid_two" : "says_sigmoid")), ...lines);
  }
  const largest = Math.max(...z), shift = largest > 80 || largest < -80 ? largest : 0;
  const terms = z.map((x) => Math.exp(x - shift)), sum = terms.reduce((a, b) => a + b, 0);
  const order = z.map((x, i) => i).sort((a, b) => z[b] - z[a]), shown = order.slice(0, most.classes), rest = order.slice(most.classes);
  const table = shown.map((i) => {
    const bar = el("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = (100 * terms[i]) / sum + "%";
    return el("tr", {}, el("th", { scope: "row" }, link(walk.logits_station, i, [0, 0], el("bdi", {}, walk.classes[i]))), el("td", { class: "n" }, num(z[i])), el("td", { class: "n" }, num(terms[i], "part")), el("td", { class: "n counted-bar" }, num(terms[i] / sum, "total"), bar));
  });
  const head = [say("class_"), "z", shift ? "e^(z − max)" : "eᶻ", "eᶻ ÷ Σ"].map((text, i) => el("th", { scope: "col", class: i ? "n" : "" }, text));
  const nodes = [el("p", { class: "rule" }, say("says_softmax")), el("div", { class: "scroll" }, el("table", { class: "numbers" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, table)))];
  if (shift) nodes.push(el("p", { class: "quiet" }, say("shifted")));
  if (rest.length) nodes.push(line(say("rest_classes", { n: count(rest.length) }), num(rest.reduce((total, i) => total + terms[i], 0), "part")));
  nodes.push(line(say("sum_of_all"), num(sum)), el("p", { class: "agreement same" }, say("agrees"), " ", num(Math.max(...given), "given")));
  return el("div", { class: "sums" }, ...nodes);
}
