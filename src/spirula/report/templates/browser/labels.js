// Suspected labels: what is ticked becomes a patch file, made here in the page.
function buildLabels(section) {
  const form = section.querySelector(".patch");
  const [save, copy, preview] = [form.querySelector("[data-save]"), form.querySelector("[data-copy]"), form.querySelector("textarea")];
  const cards = Array.from(section.querySelectorAll("li[data-row]"), (card) => suspectCard(card, refresh));
  let saved = "";

  function text() {
    const quoted = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const rows = cards.filter((card) => card.tick.checked).map((card) => [card.id, card.label.value, card.old]);
    return ["id,label,old_label", ...rows.map((row) => row.map(quoted).join(","))].join("\n") + "\n";
  }

  function refresh() {
    const number = cards.filter((card) => card.tick.checked).length;
    save.textContent = say("download", { n: count(number) });
    save.disabled = copy.disabled = number === 0;
    preview.value = number ? text() : "";
  }

  save.addEventListener("click", () => {
    const link = make("a", { href: URL.createObjectURL(new Blob([text()], { type: "text/csv" })), download: "patch.csv" });
    link.click();
    saved = text();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  copy.addEventListener("click", async () => {
    preview.closest("details").open = true;
    preview.select();
    saved = text();
    try {
      await navigator.clipboard.writeText(saved);
    } catch {
      // Not allowed here. The text is selected: it can be copied by hand.
    }
  });
  addEventListener("beforeunload", (event) => {
    if (preview.value && preview.value !== saved) event.preventDefault();
  });
  form.hidden = false;
  refresh();
}

function suspectCard(card, refresh) {
  const split = splits.find((each) => each.name === card.dataset.split);
  const [row, said] = [Number(card.dataset.row), Number(card.dataset.said)];
  const tick = make("input", { type: "checkbox", id: `tick-${split.name}-${row}` });
  const label = make("select", { "aria-label": say("new_label") });
  const others = page.classes.length <= 60 ? page.classes.keys() : [];
  const offered = [said, ...Array.from(others).filter((at) => at !== said && at !== split.truth[row])];
  for (const at of offered) label.append(make("option", { value: page.classes[at] }, page.classes[at]));
  label.append(make("option", { value: "" }, say("leave_out")));
  label.addEventListener("change", () => { tick.checked = true; refresh(); });
  tick.addEventListener("change", refresh);
  card.append(make("p", { class: "tick" }, tick, make("label", { for: tick.id }, say("change_to")), " ", label));
  const frame = card.querySelector(".frame");
  if (!page.pictures) frame?.remove();
  else if (frame) {
    const href = address({ ...readState("#browse"), split: split.name, show: String(row) });
    const link = make("a", { class: "frame-link", "aria-label": altOf(split, row), href }, make("span", { class: "frame" }));
    frame.replaceWith(link);
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      link.replaceChildren(thumbnail(split.places[row], altOf(split, row)));
    }, { rootMargin: "400px" });
    seen.observe(link);
  }
  return { tick, label, id: split.ids[row], old: page.classes[split.truth[row]] };
}

for (const form of document.querySelectorAll("#labels .patch")) buildLabels(form.closest("section"));
