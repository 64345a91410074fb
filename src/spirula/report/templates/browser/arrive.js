// How one gets here: links in the tables and figures of the results, the address, back and forward.
let outside = false;

function linked(element, filters) {
  const link = make("a", { href: address({ ...readState("#browse"), ...filters }), class: "to-browse" });
  link.append(...element.childNodes);
  element.append(link);
}

function clickable(mark, filters) {
  mark.classList.add("to-browse");
  mark.addEventListener("click", () => {
    outside = true;
    go({ ...readState("#browse"), ...filters });
  });
}

for (const split of splits) {
  const section = document.getElementById(split.name);
  if (!section) continue;
  const place = (text) => page.classes.indexOf(text.trim());
  section.querySelectorAll(".confusion tbody tr").forEach((row, truth) => {
    Array.from(row.cells).slice(1).forEach((cell, said) => {
      if (cell.textContent) linked(cell, { split: split.name, true: String(truth), predicted: String(said), sort: "sure" });
    });
  });
  for (const cell of section.querySelectorAll("svg.matrix rect[data-true]")) {
    const [truth, said] = [place(cell.dataset.true), place(cell.dataset.predicted)];
    if (truth >= 0 && said >= 0) clickable(cell, { split: split.name, true: String(truth), predicted: String(said), sort: "sure" });
  }
  for (const row of section.querySelectorAll(".beside table.numbers tbody tr")) {
    const [truth, said] = [place(row.cells[0].textContent), place(row.cells[1].textContent)];
    if (truth >= 0 && said >= 0) linked(row.cells[2], { split: split.name, true: String(truth), predicted: String(said), sort: "sure" });
  }
  for (const row of section.querySelectorAll("table.classes tbody tr")) {
    const truth = place(row.cells[0].textContent);
    if (truth >= 0) linked(row.cells[0], { split: split.name, true: String(truth) });
  }
  const rows = new Map(split.ids.map((id, row) => [id, row]));
  for (const card of section.querySelectorAll(".gallery .card")) {
    const [row, frame] = [rows.get(card.querySelector(".file")?.title), card.querySelector(".frame")];
    if (row === undefined || !frame) continue;
    const href = address({ ...readState("#browse"), split: split.name, show: String(row) });
    const link = make("a", { class: "frame-link", href, "aria-label": altOf(split, row) });
    frame.replaceWith(link);
    link.append(frame);
  }
  const measured = isNumber ? "residuals" : page.task === "classification" ? "confidence" : "";
  if (!measured) continue;
  for (const bar of section.querySelectorAll(`svg[aria-labelledby^="${split.name}-${measured}-title"] rect[data-low]`)) {
    clickable(bar, { split: split.name, from: bar.dataset.low, to: bar.dataset.high });
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#browse"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!box.contains(link) && !dialog.contains(link)) outside = true;
  if (!dialog.open && link.hash.includes("show=")) opened = true;
  if (link.classList.contains("page-step")) outside = true;
  if (link.dataset.row && dialog.open) {
    event.preventDefault();
    go({ show: link.dataset.row }, true);
  }
});

function arrive() {
  if (!isHere(location.hash)) {
    state.show = "";
    if (dialog.open) dialog.close();
    return;
  }
  state = readState(location.hash);
  render();
  if (outside && state.show === "") {
    controls.count.scrollIntoView({ block: "start", behavior: "instant" });
    controls.count.focus({ preventScroll: true });
  }
  outside = false;
}

box.hidden = false;
for (const hint of home.querySelectorAll(".needs-script")) hint.remove();
buildFilters();
buildDetail();
addEventListener("hashchange", arrive);
if (location.hash.startsWith("#browse?")) {
  arrive();
  const settle = () => controls.count.scrollIntoView({ block: "start", behavior: "instant" });
  if (document.readyState === "complete") settle();
  else addEventListener("load", () => requestAnimationFrame(settle));
} else {
  render();
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const settle = () => target.scrollIntoView({ behavior: "instant" });  // the cards have moved it
  if (target) addEventListener("load", () => requestAnimationFrame(settle));
}
