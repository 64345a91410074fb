"""What a run folder keeps for the report's section "Where it looks": maps, their faithfulness, and the fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.batching.preprocess import Preprocessing
from ..metrics.faithfulness import Faithfulness, faithful_arrays
from ..models.build import Network
from ..models.summary import Row
from .attention import Looker, maps_of, suited
from .effective import effective_fields
from .effort import Effort
from .faithful import faithfulness
from .layers import with_maps
from .looked import Layer
from .receptive import Fields, receptive_fields
from .shifts import evenly

DRAWN_FIELDS = 4


def look_arrays(
    looker: Looker, layer: Layer, pixels: np.ndarray, asked: np.ndarray, truths: np.ndarray | None, effort: Effort
) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/looks.npz`` that are computed: maps of pictures (N, H, W, C).

    layer, method: texts. maps: float16 (N, h, w), each divided by its largest value, for the classes ``asked`` (N,);
    true_maps the same for ``truths``, where there is one true class. methods: M names; deletion and insertion: float64
    (M, n), of n pictures evenly taken, beside random_deletion and random_insertion (M, n): what ``effort`` allows.
    """
    shown = suited(looker, pixels, asked, layer.call)
    found = {
        "layer": np.asarray(layer.name),
        "method": np.asarray(shown),
        "maps": scaled(maps_of(looker, pixels, asked, shown, layer.call)),
    }
    if truths is not None:
        found["true_maps"] = scaled(maps_of(looker, pixels, truths, shown, layer.call))
    if not effort.measured:
        return {**found, "methods": np.asarray([], dtype=np.str_)}
    some = evenly(np.arange(len(pixels)), effort.measured)
    methods = effort.methods or (shown,)
    results: list[Faithfulness] = []
    for name in methods:
        maps = maps_of(looker, pixels[some], asked[some], name, layer.call)
        random = results[0].random if results else None
        results.append(faithfulness(looker, pixels[some], asked[some], maps, steps=effort.steps, random=random))
    return {**found, **faithful_arrays(methods, results)}


def scaled(maps: np.ndarray) -> np.ndarray:
    """Return maps (N, h, w) as float16 0…1, each by its own largest value."""
    highest = maps.max(axis=(1, 2), keepdims=True, initial=0.0)
    return (maps / np.where(highest > 0, highest, 1)).astype(np.float16)


def field_arrays(
    network: Network, rows: Sequence[Row], preprocessing: Preprocessing, pixels: np.ndarray, averaged: int = 8
) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/fields.npz``: the receptive fields of the L layers with maps.

    layers, kinds, sights: texts; "part", "whole", "nothing" or "unknown". maps: (L, 2) height and width. sizes, steps,
    offsets, bare_sizes: float64 (L, 2), NaN where unknown; bare ones leave out gates. centres: int64 (L, 4), the box
    that the position in the middle sees, -1 where unknown. drawn: some of these layers; strengths: float16 (D, H, W)
    and shares (D,), their effective fields, over the first ``averaged`` of ``pixels`` (N, H, W, C).
    """
    chosen = with_maps(rows)
    fields = receptive_fields(network, chosen)
    drawn = drawn_layers(fields)
    effective = effective_fields(
        network, preprocessing, pixels[:averaged], [chosen[i] for i in drawn], [fields[i] for i in drawn]
    )
    size = network.spec.input_shape[:2]
    return {
        "layers": np.asarray([row.name for row in chosen], dtype=np.str_),
        "kinds": np.asarray([row.kind for row in chosen], dtype=np.str_),
        "sights": np.asarray([field.sight for field in fields], dtype=np.str_),
        "maps": np.asarray([field.maps for field in fields], dtype=np.int64).reshape(-1, 2),
        "sizes": _pairs([field.size for field in fields]),
        "steps": _pairs([field.step for field in fields]),
        "offsets": _pairs([field.offset for field in fields]),
        "bare_sizes": _pairs([field.bare.size if field.bare else None for field in fields]),
        "centres": np.asarray(
            [field.centre if field.boxes is not None else (-1,) * 4 for field in fields], dtype=np.int64
        ).reshape(-1, 4),
        "drawn": np.asarray(drawn, dtype=np.int64),
        "strengths": np.asarray([found.strength for found in effective], np.float16).reshape(-1, *size),
        "shares": np.asarray([found.share for found in effective], np.float64),
        "averaged": np.asarray(min(len(pixels), averaged)),
    }


def drawn_layers(fields: Sequence[Fields]) -> list[int]:
    """Return a few layers whose fields grow: the last one of each size, evenly from the first to the last."""
    last: dict[object, int] = {}
    for number, field in enumerate(fields):
        if field.sight in ("part", "whole") and field.maps > (1, 1):
            last[field.size or (field.bare.size if field.bare else None) or field.sight] = number
    numbers = sorted(last.values())
    if len(numbers) <= DRAWN_FIELDS:
        return numbers
    return [numbers[i] for i in np.linspace(0, len(numbers) - 1, DRAWN_FIELDS).round().astype(int)]


def _pairs(values: Sequence[tuple[float, float] | None]) -> np.ndarray:
    nothing = (float("nan"), float("nan"))
    return np.asarray([value or nothing for value in values], np.float64).reshape(-1, 2)
