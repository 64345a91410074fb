"""Looking inside a run: its weights, kernels, feature maps, and how far its pictures may move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

from ...errors import InputError, RunError
from ..showing.tables import FeatureMaps, Picture, Table

if TYPE_CHECKING:
    from torch import nn

    from ...data.batching.preprocess import Preprocessing
    from ...insight.weights import Weight
    from ...models.build import Network
    from ...report.figures.weights import WeightSet
    from ...runs.folder import RunFolder

TRAINED, BEFORE = "trained", "before training"
MOST_PANELS = 12


@dataclass(frozen=True, eq=False)
class Inside:
    """A run that is looked into. ``module`` is the user's own where the folder cannot rebuild it."""

    run: RunFolder
    module: nn.Module | None = None

    @property
    def language(self) -> str:
        """The language of the run's figures: that of its report."""
        from ...report.facts import own_language

        return own_language(self.run)

    def trained(self) -> tuple[Network, dict[str, Any]]:
        """Return the trained network with what is known about its layers, and its card."""
        from ...evaluation.reload import require_card
        from ...models.card import load_network

        require_card(self.run)
        return load_network(self.run.path, module=self.module, custom=self.run.pieces)

    def networks(self, initial: bool | None) -> tuple[Network, Network | None]:
        """Return the trained network and, where it is wanted, the one before training.

        ``initial`` None: where it can be rebuilt; True raises :class:`RunError` where it cannot.
        """
        from ...insight.initial import initial_network

        trained, card = self.trained()
        try:
            return trained, None if initial is False else initial_network(self.run, trained, card)
        except RunError:
            if initial:
                raise
            return trained, None

    def convolutions(self) -> list[str]:
        """See :attr:`spirula.Run.convolutions`."""
        from ...insight.layers import convolutions, rows_of

        trained, _ = self.trained()
        return [row.name for row, _ in convolutions(trained, rows_of(trained))]

    def weights(self, *, initial: bool) -> Table:
        """See :meth:`spirula.Run.weights`."""
        from ...insight.weights import weights

        trained, before = self.networks(initial)
        when = BEFORE if initial else TRAINED
        return Table(
            [weight_row(weight) for weight in weights(before or trained)], f"Weights of {self.run.name}, {when}"
        )

    def weight_histogram(self, layer: str | None, beside_initial: bool | None) -> Picture:
        """See :meth:`spirula.Run.weight_histogram`."""
        from ...insight.weights import kernels_of, weights
        from ...report.figures.weights import weight_figure

        trained, before = self.networks(beside_initial)
        chosen = kernels_of(weights(trained), layer)
        known = {} if before is None else {weight.parameter: weight.values for weight in weights(before)}
        sets = [weight_set(weight, known.get(weight.parameter)) for weight in chosen[:MOST_PANELS]]
        return Picture(weight_figure(sets, of=len(chosen), language=self.language).alone())

    def kernels(
        self, layer: str | None, columns: int, channel: int | None, limit: float | None, beside_initial: bool | None
    ) -> Picture:
        """See :meth:`spirula.Run.kernels`."""
        from ...insight.kernels import kernels
        from ...report.figures.kernels import KernelSet, kernel_figure
        from ...report.figures.words import speaker

        if not isinstance(columns, int | np.integer) or columns < 1:
            raise InputError(f"columns = {columns!r} cannot work", "Give a whole number above zero.")
        if limit is not None and not (isinstance(limit, int | float | np.number) and 0 < float(limit) < float("inf")):
            raise InputError(f"limit = {limit!r} cannot work", "Give a number above zero.")
        trained, before = self.networks(beside_initial)
        found = kernels(trained, layer, channel)
        say = speaker(self.language)
        sets = [KernelSet(say("trained"), found.values)]
        if before is not None:
            sets.append(KernelSet(say("before_training"), kernels(before, layer, channel).values))
        figure = kernel_figure(
            sets, layer=found.layer, shown=found.shown, limit=limit, columns=columns, language=self.language
        )
        return Picture(figure.alone())

    def feature_maps(
        self, picture: Any, layer: str | None, channels: Sequence[int] | None, order: str | None
    ) -> FeatureMaps:
        """See :meth:`spirula.Run.feature_maps`."""
        from ...data.batching.preprocess import Preprocessing
        from ...evaluation.pictures import as_pictures
        from ...insight.maps import feature_maps, map_layer, most_active
        from ...report.figures.kernels import map_figure

        if order not in (None, "activity", "number") or (order is not None and channels is not None):
            raise InputError(
                f"order = {order!r}, channels = {channels!r} cannot work",
                "Give one of the two: the order is activity or number, and channels come as they are given.",
            )
        network, card = self.trained()
        preprocessing = Preprocessing.from_dict(card["preprocessing"])
        if len(preprocessing.input_shape) != 3:
            raise InputError(f"{self.run.name} was trained on vectors: they have no feature maps", "See run.weights().")
        row = map_layer(network, layer)
        pixels, caption = self.one(picture, preprocessing)
        arrays = feature_maps(network, preprocessing, pixels, [row])[0]
        asked = [channels] if isinstance(channels, int | np.integer) else channels
        by_activity = asked is None and order != "number"
        numbers = most_active(arrays) if by_activity else list(range(len(arrays)) if asked is None else asked)
        if (
            not numbers
            or not all(isinstance(number, int | np.integer) for number in numbers)
            or min(numbers) < 0
            or max(numbers) >= len(arrays)
        ):
            raise InputError(
                f"channels = {numbers} cannot work: {row.name} has {len(arrays)} maps", "They are numbered from 0."
            )
        shown = as_pictures(pixels[None])
        figure = map_figure(
            arrays[numbers],
            layer=row.name,
            total=len(arrays),
            size=(int(arrays.shape[1]), int(arrays.shape[2])),
            channels=numbers,
            most_active=by_activity,
            picture=None if shown is None else visible(shown[0]),
            caption=caption,
            language=self.language,
        )
        return FeatureMaps(figure.alone(), row.name, arrays)

    def one(self, picture: Any, preprocessing: Preprocessing) -> tuple[np.ndarray, str]:
        """Return one picture (H, W, C) in the run's size and what to call it.

        picture: a path; an array; a sample of the run's own data, by its id in ``manifest.csv`` or by its row there.
        """
        from ...evaluation.inputs import read_arrays, read_pictures

        if (
            isinstance(picture, str | int | np.integer)
            and not isinstance(picture, bool)
            and not Path(str(picture)).is_file()
        ):
            return self._sample(picture)
        if isinstance(picture, str) or hasattr(picture, "__fspath__"):
            path = Path(picture)
            if not path.is_file():
                raise InputError(f"{path} is not a file", "Give one picture.")
            pixels, refused = read_pictures([path], preprocessing)
            if refused[0] is not None:
                raise InputError(f"{path} cannot be read: {refused[0].removeprefix(f'{path.name}: ')}")
            return pixels[0], path.name
        if picture is None or isinstance(picture, bool):
            raise InputError(f"{picture} is no picture", "Give a path, an array, or a row of the run's manifest.csv.")
        pixels = read_arrays(picture, preprocessing)
        if len(pixels) != 1:
            raise InputError(f"Feature maps are of one picture, but here are {len(pixels)}", "Give one: x[0].")
        return pixels[0], "the given array"

    def _sample(self, which: str | int | np.integer[Any]) -> tuple[np.ndarray, str]:
        from ..own_data import own_data

        columns = self.run.manifest()
        ids = [name for name, verdict in zip(columns["id"], columns["verdict"], strict=True) if verdict != "refused"]
        if isinstance(which, str) and which not in ids:
            alike = [name for name in ids if normalize("NFC", name) == normalize("NFC", which)]
            which = alike[0] if len(alike) == 1 else which
        if isinstance(which, str) and which not in ids:
            raise InputError(
                f'"{which}" is neither a file nor the id of a sample of {self.run.name}',
                "Give a path, an array, or an id of the column id of the run's manifest.csv.",
            )
        row = ids.index(which) if isinstance(which, str) else int(which)
        if not 0 <= row < len(ids):
            raise InputError(
                f"{self.run.name} has {len(ids):,} samples; there is no row {row}", "They are numbered from 0."
            )
        return np.asarray(own_data(self.run).pixels[row]), ids[row]


