"""What a run shows of its network's inside: weights, kernels, maps, filters, where it looks, what it minds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ...runs.folder import RunFolder
from ..showing.tables import DrawnTable, FeatureMaps, Picture, Table
from .inside import Inside

if TYPE_CHECKING:
    from torch import nn

    from .class_maps import ClassMaps
    from .robustness import Kinds, Robustness
    from .walk import Walk


class Looking:
    """The part of :class:`spirula.Run` that looks into its network. ``module``: see there."""

    folder: RunFolder
    module: nn.Module | None

    @property
    def convolutions(self) -> list[str]:
        """The names of the layers that convolve, as the summary shows them, from the input on."""
        return self._inside.convolutions()

    def weights(self, *, initial: bool = False) -> Table:
        """Return one row per tensor: layer, shape as Keras prints it and as torch has it, mean, std, share of zeros, ….

        ``std`` divides by the number of values. ``initial``: the weights that the training started from, rebuilt from
        the run's seed and checked bit for bit; :class:`RunError` where that is not possible.
        """
        return self._inside.weights(initial=initial)

    def weight_histogram(self, layer: str | None = None, *, beside_initial: bool | None = None) -> Picture:
        """Return the histogram of a layer's kernel, or of all (at most 12), beside that before training.

        ``beside_initial``: by default wherever the weights before training are known.
        """
        return self._inside.weight_histogram(layer, beside_initial)

    def kernels(
        self,
        layer: str | None = None,
        *,
        columns: int = 16,
        channel: int | None = None,
        limit: float | None = None,
        beside_initial: bool | None = False,
    ) -> Picture:
        """Return every kernel of a convolution (the first one by default) in a grid, on one scale around zero.

        ``channel``: the input channel to show. Without it, kernels on colour pictures are in colour, others the mean
        over their inputs. ``limit``: the value of the strongest colour; by default the largest one there is.
        ``beside_initial``: also those before training; ``None``: wherever they are known.
        """
        return self._inside.kernels(layer, columns, channel, limit, beside_initial)

    def feature_maps(
        self,
        picture: Any,
        layer: str | None = None,
        *,
        channels: Sequence[int] | None = None,
        order: Literal["activity", "number"] | None = None,
    ) -> FeatureMaps:
        """Return what a layer makes of one picture: drawn in a grid, and as ``.arrays``, float32 (C, H, W).

        ``picture``: a path, an array, or a sample of the run's data by its id or row in ``manifest.csv``. ``layer``: a
        name of the summary or the path of any module with maps (a block, say); the first convolution after its
        activation by default. Drawn are the most active maps first, by their mean absolute value, each with its number;
        ``channels`` chooses others, ``order="number"`` draws them from 0 on. ``.arrays`` are always in that order.
        """
        return self._inside.feature_maps(picture, layer, channels, order)

    def filters(self) -> Table:
        """Return one row per convolution: which of its filters are dead, and which are alike.

        ``dead``: numbers of filters whose answer, after normalisation and activation, never varies. ``alike``: filters
        whose answers correlate by 0.99 or more, "=" where their kernels are the same too, "≈" elsewhere. Found at the
        end of the training, on some hundred pictures of its training split; :class:`RunError` for a run without.
        """
        from .filters import filters

        return filters(self.folder)

    def exciting(
        self,
        layer: str | None = None,
        *,
        channel: int | None = None,
        count: int = 9,
        data: Any = None,
        split: str | None = None,
        samples: int = 2000,
    ) -> DrawnTable:
        """Return the ``count`` pictures that a filter answers most strongly, and the patch that it sees in each.

        ``layer``: a convolution; the last one with maps by default. ``channel``: its filter; without it the six that
        answer most on average. Looked at are at most ``samples`` of ``split`` (by default the training split), evenly
        taken; ``data``: of other data than the run's own. One row per picture: layer, channel, rank, file, label,
        answer, the position in the map (row, column), and what it sees of the picture (top, left, bottom, right).
        """
        from .exciting import exciting

        return exciting(self._inside, layer, channel, count, data, split, samples)

    def robustness(
        self, kinds: Kinds | None = None, *, data: Any = None, split: str = "test", samples: int = 1000
    ) -> Robustness:
        """Return accuracy and the true class's probability when pictures are moved, turned, blurred, paler, …; of
        several labels how often all are right, of a regression its mean absolute error.

        ``kinds``: some of shift (whole pixels), rotate (degrees), blur (standard deviation in pixels), contrast
        (factor), brightness (added share of the full range), noise (standard deviation, share of the full range); or a
        dictionary with the strengths of each, such as ``{"rotate": [10, 20]}``. All with their usual strengths by
        default. The same pictures, at most ``samples``, for all; see :func:`shift_invariance` for ``data`` and
        ``split``. ``.verdict`` names the weakest side, ``.picture()`` draws all.
        """
        from .robustness import robustness

        return robustness(self._inside, kinds, data, split, samples)

    def explain(
        self, pictures: Any, *, cam: str | None = None, layer: str | None = None, target: str | int | None = None
    ) -> ClassMaps:
        """Return where in pictures the evidence for a class lies, and whether these maps tell more than random ones.

        ``pictures``: one or several of what :meth:`feature_maps` takes. ``cam``: gradcam (the default where the layer's
        maps are pooled into one value), layercam (elsewhere), gradcam++, occlusion. ``layer``: by default the last one
        with maps through which everything goes. ``target``: the class to ask about, by name or number; each picture's
        most probable one by default. Of a regression: what raises the value.
        """
        from .class_maps import class_maps

        return class_maps(self._inside, pictures, cam, layer, target)

    def walk(self, picture: Any, *, lang: str | None = None) -> Walk:
        """Return a picture's (see :meth:`feature_maps`) way through the network, every number taken apart: a page.

        ``lang``: of the page, "en" or "ko"; the run's own by default.
        """
        from .walk import walk_of

        return walk_of(self._inside, picture, lang)

    def shift_invariance(
        self, data: Any = None, *, shifts: Iterable[int] = range(-6, 7), split: str = "test", samples: int = 1000
    ) -> DrawnTable:
        """Return the accuracy when the pictures are moved sideways; see :func:`spirula.shift_invariance`."""
        from ..run import Run
        from .shifts import shift_invariance

        return shift_invariance(Run(self.folder, self.module), data, shifts=shifts, split=split, samples=samples)

    @property
    def _inside(self) -> Inside:
        return Inside(self.folder, self.module)
