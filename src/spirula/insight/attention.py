"""Class-activation maps: where in a picture the evidence for a class lies, by four methods.

With the maps A of a layer and the gradients g = ∂score/∂A of a class's logit (a regression: of its value):

- Grad-CAM (Selvaraju et al. 2017): ReLU(Σₖ wₖ Aₖ), wₖ the mean of gₖ;
- Grad-CAM++ (Chattopadhay et al. 2018): the same with wₖ = Σ α ReLU(g), α = g² / (2 g² + g³ Σ A), for the exponential
  of the logit;
- LayerCAM (Jiang et al. 2021): ReLU(Σₖ ReLU(gₖ) Aₖ), each position with its own weight;
- occlusion (Zeiler, Fergus 2014): how much less probable the class is (a regression: how much lower its value) when a
  patch of the picture's mean colour covers a place, the mean over all patches that do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..data.batching.preprocess import Preprocessing, apply
from ..models.build import Network
from .calls import Call, at_call, evaluating

Method = Literal["gradcam", "gradcam++", "layercam", "occlusion"]
METHODS: tuple[Method, ...] = get_args(Method)
AT_ONCE = 16 * 224 * 224  # pixels that go through the network together
_SMALL = 1e-12
_CHANNELS_LAST = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]  # its convolutions' layout


@dataclass(frozen=True, eq=False)
class Looker:
    """A network with how its pictures are prepared and its outputs are read. ``classes``: their number; 0: regression.
    ``most``: so many pictures may go through the network together; fewer do where they are large.

    Everything below takes pictures (N, H, W, C) as the run's data holds them, and ``targets`` (N,): for each picture
    the class that is asked about (of a regression the value's index, 0).
    """

    network: Network
    preprocessing: Preprocessing
    classes: int
    most: int = 256

    def images(self, pixels: np.ndarray) -> Tensor:
        """Return (N, C, H, W) as the network takes them, on its device."""
        device = next((value.device for value in self.network.module.parameters()), torch.device("cpu"))
        return apply(torch.from_numpy(np.array(pixels)).to(device), self.preprocessing, channels_last=_CHANNELS_LAST)

    def batches(self, count: int) -> list[slice]:
        sides = self.network.spec.input_shape
        size = min(max(AT_ONCE // (sides[0] * sides[1]), 1), self.most)
        return [slice(start, start + size) for start in range(0, count, size)]

    @torch.no_grad()
    def values(self, images: Tensor) -> Tensor:
        """Return (N, K): the probability of every class, or the values of a regression."""
        parts = [self.network.module(images[batch]).float() for batch in self.batches(len(images))]
        logits = torch.cat(parts)
        if self.network.output == "softmax":
            return logits.softmax(1)
        if self.network.output == "sigmoid":
            found = logits.sigmoid()
            return torch.cat([1 - found, found], 1) if self._one_for_two(found) else found
        return logits

    def scores(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (N,): what is asked about, before softmax or sigmoid."""
        if self._one_for_two(logits):
            return torch.where(targets == 1, logits[:, 0], -logits[:, 0])
        return logits.gather(1, targets[:, None])[:, 0]

    def _one_for_two(self, logits: Tensor) -> bool:
        return self.network.output == "sigmoid" and logits.shape[1] == 1 and self.classes == 2


def class_maps(looker: Looker, pixels: np.ndarray, targets: np.ndarray, method: Method, call: Call) -> np.ndarray:
    """Return float32 (N, h, w) ≥ 0 in the size of the layer's maps: what speaks for the class, in no unit.

    ``call``: the layer. All zero where nothing speaks for the class. Occlusion has no layer: see :func:`occlusion`.
    """
    weigh = _WEIGHING[method]
    found: list[Tensor] = []
    with evaluating(looker.network.module):
        for batch in looker.batches(len(pixels)):
            maps, gradients = _at_layer(looker, pixels[batch], targets[batch], call)
            found.append(weigh(maps, gradients).relu().cpu())
    return torch.cat(found).numpy()


def suited(looker: Looker, pixels: np.ndarray, targets: np.ndarray, call: Call) -> Method:
    """Return Grad-CAM where all positions of a layer's maps count alike (what follows is pooled), else LayerCAM.

    Behind a Flatten every position has weights of its own: their mean, which Grad-CAM takes, means little there.
    """
    with evaluating(looker.network.module):
        _, gradients = _at_layer(looker, pixels[:1], targets[:1], call)
    spread = gradients.amax((2, 3)) - gradients.amin((2, 3))
    return "gradcam" if bool((spread <= 1e-4 * gradients.abs().max()).all()) else "layercam"


def _at_layer(looker: Looker, pixels: np.ndarray, targets: np.ndarray, call: Call) -> tuple[Tensor, Tensor]:
    """Return a layer's maps and the scores' gradients there, (n, K, h, w), float32. The graph begins at the layer."""
    kept: list[Tensor] = []

    def cut(value: Tensor) -> Tensor:
        kept.append(value.detach().requires_grad_())
        return kept[0].clone()  # what comes next may work in place

    with torch.enable_grad(), at_call(looker.network.module, call, cut):
        logits = looker.network.module(looker.images(pixels)).float()
        asked = torch.from_numpy(np.asarray(targets, np.int64)).to(logits.device)
        score = looker.scores(logits, asked).sum()
        # A user's module may cut the graph, and then nothing in the maps is known to count.
        found = torch.autograd.grad(score, kept[0], allow_unused=True)[0] if score.requires_grad else None
    maps = kept[0].detach()
    return maps.float(), torch.zeros_like(maps).float() if found is None else found.float()


def _gradcam(maps: Tensor, gradients: Tensor) -> Tensor:
    return (gradients.mean((2, 3), keepdim=True) * maps).sum(1)


def _gradcam_plus(maps: Tensor, gradients: Tensor) -> Tensor:
    squared = gradients.square()
    below = 2 * squared + squared * gradients * maps.sum((2, 3), keepdim=True)
    shares = torch.where(below.abs() > _SMALL * squared, squared / torch.where(below == 0, 1.0, below), 0.0)
    weights = (shares * gradients.relu()).sum((2, 3), keepdim=True)
    return (weights * maps).sum(1)


def _layercam(maps: Tensor, gradients: Tensor) -> Tensor:
    return (gradients.relu() * maps).sum(1)


_WEIGHING: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gradcam": _gradcam,
    "gradcam++": _gradcam_plus,
    "layercam": _layercam,
}


