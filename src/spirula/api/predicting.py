"""Predicting with a run: from its folder and some pictures to a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, InputError
from ..metrics.refusal import unknown_word
from ..metrics.temperature import tempered
from ..plural import counted
from ..runs.folder import RunFolder
from .calibration import TAKES
from .insight.neighbours import known_embedding, looked_at
from .picture_paths import IMAGE_SUFFIXES, PHONE_SUFFIXES, names_files, pictures_of
from .showing.tables import Table

if TYPE_CHECKING:
    from torch import nn

    from ..evaluation.reload import TrainedNetwork


def predict_run(run: RunFolder, module: nn.Module | None, x: Any, top: int | None, calibrated: bool = False) -> Table:
    """See :func:`spirula.predict`."""
    predicted = _predict(run, module, x)
    network = predicted.network
    if top is not None and not (network.classes and 1 <= top <= len(network.classes)):
        few = (
            f"Choose 1 to {len(network.classes)}." if network.classes else "Leave it out: a regression has no classes."
        )
        raise InputError(f"top = {top} is not possible here", few)
    shown = _calibrated(run, network, predicted.values) if calibrated else predicted.values
    empty = ["value"] if network.task == "regression" else ["predicted", "probability", *(["top"] if top else [])]
    empty += ["refused"] if network.refusal is not None else []
    rows = []
    places = iter(range(len(shown)))
    for name, reason in zip(predicted.names, predicted.reasons, strict=True):
        if reason is not None:
            rows.append({"file": name, **dict.fromkeys(empty), "problem": reason})
        elif network.task == "regression":
            rows.append({"file": name, "value": float(shown[next(places), 0])})
        else:
            place = next(places)
            row = _row(network, predicted.values[place], shown[place], top)
            rows.append({"file": name, **row, **_refused(network, predicted.likeness, place, row)})
    return Table(rows, f"Predictions of {run.name}")


def _row(network: TrainedNetwork, values: np.ndarray, shown: np.ndarray, top: int | None) -> dict[str, Any]:
    """Return what one picture is called, by its probabilities ``values`` (K,); those that are ``shown`` stand by it."""
    order = np.argsort(-values, kind="stable")
    label = network.classes[order[0]]
    if network.task == "multilabel":
        label = ", ".join(network.classes[k] for k in order if values[k] > 0.5)
    row: dict[str, Any] = {"predicted": label, "probability": float(shown[order[0]])}
    if top is not None:
        row["top"] = [(network.classes[k], float(shown[k])) for k in order[:top]]
    return row


def _refused(network: TrainedNetwork, likeness: np.ndarray | None, place: int, row: dict[str, Any]) -> dict[str, Any]:
    """Return what changes in a row by the network's refusal: nothing where it has none."""
    if network.refusal is None or likeness is None:
        return {}
    if not network.refusal.refuses(likeness[place]):
        return {"refused": None}
    share = f"{100 * (1 - network.refusal.target):.4g} %"
    reason = (
        f"unlike the training pictures: likeness {likeness[place]:.3f}, {share} of the validation pictures have "
        f"{network.refusal.threshold:.3f} or more; otherwise {row['predicted']} {row['probability']:.3f}"
    )
    return {"predicted": unknown_word(network.classes), "probability": None, "refused": reason}


def _calibrated(run: RunFolder, network: TrainedNetwork, values: np.ndarray) -> np.ndarray:
    """Return float64 (N, K) probabilities with the card's temperature; raises :class:`InputError` without one."""
    if network.temperature is None:
        numbers = network.task == "regression"
        why = "a regression has none" if numbers else TAKES
        raise InputError(f"calibrated would have no effect: {run.name} has no temperature, {why}", "Leave it out.")
    return tempered(values, network.temperature.value, apart=network.task == "multilabel")


def probabilities(run: RunFolder, module: nn.Module | None, x: Any, calibrated: bool = False) -> np.ndarray:
    """Return float32 (N, K) probabilities (or (N, 1) values) for what :func:`spirula.predict` takes.

    ``calibrated`` ones are float64: in float32 two classes that nearly tie could change places.
    """
    predicted = _predict(run, module, x)
    reasons = [reason for reason in predicted.reasons if reason is not None]
    if reasons:
        shown = "".join(f"\n  - {reason}" for reason in reasons[:20])
        raise DataError(
            f"{len(reasons):,} of {counted(len(predicted.names), 'picture', 'pictures')} cannot be read:{shown}",
            "Leave these files out, or use predict, which has a row for each.",
        )
    return _calibrated(run, predicted.network, predicted.values) if calibrated else predicted.values


@dataclass(frozen=True, eq=False)
class _Predicted:
    """names and reasons: one per picture, the reason why it could not be read or None. values: (M, K) of the others.

    likeness: (M,), where the network refuses pictures by it.
    """

    names: list[str]
    reasons: list[str | None]
    values: np.ndarray
    likeness: np.ndarray | None
    network: TrainedNetwork


def _predict(run: RunFolder, module: nn.Module | None, x: Any) -> _Predicted:
    from ..evaluation.inputs import read_arrays, read_pictures
    from ..evaluation.reload import reload

    network = reload(run, module)
    known = None if network.refusal is None else known_embedding(run)
    values, likeness = [network.probabilities(np.zeros((0,), np.uint8))], [np.zeros(0, np.float32)]

    def look(pixels: np.ndarray) -> None:
        if known is None or not len(pixels):
            values.append(network.probabilities(pixels))
            return
        seen, said = looked_at(network, known, pixels)
        values.append(said)
        likeness.append(seen[:, -1])

    names: list[str] = []
    reasons: list[str | None] = []
    if names_files(x):
        arrays = () if network.preprocessing.channels in (1, 3) else (".npy",)
        pictures = pictures_of(x, (*IMAGE_SUFFIXES, *PHONE_SUFFIXES, *arrays))
        names = [name for name, _ in pictures]
        for start in range(0, len(pictures), 256):
            block = [place for _, place in pictures[start : start + 256]]
            given = [place for place in block if not isinstance(place, str)]
            pixels, refused = read_pictures(given, network.preprocessing)
            look(pixels)
            said = iter(refused)
            reasons += [place if isinstance(place, str) else next(said) for place in block]
    else:
        pixels = read_arrays(x, network.preprocessing)
        names, reasons = [str(number) for number in range(len(pixels))], [None] * len(pixels)
        look(pixels)
    measured = None if known is None else np.concatenate(likeness)
    return _Predicted(names, reasons, np.concatenate(values), measured, network)
