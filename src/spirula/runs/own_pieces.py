"""What a run records of the user's own pieces, and when they may be run again.

The folder keeps a copy of the user's file as ``custom.py``, for the record. Nothing opens it to run it: only who passes
the same file again, or says its SHA-256 out loud, has it run.
"""

from __future__ import annotations

import hashlib
import inspect
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard

from ..custom.blame import place_of
from ..custom.library import Library, SourceFile, library, run_source
from ..custom.piece import Piece, read_piece
from ..errors import RunError
from .files import finite
from .folder import CUSTOM, DOCUMENT, RunFolder

_PLAIN = (bool, int, float, str, tuple, type(None))


def record(used: Sequence[tuple[str, Piece]], known: Library) -> dict[str, Any] | None:
    """Return what ``run.json`` says of the pieces that a training uses; None when there are none.

    Parts of a training: loss, schedule, metric, augment, network, layer, activation, regularizer.
    """
    if not used:
        return None
    from_file = any(known.origin(piece) for _, piece in used)
    file = known.file if from_file else None
    return {
        "file": file.path.name if file else None,
        "sha256": file.sha256 if file else None,
        "pieces": [_entry(part, piece, known) for part, piece in used],
    }


def _entry(part: str, piece: Piece, known: Library) -> dict[str, Any]:
    entry: dict[str, Any] = {"part": part, "piece": str(piece)}
    if known.origin(piece):
        place = place_of(piece.value)
        return {**entry, "line": place[1] if place else None}
    return {**entry, **_object(piece.value)}


def _object(value: Any) -> dict[str, Any]:
    """Return what is known of a Python object: enough to notice that another one is passed in its place."""
    source = _source(value)
    digest = None if source is None else hashlib.sha256(source.encode()).hexdigest()
    return {"kind": type(value).__name__, "source": source, "sha256": digest, "settings": finite(_settings(value))}


def _source(value: Any) -> str | None:
    target = value if inspect.isroutine(value) or inspect.isclass(value) else type(value)
    try:
        return inspect.getsource(target)
    except (OSError, TypeError):
        return None  # typed at a prompt, or not Python


def _settings(value: Any) -> dict[str, Any]:
    """Return the plain values that a function was closed over, or that an instance holds: create_huber(2.0)'s 2.0."""
    if inspect.isfunction(value):
        held: dict[str, Any] = dict(inspect.getclosurevars(value).nonlocals)
    else:
        held = {} if inspect.isclass(value) or inspect.isroutine(value) else dict(getattr(value, "__dict__", {}))
    return {name: item for name, item in held.items() if not name.startswith("_") and isinstance(item, _PLAIN)}


def identity(recorded: dict[str, Any] | None) -> str:
    """Return the pieces as a checkpoint must agree with them; empty when there are none."""
    if recorded is None:
        return ""
    words = [
        " ".join(str(entry.get(key) or "") for key in ("part", "piece", "sha256", "settings"))
        for entry in recorded["pieces"]
    ]
    return "; ".join([*words, f"file {recorded['sha256']}"])


def recorded_pieces(run: RunFolder) -> dict[str, Any] | None:
    """Return what a run says of the pieces that it was trained with; None when there were none.

    Raises :class:`RunError` for what no training writes: a folder may come from anybody.
    """
    found = run.document().get("custom")
    if found is None:
        return None
    with suppress(LookupError, TypeError, AttributeError, ValueError):
        entries = found["pieces"]
        sound = all(
            isinstance(entry["part"], str)
            and read_piece(entry["piece"])
            and ("line" in entry or entry.keys() >= {"kind", "sha256", "settings"})
            for entry in entries
        )
        texts = (found["file"], found["sha256"])
        if entries and sound and (texts == (None, None) or all(isinstance(text, str) for text in texts)):
            return dict(found)
    raise RunError(
        f"{run.path / DOCUMENT} does not say which pieces of your own the run was trained with",
        "The file is damaged: copy the run again.",
    )


