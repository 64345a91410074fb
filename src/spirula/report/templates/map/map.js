// The map of the samples: a canvas to wander through. Everything it shows is in data-map of its element.
{
  const COLOURS = 10; // classes with a colour and a shape of their own: --map-0 … --map-9
  const MOST_ZOOM = 60, REACH = 18; // pixels around the pointer in which a dot is found
  const shapes = [
    (c, x, y, r) => c.arc(x, y, r, 0, 2 * Math.PI),
    (c, x, y, r) => c.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r),
    (c, x, y, r) => polygon(c, x, y, 1.25 * r, 3, -Math.PI / 2),
    (c, x, y, r) => polygon(c, x, y, 1.2 * r, 4, 0),
    (c, x, y, r) => polygon(c, x, y, 1.25 * r, 3, Math.PI / 2),
    (c, x, y, r) => polygon(c, x, y, 1.15 * r, 5, -Math.PI / 2),
    (c, x, y, r) => polygon(c, x, y, 1.1 * r, 6, 0),
    (c, x, y, r) => star(c, x, y, 1.4 * r),
    (c, x, y, r) => c.rect(x - 1.4 * r, y - 0.5 * r, 2.8 * r, r),
    (c, x, y, r) => { c.rect(x - 1.2 * r, y - 0.4 * r, 2.4 * r, 0.8 * r); c.rect(x - 0.4 * r, y - 1.2 * r, 0.8 * r, 2.4 * r); },
  ];

  function polygon(c, x, y, r, corners, turn) {
    for (let i = 0; i < corners; i++) {
      const angle = turn + (2 * Math.PI * i) / corners;
      if (i) c.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
      else c.moveTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
    }
    c.closePath();
  }

  function star(c, x, y, r) {
    for (let i = 0; i < 10; i++) {
      const angle = (Math.PI * i) / 5 - Math.PI / 2, far = i % 2 ? 0.45 * r : r;
      if (i) c.lineTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
      else c.moveTo(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
    c.closePath();
  }

  function start(box) {
    const known = JSON.parse(box.dataset.map), words = JSON.parse(box.dataset.words);
    const canvas = box.querySelector("canvas"), pen = canvas.getContext("2d");
    const said = box.querySelector(".map-said"), legend = box.querySelector(".map-legend");
    const kind = box.querySelector(".map-kind"), chosen = box.querySelector(".map-class");
    const wrongOnly = box.querySelector(".map-wrong"), withTrain = box.querySelector(".map-train");
    const [shown, train] = known.sets, coloured = known.names.length <= COLOURS;
    const view = { zoom: 1, x: 0.5, y: 0.5 }; // which place of the map, 0…1, is in the middle
    let width = 0, height = 0, colours = [], at = null; // at: [set, row] that is spoken of
    let asked = false;

    const places = (set) => set.places[kind ? kind.value : known.kinds[0]];
    const side = () => Math.min(width, height) - 32;
    const toScreen = (x, y) => [
      width / 2 + (x / 9999 - view.x) * side() * view.zoom, height / 2 + (y / 9999 - view.y) * side() * view.zoom,
    ];
    const isWrong = (set, row) => words.wrongs && set.predicted[row] >= 0 && set.predicted[row] !== set.label[row];

    function isShown(set, row) {
      if (set === train) return !withTrain || withTrain.checked;
      return !(wrongOnly && wrongOnly.checked) || isWrong(set, row);
    }

    function colour(label) {
      const one = Number(chosen.value);
      if (one >= 0) return label === one ? colours[0] : null;
      return coloured ? colours[label] : colours[0];
    }

    function draw() {
      asked = false;
      pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      pen.clearRect(0, 0, width, height);
      const r = Math.min(3.2 * Math.sqrt(view.zoom), 8);
      if (train) marks(train, 0.62 * r, 0.38);
      marks(shown, r, 0.9);
      if (at) ring(at[0], at[1], r);
    }

    function marks(set, r, strength) {
      const [xs, ys] = places(set), style = getComputedStyle(box);
      const pale = style.getPropertyValue("--line"), ink = style.getPropertyValue("--ink");
      for (const mine of [false, true]) { // what is highlighted lies on top
        for (let i = 0; i < xs.length; i++) {
          const own = colour(set.label[i]);
          if ((own !== null) !== mine || !isShown(set, i)) continue;
          const [x, y] = toScreen(xs[i], ys[i]);
          if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
          pen.beginPath();
          shapes[coloured ? set.label[i] % COLOURS : 0](pen, x, y, r);
          pen.globalAlpha = own === null ? 0.8 * strength : strength;
          pen.fillStyle = own === null ? pale : own;
          pen.fill();
          if (isWrong(set, i)) {
            pen.globalAlpha = own === null ? 0.35 : 1;
            pen.strokeStyle = ink;
            pen.lineWidth = 1.2;
            pen.beginPath();
            pen.arc(x, y, r + 2.4, 0, 2 * Math.PI);
            pen.stroke();
          }
        }
      }
      pen.globalAlpha = 1;
    }

    function ring(set, row, r) {
      const [xs, ys] = places(set), [x, y] = toScreen(xs[row], ys[row]);
      pen.strokeStyle = getComputedStyle(box).getPropertyValue("--ink");
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.arc(x, y, r + 6, 0, 2 * Math.PI);
      pen.stroke();
    }

    function redraw() {
      if (!asked) requestAnimationFrame(draw);
      asked = true;
    }

    function line(parent, title, text, more) {
      const part = document.createElement("p"), strong = document.createElement("bdi");
      if (title) { const label = document.createElement("span"); label.className = "quiet"; label.textContent = title + " "; part.append(label); }
      strong.textContent = text;
      part.append(strong);
      if (more) part.append(" " + more);
      parent.append(part);
    }

    function speak() {
      said.replaceChildren();
      if (!at) { said.textContent = words.hint; return; }
      const [set, row] = at;
      const thumbnail = globalThis.thumbnailOf && thumbnailOf(set === train ? "train" : words.split, set.rows[row], set.ids[row]);
      if (thumbnail) said.append(thumbnail);
      line(said, "", set.ids[row]);
      line(said, words.truth, known.names[set.label[row]]);
      if (set === train) { line(said, "", words.is_train); return; }
      const wrong = isWrong(set, row);
      const sure = set.sure[row] ? (set.sure[row] / 10).toFixed(1) + "\u202f%" : "";
      line(said, words.predicted, known.names[set.predicted[row]], sure + (wrong ? " · " + words.wrong : ""));
      if (!known.near) return;
      line(said, words.nearest, "");
      const list = document.createElement("ol");
      known.near[row].forEach((number, place) => {
        const item = document.createElement("li"), label = document.createElement("bdi"), file = document.createElement("bdi");
        label.textContent = known.names[known.known.label[number]];
        file.textContent = known.known.ids[number];
        file.className = "quiet";
        item.append(label, " " + (known.alike[row][place] / 1000).toFixed(2) + " ", file);
        list.append(item);
      });
      said.append(list);
    }

    function choose(next) {
      if (at && next && at[0] === next[0] && at[1] === next[1]) return;
      at = next;
      speak();
      redraw();
    }

    function nearestTo(x, y, reach, accepts) {
      let best = null, least = reach * reach;
      for (const set of known.sets) {
        const [xs, ys] = places(set);
        for (let i = 0; i < xs.length; i++) {
          if (!isShown(set, i)) continue;
          const [a, b] = toScreen(xs[i], ys[i]), away = (a - x) ** 2 + (b - y) ** 2;
          const measured = accepts ? accepts(a - x, b - y, away) : away;
          if (measured < least) { least = measured; best = [set, i]; }
        }
      }
      return best;
    }

    function hold() { // keep the map within reach
      view.zoom = Math.min(Math.max(view.zoom, 1), MOST_ZOOM);
      view.x = Math.min(Math.max(view.x, 0), 1);
      view.y = Math.min(Math.max(view.y, 0), 1);
      if (view.zoom === 1) { view.x = 0.5; view.y = 0.5; }
      redraw();
    }

    function zoom(factor, x = width / 2, y = height / 2) {
      const before = view.zoom, after = Math.min(Math.max(before * factor, 1), MOST_ZOOM);
      view.x += ((x - width / 2) / side()) * (1 / before - 1 / after);
      view.y += ((y - height / 2) / side()) * (1 / before - 1 / after);
      view.zoom = after;
      hold();
    }

    function step(dx, dy) { // to the next picture in a direction: near, and not far off the line
      if (!at) { choose(nearestTo(width / 2, height / 2, Infinity)); return; }
      const [xs, ys] = places(at[0]), [x, y] = toScreen(xs[at[1]], ys[at[1]]);
      const next = nearestTo(x, y, Infinity, (a, b, away) => {
        const along = a * dx + b * dy;
        return along > 0.5 && along * along > 0.3 * away ? away * (2 - (along * along) / away) : Infinity;
      });
      if (!next) return;
      choose(next);
      const [nx, ny] = places(next[0]), [sx, sy] = toScreen(nx[next[1]], ny[next[1]]);
      if (sx < 20 || sy < 20 || sx > width - 20 || sy > height - 20) { view.x = nx[next[1]] / 9999; view.y = ny[next[1]] / 9999; hold(); }
    }

    function legends() {
      legend.replaceChildren();
      if (!coloured || Number(chosen.value) >= 0) return;
      known.names.forEach((text, number) => {
        const item = document.createElement("li"), mark = document.createElement("canvas"), label = document.createElement("bdi");
        mark.width = mark.height = 32;
        const c = mark.getContext("2d");
        c.fillStyle = colours[number];
        c.beginPath();
        shapes[number](c, 16, 16, 10);
        c.fill();
        label.textContent = text;
        item.append(mark, label);
        legend.append(item);
      });
    }

    function fit() {
      width = canvas.clientWidth;
      height = canvas.clientHeight;
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
      const style = getComputedStyle(box);
      colours = Array.from({ length: COLOURS }, (_, i) => style.getPropertyValue("--map-" + i).trim());
      legends();
      redraw();
    }

    // Mouse, pen and fingers: drag moves, wheel (with Ctrl) and pinch zoom, hover and tap choose.
    const held = new Map();
    let spread = 0, moved = 0;
    canvas.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, [event.offsetX, event.offsetY]);
      moved = 0;
      if (held.size === 2) spread = distance();
      canvas.setPointerCapture(event.pointerId);
    });
    function distance() {
      const [[a, b], [c, d]] = [...held.values()];
      return Math.hypot(a - c, b - d);
    }
    canvas.addEventListener("pointermove", (event) => {
      const last = held.get(event.pointerId);
      if (!last) { choose(nearestTo(event.offsetX, event.offsetY, REACH) || at); return; }
      held.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (held.size === 2) {
        const now = distance();
        if (spread > 0) zoom(now / spread);
        spread = now;
        return;
      }
      moved += Math.abs(event.offsetX - last[0]) + Math.abs(event.offsetY - last[1]);
      view.x -= (event.offsetX - last[0]) / (side() * view.zoom);
      view.y -= (event.offsetY - last[1]) / (side() * view.zoom);
      hold();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => {
        if (held.size === 1 && moved < 6) choose(nearestTo(event.offsetX, event.offsetY, 1.5 * REACH) || at);
        held.delete(event.pointerId);
      });
    }
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return; // the page scrolls past it
      event.preventDefault();
      zoom(Math.exp(-0.002 * event.deltaY), event.offsetX, event.offsetY);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const keys = {
        ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
        "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: () => { view.zoom = 1; hold(); },
        Escape: () => choose(null),
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    for (const button of box.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        const way = Number(button.dataset.zoom);
        if (way) zoom(way > 0 ? 1.6 : 1 / 1.6);
        else { view.zoom = 1; hold(); }
      });
    }
    for (const part of [kind, chosen, wrongOnly, withTrain]) {
      if (part) part.addEventListener("change", () => { choose(null); legends(); redraw(); });
    }
    box.hidden = false;
    new ResizeObserver(fit).observe(canvas);
    new MutationObserver(fit).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fit);
    fit();
  }

  for (const box of document.querySelectorAll("[data-map]")) start(box);
}