def visible(picture: np.ndarray) -> np.ndarray:
    """Return uint8 (H, W, 1 | 3): of another number of channels the mean is shown."""
    if picture.shape[2] in (1, 3):
        return picture
    return np.asarray(picture.mean(axis=2, keepdims=True).round(), dtype=np.uint8)


def weight_set(weight: Weight, before: np.ndarray | None) -> WeightSet:
    """Return a kernel with what it was ``before`` training, as its histogram needs them."""
    from ...insight.weights import statistics
    from ...report.figures.weights import WeightSet

    now, was = statistics(weight.values), None if before is None else statistics(before)
    return WeightSet(
        weight.layer,
        " × ".join(map(str, weight.shape)),
        now.count,
        weight.values,
        (now.mean, now.std),
        before,
        None if was is None else (was.mean, was.std),
    )


def weight_row(weight: Weight) -> dict[str, Any]:
    """Return one tensor as a row: where it is, its shapes, its statistics."""
    from ...insight.weights import statistics

    numbers = statistics(weight.values)
    return {
        "layer": weight.layer,
        "tensor": weight.tensor,
        "shape": weight.shape,
        "count": numbers.count,
        "mean": numbers.mean,
        "std": numbers.std,
        "min": numbers.low,
        "max": numbers.high,
        "zeros": numbers.zeros,
        "trainable": weight.trainable,
        "parameter": weight.parameter,
        "torch_shape": tuple(weight.values.shape),
    }