def pieces_of_run(run: RunFolder, custom: object, trust: str | None) -> Library | None:
    """Return the pieces that somebody who opens a run gave for it; None when nothing was given, and nothing is run.

    Parameters
    ----------
    custom: the Python file that the run was trained with, or the objects; see :func:`spirula.custom.library.library`.
    trust: SHA-256 of the copy in the folder: whoever says it has the copy run in place of a file.

    Raises :class:`RunError` when the run has no such pieces, and for another file than the one it was trained with.
    """
    if custom is None and trust is None:
        return None
    recorded = recorded_pieces(run)
    if recorded is None:
        raise RunError(
            f"{run.path} was trained without pieces of your own: custom and trust would have no effect",
            "Leave them out.",
        )
    digest = recorded["sha256"]
    if trust is None:
        found = library(custom, expected=digest)
        _check_objects(run, recorded, found)
        return found
    if custom is not None:
        raise RunError("custom and trust are two ways to give the same file", "Give one of them.")
    if digest is None:
        raise RunError(f"{run.path} has no file to trust: its pieces were Python objects", ways(recorded))
    if trust.strip().lower() != digest:
        raise RunError(
            f"{trust} is not the SHA-256 of the file that {run.path} was trained with",
            f"It is {digest}. Read {run.path / CUSTOM} first: it will be run.",
        )
    try:
        source = SourceFile((run.path / CUSTOM).absolute(), (run.path / CUSTOM).read_bytes())
    except OSError as error:
        raise RunError(
            f"{run.path / CUSTOM} cannot be read: {error.strerror or error}", "Give the file itself: --custom FILE.py."
        ) from error
    if source.sha256 != digest:
        raise RunError(
            f"{run.path / CUSTOM} is no longer the file that the run was trained with (SHA-256 {source.sha256})",
            "Give the file itself: --custom FILE.py.",
        )
    return run_source(source)


def _check_objects(run: RunFolder, recorded: dict[str, Any], found: Library) -> None:
    """Raise :class:`RunError` when an object is not like the one of the same name that the run was trained with."""
    for entry in recorded["pieces"]:
        name = read_piece(entry["piece"]).name
        if "line" in entry or name not in found.given:
            continue
        here = _object(found.given[name])
        for what in ("kind", "sha256", "settings"):
            if entry[what] is not None and here[what] is not None and here[what] != entry[what]:
                raise RunError(
                    f"{name} is not what {run.path} was trained with: its {'source' if what == 'sha256' else what} is "
                    f"another ({here[what]} here, {entry[what]} there)",
                    "Pass the same object; run.json holds what is known of it.",
                )


def needs_objects(recorded: dict[str, Any]) -> bool:
    """Whether the network itself needs Python objects that no file defines."""
    inside = [entry for entry in recorded["pieces"] if entry["part"] in ("network", "layer", "activation")]
    return any("line" not in entry for entry in inside)


def missing(place: Path, piece: str, recorded: object) -> RunError:
    """Return the error for a network, or a training, that needs a piece of the user's own that was not given."""
    return RunError(f"{place} needs {piece}, which is code of its author's own{_named(recorded)}", ways(recorded))


def ways(recorded: object) -> str:
    """Say how to give the pieces of a run."""
    if not _has_file(recorded):
        return "Pass the same objects in Python: sp.open_run(RUN, custom=[…]), sp.train(resume=RUN, custom=[…])."
    file, digest = recorded["file"], recorded["sha256"]
    return (
        f"Give the file: --custom {shlex.quote(file)} (in Python: custom={file!r}); or read the copy in the run, "
        f"{CUSTOM}, and have that run: --trust {digest}."
    )


def _has_file(recorded: object) -> TypeGuard[Mapping[str, str]]:
    """Whether a record, perhaps somebody else's, names a file and its hash."""
    return isinstance(recorded, Mapping) and all(isinstance(recorded.get(key), str) for key in ("file", "sha256"))


def _named(recorded: object) -> str:
    if not _has_file(recorded):
        return ""
    return f" ({recorded['file']}, SHA-256 {recorded['sha256']})"
