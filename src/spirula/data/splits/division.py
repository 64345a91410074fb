"""What holds for any source: how large the shares are, and what a division must not do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...errors import DataError, UnusableDataError
from ...plural import counted
from ..pictures.ledger import LEFT_OUT
from ..samples import Samples
from .split import divide

VALIDATION_SHARE = 0.2  # of the training samples, when the source has no validation split
TEST_SHARE = 0.1  # of the samples, when the source has no test split
MOST_REFUSED = 0.05  # of all files
MOST_REFUSED_OF_CLASS = 0.2


def divided(
    samples: Samples,
    validation: float | None,
    test: float | None,
    seed: int,
    atoms: np.ndarray | None = None,
) -> tuple[np.ndarray, dict[str, float], dict[str, str]]:
    """Return (split of every sample, shares that were applied, reasons for those that were not asked).

    atoms: int64 (N,), what must not be cut, if that is more than the groups of ``samples``.

    Raises :class:`DataError` for a share that would have no effect, that is out of range, or that holds nothing out;
    and when what is left cannot be trained on.
    """
    given = set() if samples.splits is None else set(np.unique(samples.splits).tolist())
    asked = {"validation": validation, "test": test}
    shares: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for split, usual in (("validation", VALIDATION_SHARE), ("test", TEST_SHARE)):
        share = asked[split]
        if share is not None and split in given:
            raise DataError(
                f"{split} = {share} would have no effect: {samples.source} has a {split} split of its own",
                f"Leave {split} out, or join the parts to divide them anew.",
            )
        if share is not None:
            refuse_share(split, share)
        if split not in given:
            shares[split] = usual if share is None else share
            reasons |= {split: f"the source has no {split} split"} if share is None else {}
    if sum(shares.values()) >= 1:
        raise DataError("validation and test together leave no sample to train on", "Choose smaller shares.")
    splits = divide(
        task=samples.task,
        targets=samples.targets,
        ids=samples.ids,
        given=samples.splits,
        groups=samples.groups,
        validation=shares.get("validation", 0.0),
        test=shares.get("test", 0.0),
        seed=seed,
        atoms=atoms,
    )
    _refuse_unusable(samples, splits)
    for split, share in shares.items():
        if share > 0 and asked[split] is not None and not (splits == split).any():
            raise DataError(
                f"{split} = {share} holds nothing out: {samples.source} has {held_together(samples, atoms)}, "
                "too few to spare one of any class",
                f"Add samples, or set {split} to 0{or_ignore(atoms)}.",
            )
    return splits, shares, reasons


def held_together(samples: Samples, atoms: np.ndarray | None) -> str:
    """Return how many samples there are, and how many when what must not be divided counts once."""
    count = f"{len(samples):,} {'sample' if len(samples) == 1 else 'samples'}"
    if samples.groups is None and atoms is None:
        return count
    number = len(set(samples.groups or ()) if atoms is None else np.unique(atoms))
    what = "groups" if atoms is None else "copies" if samples.groups is None else "copies and groups"
    return f"{count} ({number:,} where {what} count once)"


def or_ignore(atoms: np.ndarray | None) -> str:
    """Return the way out when copies leave too little to divide."""
    return "" if atoms is None else '; or divide copies one by one with duplicates = "ignore"'


def refuse_share(split: str, share: float) -> None:
    """Raise :class:`DataError` when ``share`` is out of range."""
    if not 0 <= share < 1:
        raise DataError(f"{split} = {share} is not a share", "Give a number from 0 up to, but not including, 1.")


def _refuse_unusable(samples: Samples, splits: np.ndarray) -> None:
    train = splits == "train"
    if not train.any():
        raise UnusableDataError(f"{samples.source} has no training samples", "Name a source with a train part.")
    if samples.task != "classification":
        return
    trained = np.bincount(samples.targets[train], minlength=len(samples.classes)) > 0
    for split in ("validation", "test"):
        there = np.bincount(samples.targets[splits == split], minlength=len(samples.classes)) > 0
        names = _names(samples.classes, there & ~trained)
        if names:
            raise UnusableDataError(
                f"{samples.source}: {split} has classes that train has no samples of: {listed(names)}",
                "Add training samples of them, correct the labels, or remove them.",
            )
    if int(trained.sum()) < 2:
        raise UnusableDataError(
            f"{samples.source} has one class only ({listed(_names(samples.classes, trained))}): nothing to tell apart",
            "Add a second class.",
        )


def refuse_losses(
    samples: Samples, kept: np.ndarray, verdicts: Sequence[tuple[str, str, str]], most: float | None = None
) -> None:
    """Stop when so many files were refused that the rest is another data set.

    samples: all that were to be decoded. kept: int64, rows that were. verdicts: (id, code, reason) of every refused
    file, also those that were missing. most: the share of all files and of each class that may be refused; without
    it 5 % of all and 20 % of a class. What a patch leaves out is no loss. Raises
    :class:`UnusableDataError` with the list.
    """
    verdicts = [entry for entry in verdicts if entry[1] != LEFT_OUT]
    total = len(kept) + len(verdicts)
    of_all, of_class = (MOST_REFUSED, MOST_REFUSED_OF_CLASS) if most is None else (most, most)
    problem = ""
    if len(verdicts) > of_all * total:
        problem = f"{len(verdicts):,} of {total:,} files cannot be used (more than {of_all:.0%})"
    elif samples.task == "classification" and (names := _decimated(samples, kept, of_class)):
        problem = f"More than {of_class:.0%} of the files of {listed(names)} cannot be used"
    if problem:
        codes = Counter(code for _, code, _ in verdicts)
        counted = ", ".join(f"{code} ({number:,})" for code, number in codes.most_common())
        lines = [f"\n  {name!r}: {reason}" for name, _, reason in verdicts[:20]]
        rest = f"\n  … and {len(verdicts) - 20:,} more" if len(verdicts) > 20 else ""
        raise UnusableDataError(
            f"{samples.source}: {problem}: {counted}{''.join(lines)}{rest}",
            "Repair, convert or remove these files; or say with max_refused which share may be left out.",
        )


def _decimated(samples: Samples, kept: np.ndarray, most: float) -> list[str]:
    """Return the classes that lost more than this share of their files, those of which nothing is left too."""
    before, after = (
        dict(zip(samples.classes, np.bincount(targets, minlength=len(samples.classes)).tolist(), strict=True))
        for targets in (samples.targets, samples.targets[kept])
    )
    gone = Counter({name: before[name] - after[name] for name in samples.classes}) + Counter(samples.lost)
    return [name for name, number in gone.items() if number > most * (number + after.get(name, 0))]


def split_notes(
    samples: Samples, splits: np.ndarray, shares: dict[str, float], atoms: np.ndarray | None = None
) -> list[str]:
    """Return sentences on refused files, and on what the division could not do."""
    notes: list[str] = []
    lost = sum(code != LEFT_OUT for _, code, _ in samples.verdicts)
    if lost:
        files = counted(lost, "file", "files")
        notes.append(f"{files} could not be used; the manifest says which and why.")
    for split, share in shares.items():
        if share > 0 and not (splits == split).any():
            count = held_together(samples, atoms)
            notes.append(f"There are too few samples to hold any out for {split}: {count}{or_ignore(atoms)}.")
    if samples.task != "classification":
        return notes
    counts = np.bincount(samples.targets, minlength=len(samples.classes))
    for sentence, chosen in (
        ("Classes without any sample: {}.", counts == 0),
        ("Classes with a single sample, which is trained on: {}.", counts == 1),
    ):
        if chosen.any():
            notes.append(sentence.format(listed(_names(samples.classes, chosen))))
    return notes


def copy_notes(digests: np.ndarray | None, splits: np.ndarray) -> list[str]:
    """Return a sentence for each held-out split that has files byte for byte equal to training files.

    digests: uint8 (N, 32), or ``None`` when the samples are no files.
    """
    if digests is None or not len(digests):
        return []
    keys = np.ascontiguousarray(digests).view("V32").ravel()
    trained = np.unique(keys[splits == "train"])
    notes: list[str] = []
    for split in ("validation", "test"):
        copies = int(np.isin(keys[splits == split], trained).sum())
        if copies:
            which = counted(copies, f"{split} file is an exact copy", f"{split} files are exact copies")
            notes.append(f"{which} of training files: its figures flatter the network.")
    return notes


def listed(names: Sequence[str]) -> str:
    """Return names in quotation marks, at most ten."""
    return ", ".join(f'"{name}"' for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _names(classes: Sequence[str], chosen: np.ndarray) -> list[str]:
    return [classes[index] for index in np.flatnonzero(chosen).tolist()]
