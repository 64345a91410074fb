"""``spirula.inspect``: look at data before anything is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from html import escape
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..effects import changes_nothing
from ..errors import InputError, did_you_mean
from ..plural import counted
from ..wording import parse_image_size
from .showing.tables import Table
from .verbs import with_embedding

if TYPE_CHECKING:
    import numpy as np

    from ..data.batching.augmentation import Augmentation
    from ..data.dataset import Dataset
    from ..report.speech import Language
    from ..report.survey.page import Sheet

_NOT_OPTIONS = ("source", "seed", "to_look", "offer", "embed")  # of load: named here, or not the user's
_SHEET = 32  # pictures of what the network gets


def inspect(
    source: Any,
    *,
    augment: Mapping[str, Any] | Augmentation | None = None,
    custom: Any = None,
    seed: int = 0,
    lang: Language = "en",
    **options: Any,
) -> Inspection:
    """Look at a data set: counts, files, copies and leaks, sizes, light, and what the network will get.

    Parameters
    ----------
    source: what :func:`spirula.load` reads, or the :class:`Dataset` that it returned. Nothing in it is changed.
    augment, custom: random changes to show on the sheet of pictures, as in :func:`spirula.batches`.
    seed: of the division and of the augmentation, as in training.
    lang: of the sentences, "en" or "ko".
    options: those of :func:`spirula.load`: image_size (a number will do), channels, resize, validation, test, …

    Returns
    -------
    An :class:`Inspection`: prints as tables, shows itself in a notebook, ``save("page.html")`` writes the page.
    Data that a training would refuse are shown as well; ``usable`` is then False.

    Raises :class:`~spirula.errors.InputError` for a source that is none, and for options that cannot work.
    """
    from ..data.dataset import Dataset, load
    from ..report.survey.words import speaker

    speaker(lang)
    if isinstance(source, Dataset):
        if options:
            raise InputError(f"{', '.join(options)} would have no effect: the data are loaded", "Give them to load().")
        return Inspection(source, lang, augment=augment, custom=custom, seed=seed)
    known = [name for name in signature(load).parameters if name not in _NOT_OPTIONS]
    for name in options:
        if name not in known:
            raise InputError(f'There is no option "{name}".{did_you_mean(name, known)}', f"Known: {', '.join(known)}.")
    if "image_size" in options:
        try:
            options["image_size"] = parse_image_size(options["image_size"])
        except ValueError as error:
            raise InputError(f"image_size: {error}", "Give 180, or (180, 240) for height and width.") from error
    found = load(source, seed=seed, to_look=True, **with_embedding(options))
    return Inspection(found, lang, augment=augment, custom=custom, seed=seed)


class Inspection:
    """What a data set looks like. Tables first: each is a list of dictionaries that pandas takes as it is.

    dataset: what was looked at, ready for :func:`spirula.train` and :func:`spirula.batches`.
    """

    def __init__(
        self,
        dataset: Dataset,
        lang: Language = "en",
        *,
        augment: Mapping[str, Any] | Augmentation | None = None,
        custom: Any = None,
        seed: int = 0,
    ) -> None:
        from ..data.survey.survey import survey
        from ..report.survey.findings import told

        self.dataset = dataset
        self.lang = lang
        self._sheet_options = {"augment": augment, "custom": custom, "seed": seed}
        self._document = survey(dataset)
        source = dataset.manifest.source
        self.findings = Table([told(entry, source, lang) for entry in self._document["findings"]], "Findings")
        if augment is not None and self._pictures_possible:
            _ = self._sheet  # a mistake in the augmentation is said at once

    @property
    def usable(self) -> bool:
        """Whether a training would take the data."""
        return not self.dataset.problems

    @property
    def classes(self) -> Table:
        """Samples of each class in each split."""
        counts = self._document["counts"]
        per_class = counts["classes"] or {split: {"": number} for split, number in counts["splits"].items()}
        names = self._document["classes"] if counts["classes"] else [""]
        rows = [{"class": n, **{split: per_class[split].get(n, 0) for split in per_class}} for n in names]
        return Table(rows, "Classes")

    @property
    def files(self) -> Table:
        """Every file that was not simply accepted: id, verdict, code, reason; refused ones first."""
        return Table(self._document["files"]["rows"], "Files")

    @property
    def copies(self) -> Table:
        """The pairs of copies that were found, across splits and labels first."""
        pairs = (self._document["copies"] or {"pairs": ()})["pairs"]
        columns = ("file", "copy"), ("split", "copy_split"), ("label", "copy_label")
        rows = []
        for pair in pairs:
            row = {"kind": pair["kind"], "distance": pair["distance"]}
            for names, key in zip(columns, ("ids", "splits", "labels"), strict=True):
                row |= dict(zip(names, pair[key], strict=True))
            rows.append(row)
        return Table(rows, "Copies")

    @property
    def sizes(self) -> Table:
        """Least, median and most of the pictures' height, width, shape, brightness and contrast."""
        found = {name: (self._document["sizes"] or {}).get(name) for name in ("height", "width", "aspect")}
        found |= {name: (self._document["light"] or {}).get(name) for name in ("brightness", "contrast")}
        rows = [{"what": name, **values} for name, values in found.items() if values]
        return Table(rows, "Sizes and light")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values that JSON can hold: all files, all pairs, the findings with their words."""
        from ..runs.files import finite

        document: dict[str, Any] = finite(self._document)
        told = [
            {**words, "values": entry["values"]}
            for words, entry in zip(finite(list(self.findings)), document["findings"], strict=True)
        ]
        return {**document, "usable": self.usable, "findings": told}

    def save(self, path: str | Path) -> Path:
        """Write the page: one ``.html`` file that needs no other and no network. Returns its path.

        Raises :class:`~spirula.errors.InputError` for another ending.
        """
        from ..runs.files import write_text

        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"{target} is no HTML file", "End the name in .html.")
        if not target.parent.is_dir():
            raise InputError(f"{target.parent} is no folder", "Choose a folder that exists.")
        write_text(target, self.page())
        return target

    def page(self) -> str:
        """Return the page as HTML."""
        from ..report.survey.page import render_inspection

        sheet = self._sheet if self._pictures_possible else None
        return render_inspection(self._document, self._pictures, sheet, self.lang)

    @property
    def _pictures_possible(self) -> bool:
        return len(self.dataset) > 0 and self.dataset.pixels.ndim == 4 and self.dataset.pixels.shape[3] in (1, 3)

    @cached_property
    def _pictures(self) -> dict[str, list[np.ndarray]]:
        from ..data.survey.shown import shown

        return shown(self.dataset, self._document)

    @cached_property
    def _sheet(self) -> Sheet:
        from ..report.survey.page import Sheet
        from .batches import batches

        split = "train" if len(self.dataset.rows("train")) else "all"
        view = batches(self.dataset, split, batch_size=_SHEET, shuffle=True, **self._sheet_options)
        images, labels = view.pictures(_SHEET)
        return Sheet(images, labels, split, _changes(self._sheet_options["augment"]))

    def __str__(self) -> str:
        from .showing.inspection_text import inspection_text

        return inspection_text(self._document, self.findings, self.classes, self.sizes, self.files, self.lang)

    def __repr__(self) -> str:
        source, samples = self.dataset.manifest.source, len(self.dataset)
        found = counted(len(self.findings), "finding", "findings")
        return f"Inspection of {source}: {counted(samples, 'sample', 'samples')}, {found}"

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li>{escape(entry['text'])}"
            + (f"<br><code>{escape(entry['command'])}</code>" if entry["command"] else "")
            + "</li>"
            for entry in self.findings
        )
        tables = [table for table in (self.classes, self.sizes, self.copies, self.files) if table]
        shown = "".join(Table(table[:50], table.title)._repr_html_() for table in tables)
        return f"<ul>{items}</ul>{shown}"


def _changes(augment: Mapping[str, Any] | Augmentation | None) -> str:
    """Return an augmentation in words."""
    from dataclasses import asdict

    from ..data.batching.augmentation import Augmentation

    if augment is None:
        return ""
    words = asdict(augment) if isinstance(augment, Augmentation) else dict(augment)
    return ", ".join(f"{name} {value}" for name, value in words.items() if not changes_nothing(value))
