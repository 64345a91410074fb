"use strict";

// Theme: what the system asks for, or what the reader chose. ?theme=dark in the address chooses too.
const root = document.documentElement;
const themes = ["system", "light", "dark"];
const english = { theme: "Theme", system: "system", light: "light", dark: "dark", copy: "Copy", copied: "Copied" };
const korean = { theme: "테마", system: "시스템", light: "밝게", dark: "어둡게", copy: "복사", copied: "복사됨" };
const words = root.lang === "ko" ? korean : english;
const button = document.getElementById("theme");

function setTheme(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  button.textContent = words.theme + ": " + words[root.dataset.theme || "system"];
}

button.hidden = false;
setTheme(new URLSearchParams(location.search).get("theme"));
button.addEventListener("click", () => {
  setTheme(themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length]);
});

// Tables that sort: a button in every heading. Numbers start with the largest, names with the first.
function sortBy(table, column, heading) {
  const body = table.tBodies[0];
  const key = (row) => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
  };
  const numeric = typeof key(body.rows[0]) === "number";
  const before = heading.getAttribute("aria-sort");
  const descending = before ? before === "ascending" : numeric;
  const rows = Array.from(body.rows).sort((a, b) => (numeric ? key(a) - key(b) : key(a).localeCompare(key(b), undefined, { numeric: true })));
  if (descending) rows.reverse();
  body.append(...rows);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  if (table.tBodies[0].rows.length < 2) continue;
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const sorter = document.createElement("button");
    sorter.type = "button";
    sorter.append(...heading.childNodes);
    heading.append(sorter);
    sorter.addEventListener("click", () => sortBy(table, column, heading));
  });
}

// Commands that copy themselves, where the browser lets a page do so.
function copied(block) {
  if (!navigator.clipboard) return block;
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = words.copy;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    copy.textContent = words.copied;
    setTimeout(() => { copy.textContent = words.copy; }, 1500);
  });
  block.append(copy);
  return block;
}

for (const block of document.querySelectorAll(".command")) copied(block);

// On paper nothing can be opened: open everything.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
