// The section: filters, bars, pictures page by page.
const home = document.getElementById("browse");
const box = document.getElementById("browser");
const controls = {};
let state = readState(isHere(location.hash) ? location.hash : "#browse");
let found = [];

function go(changes, replace = false) {
  const next = { ...state, ...changes };
  if (!("show" in changes)) next.show = "";
  if (!("page" in changes) && !("show" in changes)) next.page = "";
  const hash = address(next);
  if (hash === location.hash) return;
  if (replace) location.replace(hash);
  else location.hash = hash;
}

function choice(name, title, options) {
  const select = make("select", { name });
  for (const [value, text] of options) select.append(make("option", { value }, text));
  select.addEventListener("change", () => go({ [name]: select.value }));
  controls[name] = select;
  return make("label", {}, make("span", {}, title), select);
}

function entry(name, title, attributes) {
  const input = make("input", { name, autocomplete: "off", spellcheck: "false", ...attributes });
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ [name]: typed(name, input.value) }, true), 250);
  });
  controls[name] = input;
  return make("label", {}, make("span", {}, title), input);
}

const isEnd = (name) => name === "from" || name === "to";
const typed = (name, text) => (isEnd(name) && text !== "" && !isNumber ? String(Number((text / 100).toPrecision(12))) : text);
const shown = (name, value) => (isEnd(name) && value !== "" && !isNumber ? String(Number((value * 100).toPrecision(6))) : value);

function buildFilters() {
  const classes = [["", say("any")], ...page.classes.map((name, at) => [String(at), name])];
  const form = make("div", { class: "filters", role: "group", "aria-label": say("filters") });
  if (splits.length > 1) form.append(choice("split", say("split"), splits.map((split) => [split.name, split.title])));
  if (!isNumber) {
    form.append(choice("true", say(page.task === "multilabel" ? "has_label" : "truth"), classes));
    form.append(choice("predicted", say(page.task === "multilabel" ? "said_label" : "said"), classes));
    form.append(choice("right", say("answer"), [["", say("any")], ["no", say("wrong")], ["yes", say("right")]]));
  }
  const range = isNumber ? { type: "number", step: "any" } : { type: "number", min: 0, max: 100, step: "any" };
  form.append(entry("from", say(isNumber ? "error_from" : "sure_from"), range));
  form.append(entry("to", say(isNumber ? "error_to" : "sure_to"), range));
  form.append(entry("name", say("file_contains"), { type: "search" }));
  form.append(choice("sort", say("order"), SORTS.map((sort) => [sort, say(`sort_${sort}`)])));
  const reset = make("button", { type: "button" }, say("reset"));
  reset.addEventListener("click", () => go(readState("#browse")));
  form.append(reset);
  controls.bars = make("div", { class: "bars", role: "group", "aria-label": say(isNumber ? "bars_error" : "bars") });
  controls.axis = make("div", { class: "bars-axis", "aria-hidden": "true" });
  controls.count = make("p", { class: "found", role: "status", tabindex: -1 });
  controls.list = make("ul", { class: "gallery" });
  controls.pages = make("nav", { class: "pages", "aria-label": say("pages") });
  controls.list.addEventListener("keydown", moveAmongCards);
  const bars = make("figure", { class: "bars-figure" }, make("figcaption", {}, say(isNumber ? "bars_error" : "bars")));
  if (!isNumber) {
    const kinds = ["right", "wrong"].flatMap((kind) => [make("span", { class: `swatch ${kind} s7` }), ` ${say(kind)} `]);
    bars.append(make("p", { class: "legend" }, ...kinds));
  }
  bars.append(controls.bars, controls.axis);
  box.append(form, bars, controls.count, controls.list, controls.pages);
}

// Bars of what all other filters let through; a click chooses the range, another one lets go of it.
const BARS = 20;

function drawBars(split) {
  const [low, high] = extent(split);
  const edges = Array.from({ length: BARS + 1 }, (_, at) => (isNumber ? low + ((high - low) * at) / BARS : at / BARS));
  const [right, wrong] = [new Int32Array(BARS), new Int32Array(BARS)];
  for (const row of passing(split, state, false)) {
    const place = ((reader.measure(split, row) - low) / (high - low || 1)) * BARS;
    const at = Math.min(Math.max(isNumber ? Math.floor(place) : Math.ceil(place) - 1, 0), BARS - 1);
    (reader.right(split, row) ? right : wrong)[at]++;
  }
  const most = Math.max(1, ...right.map((one, at) => one + wrong[at]));
  controls.bars.replaceChildren(...edges.slice(0, -1).map((from, at) => {
    const [to, pictures] = [edges[at + 1], right[at] + wrong[at]];
    const ends = { low: isNumber ? signed(from) : percent(from, 0), high: isNumber ? signed(to) : percent(to, 0) };
    const counts = { n: count(pictures), right: count(right[at]), wrong: count(wrong[at]) };
    const label = say(isNumber ? "bar_error" : "bar", { ...ends, ...counts });
    const chosen = state.from === String(from) && state.to === String(to);
    const bar = make("button", { type: "button", title: label, "aria-label": label, "aria-pressed": String(chosen) });
    bar.disabled = pictures === 0;
    for (const [kind, part] of [["wrong", wrong[at]], ["right", right[at]]]) {
      const piece = make("span", { class: isNumber ? "bar" : kind });
      piece.style.height = part ? `max(${((100 * part) / most).toFixed(2)}%, 2px)` : "0";
      bar.append(piece);
    }
    bar.addEventListener("click", () => go(chosen ? { from: "", to: "" } : { from: String(from), to: String(to) }));
    return bar;
  }));
  const word = isNumber ? signed : (value) => percent(value, 0);
  controls.axis.replaceChildren(...[low, (low + high) / 2, high].map((value) => make("span", {}, word(value))));
}