def occlusion(looker: Looker, pixels: np.ndarray, targets: np.ndarray, *, parts: int = 7) -> np.ndarray:
    """Return float32 (N, h, w) ≥ 0 on a grid of half patches: how much the class needs each place.

    A patch is a ``parts``-th of the picture's side and moves by half of itself.
    """
    height, width = pixels.shape[1:3]
    tops, lefts = _edges(height, parts), _edges(width, parts)
    found = np.zeros((len(pixels), len(tops) - 1, len(lefts) - 1), np.float32)
    with evaluating(looker.network.module):
        for number, (picture, target) in enumerate(zip(pixels, targets, strict=True)):
            found[number] = _covered(looker, picture, int(target), tops, lefts)
    return found


def _edges(length: int, parts: int) -> list[int]:
    """Return where the half patches begin, and the end: at least one pixel each."""
    count = min(2 * parts, length)
    return [round(length * number / count) for number in range(count + 1)]


def _covered(looker: Looker, picture: np.ndarray, target: int, tops: list[int], lefts: list[int]) -> np.ndarray:
    """Return the mean drop over the patches of 2 × 2 cells that cover each cell."""
    image = looker.images(picture[None])
    before = float(looker.values(image)[0, target])
    colour = image.mean((2, 3), keepdim=True)
    rows, columns = max(len(tops) - 2, 1), max(len(lefts) - 2, 1)
    places = [(row, column) for row in range(rows) for column in range(columns)]
    drops = np.zeros((rows, columns), np.float32)
    for batch in looker.batches(len(places)):
        covered = image.repeat(len(places[batch]), 1, 1, 1)
        for one, (row, column) in zip(covered, places[batch], strict=True):
            one[
                :, tops[row] : tops[min(row + 2, len(tops) - 1)], lefts[column] : lefts[min(column + 2, len(lefts) - 1)]
            ] = colour[0]
        values = looker.values(covered)[:, target].cpu().numpy()
        for (row, column), value in zip(places[batch], values, strict=True):
            drops[row, column] = before - value
    total, count = np.zeros((len(tops) - 1, len(lefts) - 1)), np.zeros((len(tops) - 1, len(lefts) - 1))
    for row, column in places:
        total[row : row + 2, column : column + 2] += drops[row, column]
        count[row : row + 2, column : column + 2] += 1
    return np.asarray((total / count).clip(0), np.float32)


def stretched(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return maps (N, h, w) bilinearly in the size (H, W) of the picture, float32."""
    scaled = functional.interpolate(torch.from_numpy(maps)[:, None], size, mode="bilinear", align_corners=False)
    return scaled[:, 0].numpy()


def maps_of(
    looker: Looker, pixels: np.ndarray, targets: Sequence[int] | np.ndarray, method: Method, call: Call | None
) -> np.ndarray:
    """Return the maps of any method, (N, h, w), in their own size; ``call`` is the layer, None for occlusion."""
    asked = np.asarray(targets, np.int64)
    if call is None:
        return occlusion(looker, pixels, asked)
    return class_maps(looker, pixels, asked, method, call)
