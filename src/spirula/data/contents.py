"""What a source holds, before it is divided: labels as they are or were corrected, and the decoded pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import DataError, UnusableDataError
from .cache import cache_folder
from .pictures import jpeg
from .pictures.ledger import Ledger, absent
from .pictures.pixels import decoded
from .pictures.sizes import fit_array
from .samples import Blobs, Request, Samples
from .sources.correcting import Corrected, corrected
from .sources.labels import match_classes
from .sources.patch import read_patch
from .sources.source import read_source
from .splits.division import refuse_losses


@dataclass(frozen=True, eq=False)
class Content:
    """Pixels and what is known of them; columns as in :class:`spirula.data.dataset.Dataset`.

    digests: uint8 (N, 32), SHA-256 of each file. sha256: over all of them, hex.
    """

    pixels: np.ndarray
    digests: np.ndarray | None
    sha256: str
    settings: dict[str, Any]
    derived: dict[str, str]
    files: Blobs | None
    ledger: Ledger | None
    corrections: tuple[Corrected, ...]


def contents(
    source: Any, request: Request, classes: Sequence[str] | None, problems: list[UnusableDataError] | None = None
) -> tuple[Samples, Content]:
    """Read, decode and match to ``classes``; the samples that are left belong to the pixels row by row.

    problems: takes what would stop a training; without it, it is raised.
    """
    samples, plan = read_source(source, request)
    corrections = []
    for file in request.labels:
        samples, done = corrected(samples, read_patch(file))
        corrections.append(done)
    if classes is not None:
        samples = _with_classes(samples, classes)
    digests, files, ledger = None, None, None
    if samples.blobs is not None:
        store = decoded(samples.blobs, samples.ids, cache_folder("pixels"), request)
        ledger = store.ledger.joined(absent(samples.verdicts))
        verdicts = ledger.refused()
        try:
            refuse_losses(samples, store.rows, verdicts, request.max_refused)
        except UnusableDataError as error:
            if problems is None:
                raise
            problems.append(error)
        files = samples.blobs.take(store.rows)
        notes = (*samples.notes, *ledger.notes(damage_is_heard=bool(jpeg.version())))
        samples = replace(samples.take(store.rows), verdicts=verdicts, notes=notes)
        pixels, plan, digests = store.pixels, store.plan, store.digests
        sha256 = hashlib.sha256(digests.tobytes()).hexdigest()
    else:
        request.refuse_file_options(samples.source)
        assert samples.pixels is not None
        sha256 = hashlib.sha256(np.ascontiguousarray(samples.pixels).data).hexdigest()
        pixels, plan = (samples.pixels, plan) if plan is not None else fit_array(samples.pixels, request)
    settings: dict[str, Any] = {"task": samples.task}
    derived = {} if request.task else dict(samples.derived)
    if plan is not None:
        settings |= {"image_size": (plan.height, plan.width), "channels": plan.channels}
        finer = {"resize": plan.resize, "interpolation": plan.interpolation, "crop_share": plan.crop_share}
        settings |= {name: value for name, value in finer.items() if value is not None}
        derived |= plan.derived
    return samples, Content(pixels, digests, sha256, settings, derived, files, ledger, tuple(corrections))


def _with_classes(samples: Samples, classes: Sequence[str]) -> Samples:
    if samples.task == "regression":
        raise DataError(f"{samples.source} holds numbers, but the run was trained on classes", "Use other data.")
    if samples.task == "multilabel":
        table = match_classes(samples.classes, np.asarray(samples.targets.any(axis=0)), classes, samples.source)
        targets = np.zeros((len(samples), len(classes)), dtype=np.float32)
        targets[:, table[table >= 0]] = samples.targets[:, table >= 0]
    else:
        used = np.bincount(samples.targets, minlength=len(samples.classes)) > 0
        targets = match_classes(samples.classes, used, classes, samples.source)[samples.targets]
    return replace(samples, classes=tuple(classes), targets=targets)