function labels(split, row) {
  const said = named(reader.said(split, row));
  const line = make("span", { class: "labels" });
  if (reader.right(split, row)) line.append(make("span", { class: "mark-right", "aria-hidden": "true" }, "✓ "), said);
  else line.append(named(reader.truth(split, row)), make("span", { class: "bar-sign" }, " | "), make("strong", {}, said));
  return line;
}

const altOf = (split, row) => say("alt", { truth: reader.truth(split, row), said: reader.said(split, row) });

function card(split, row) {
  const link = make("a", { class: "card", href: address({ ...state, show: String(row) }), "data-row": row });
  if (page.pictures) link.append(thumbnail(split.places[row], altOf(split, row)));
  link.append(labels(split, row), make("span", { class: "quiet" }, reader.value(split, row)));
  link.append(make("span", { class: "file", title: split.ids[row] }, named(split.ids[row])));
  return make("li", {}, link);
}

function moveAmongCards(event) {
  const cards = Array.from(controls.list.querySelectorAll("a.card"));
  const at = cards.indexOf(document.activeElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const across = Math.max(cards.filter((each) => each.offsetTop === cards[0].offsetTop).length, 1);
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -at, End: cards.length - 1 - at };
  if (!(event.key in steps)) return;
  event.preventDefault();
  cards[Math.min(Math.max(at + steps[event.key], 0), cards.length - 1)].focus();
}

function drawPages(pages, at) {
  const step = (text, to) => {
    const link = make("a", { href: address({ ...state, page: String(to), show: "" }), class: "page-step" }, text);
    return to >= 1 && to <= pages ? link : make("span", { class: "page-step quiet" }, text);
  };
  const words = make("span", {}, say("page_of", { page: count(at), pages: count(pages) }));
  controls.pages.hidden = pages < 2;
  controls.pages.replaceChildren(step(say("previous"), at - 1), words, step(say("next"), at + 1));
}

// What is chosen, in words: the filters themselves may have been scrolled away.
function chosenWords(split) {
  const words = splits.length > 1 ? [split.title] : [];
  for (const name of ["true", "predicted", "right"]) {
    const select = controls[name];
    if (state[name] !== "") words.push(`${select.previousSibling.textContent}: ${select.selectedOptions[0].text}`);
  }
  const ends = `${shown("from", state.from)} … ${shown("to", state.to)}${isNumber ? "" : "\u202f%"}`;
  if (state.from !== "" || state.to !== "") words.push(ends);
  if (state.name) words.push(`“${state.name}”`);
  return words.join(" · ");
}

let drawn = "";

function render() {
  const split = splits.find((each) => each.name === state.split);
  for (const name of FIELDS) {
    const [control, value] = [controls[name], state[name] || (name === "sort" ? SORTS[0] : "")];
    if (control && typed(name, control.value) !== value) control.value = shown(name, value);  // not while it is typed
  }
  const wanted = address({ ...state, page: "", show: "" });
  if (drawn.split(" ")[0] !== wanted) {
    found = sorted(split, passing(split, state, true), state.sort);
    drawBars(split);
    const words = [chosenWords(split), split.note].filter(Boolean).map((text) => make("span", { class: "chosen" }, text));
    controls.count.replaceChildren(say("found", { n: count(found.length), all: count(split.rows) }), ...words);
  }
  const pages = Math.max(Math.ceil(found.length / PER_PAGE), 1);
  const at = Math.min(Math.max(Number(state.page || 1), 1), pages);
  if (drawn !== `${wanted} ${at}`) {
    drawn = `${wanted} ${at}`;
    controls.list.replaceChildren(...found.slice((at - 1) * PER_PAGE, at * PER_PAGE).map((row) => card(split, row)));
    drawPages(pages, at);
  }
  showDetail(split);
  box.dataset.shown = location.hash;
}
