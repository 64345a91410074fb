// One picture: everything that is known of it, in a dialog over the page.
const dialog = make("dialog", { class: "detail", "aria-labelledby": "detail-title" });
let opened = false;  // by a click here: closing then goes back
let last = null;

function buildDetail() {
  const button = (name, text, action) => {
    const sign = { before: "←", after: "→", close: "✕" }[name];
    const made = make("button", { type: "button", "data-action": name, "aria-label": text }, sign);
    made.addEventListener("click", action);
    return made;
  };
  dialog.append(
    make(
      "div",
      { class: "detail-head" },
      make("p", { class: "quiet", role: "status" }),
      button("before", say("before"), () => step(-1)),
      button("after", say("after"), () => step(1)),
      button("close", say("close"), closeDetail),
    ),
    make("div", { class: "detail-body" }),
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeDetail();
  });
  dialog.addEventListener("close", () => {
    if (state.show !== "") go({ show: "", page: state.page }, true);  // by a second Escape, which nothing prevents
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) closeDetail(); });
  dialog.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way && !event.altKey && !event.ctrlKey && !event.metaKey) { event.preventDefault(); step(way); }
  });
  document.body.append(dialog);
}

function step(way) {
  const to = found[found.indexOf(Number(state.show)) + way];
  if (to !== undefined) go({ show: String(to), page: pageOf(to) }, true);
}

const pageOf = (row) => String(Math.floor(Math.max(found.indexOf(row), 0) / PER_PAGE) + 1);

function closeDetail() {
  if (opened) history.back();
  else go({ show: "", page: state.page }, true);
}

function showDetail(split) {
  if (state.show === "") {
    if (dialog.open) {
      dialog.close();
      const card = controls.list.querySelector(`a[data-row="${last}"]`);
      (card ?? controls.count).focus();
    }
    opened = false;
    return;
  }
  const row = Number(state.show);
  last = row;
  fillDetail(split, row);
  if (!dialog.open) dialog.showModal();
}

function fillDetail(split, row) {
  const at = found.indexOf(row);
  const [head, body] = dialog.children;
  head.firstChild.textContent = at < 0 ? "" : say("position", { n: count(at + 1), all: count(found.length) });
  head.children[1].disabled = at <= 0;
  head.children[2].disabled = at < 0 || at === found.length - 1;
  body.replaceChildren(
    make("h3", { id: "detail-title", class: "verbatim" }, named(split.ids[row])),
    make("div", { class: "detail-pictures" }, ...pictures(split, row)),
    facts(split, row),
    ...neighbours(split, row),
    ...alike(split, row),
    ...further(split, row),
  );
  body.scrollTop = 0;
}

function pictures(split, row) {
  const look = split.looks[row];
  if (!look) return page.pictures ? ofThumbnail(split, row) : [];
  const figures = [["picture", altOf(split, row), ""], ["map", look.asked, look.asked], ["truth", look.label, look.label]];
  return figures.filter(([name]) => look[name]).map(([name, alt, caption]) => {
    const { uri, width, height, pixelated } = look[name];
    const spoken = caption ? say("speaks_for", { name: alt }) : alt;
    const image = make("img", { src: uri, width, height, alt: spoken, class: pixelated ? "pixelated" : null });
    const words = caption ? say("speaks_for", { name: caption }) : say("the_picture");
    return make("figure", {}, make("span", { class: "frame" }, image), make("figcaption", {}, words));
  });
}

// The thumbnail, and beside it the same with what speaks for the network's answer, as coarse as it is kept.
function ofThumbnail(split, row) {
  const plain = thumbnail(split.places[row], altOf(split, row));
  const heat = heatOver(split, row);
  if (!heat) return [plain];
  const answer = isNumber ? reader.said(split, row) : page.classes[split.heat.asked[split.heat.at.get(row)]];
  const spoken = say("speaks_for", { name: answer });
  const heated = thumbnail(split.places[row], spoken);
  heated.classList.add("heated");
  heated.append(heat);
  const figure = (frame, words) => make("figure", {}, frame, make("figcaption", {}, words));
  return [figure(plain, say("the_picture")), figure(heated, spoken)];
}

function facts(split, row) {
  const table = make("table", { class: "pairs" });
  table.append(make("caption", { class: "hidden" }, split.ids[row]));
  const line = (title, value, more = "") => {
    const cell = make("td", {}, named(value), more ? make("span", { class: "quiet" }, ` ${more}`) : "");
    table.append(make("tr", {}, make("th", { scope: "row" }, title), cell));
  };
  const right = reader.right(split, row);
  if (page.task === "classification") {
    line(say("truth"), reader.truth(split, row), percent(split.own[row]));
    line(say("said"), `${right ? "✓" : "✕"} ${reader.said(split, row)}`, percent(split.sure[row]));
    if (split.second) line(say("runner_up"), page.classes[split.second[row]], percent(split.second_sure[row]));
    line(say("loss"), number(split.loss[row]));
  } else if (isNumber) {
    line(say("truth_value"), reader.truth(split, row));
    line(say("said_value"), reader.said(split, row));
    line(say("error"), reader.value(split, row));
  } else {
    line(say("true_labels"), reader.truth(split, row));
    line(say("said_labels"), `${right ? "✓" : "✕"} ${reader.said(split, row)}`);
    line(say("surest"), percent(split.sure[row]));
    line(say("loss"), number(split.loss[row]));
    if (split.probabilities) {
      const all = page.classes.map((name, at) => [name, split.probabilities[row * page.classes.length + at] / 65535]);
      for (const [name, value] of all.sort((a, b) => b[1] - a[1]).slice(0, 12)) line(name, percent(value));
    }
  }
  line(say("split"), split.title);
  return table;
}

function strip(title, cards) {
  return cards.length ? [make("h4", {}, title), make("ul", { class: "gallery strip" }, ...cards)] : [];
}

function neighbours(split, row) {
  if (!split.nearest) return [];
  const many = split.nearest.length / split.rows;
  const cards = Array.from({ length: many }, (_, at) => {
    const one = split.nearest[row * many + at];
    const [id, label] = [page.trained.ids[one], page.trained.labels[one]];
    return make(
      "li",
      { class: "card" },
      thumbnail(page.trained.places[one], label),
      make("span", { class: "labels" }, named(label)),
      make("span", { class: "quiet" }, say("similarity", { value: split.similarity[row * many + at].toFixed(2) })),
      make("span", { class: "file", title: id }, named(id)),
    );
  });
  return strip(say("nearest"), cards);
}

function alike(split, row) {
  if (!split.alike) return [];
  const many = split.alike.length / split.rows;
  const rows = Array.from(split.alike.subarray(row * many, (row + 1) * many)).filter((one) => one >= 0);
  return strip(say("alike"), rows.map((one) => card(split, one)));
}

// A word of a command line as a shell reads it.
const quoted = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\"'\"'")}'`;

function further(split, row) {
  const commands = Object.entries(page.further).filter(([name]) => name !== "cam" || !split.looks[row]);
  return commands.map(([name, [before, after]]) => {
    const code = make("code", {}, `${before} ${quoted(split.ids[row])} ${after}`);
    const title = make("span", { class: "command-title" }, say(`further_${name}`));
    return copied(make("div", { class: "command" }, title, make("pre", { tabindex: "0" }, code)));
  });
}
