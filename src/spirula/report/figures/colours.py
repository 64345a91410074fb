"""Colour scales for arrays: from numbers to pixels. Lightness alone tells the order, for readers who see no hue."""

from __future__ import annotations

import numpy as np

# Below zero blue, above zero orange, zero nearly white: the report's two accents.
_BELOW = ("#08304f", "#0067a3", "#8cc0e0", "#f6f5f2")
_ABOVE = ("#f6f5f2", "#f0b27a", "#b64e00", "#5a2500")
# Nothing is dark, much is light.
_RISING = ("#14253c", "#184a70", "#1f7889", "#4fa886", "#b7d884", "#fff8cf")


def signed(values: np.ndarray, limit: float) -> np.ndarray:
    """Return uint8 (…, 3) for values from ``-limit`` (dark blue) over 0 (white) to ``limit`` (dark brown)."""
    share = np.clip(np.nan_to_num(values) / (limit or 1.0), -1, 1)
    return np.where(share[..., None] < 0, _between(_BELOW, share + 1), _between(_ABOVE, share))


def rising(values: np.ndarray, high: float) -> np.ndarray:
    """Return uint8 (…, 3) for values from 0 (dark blue) to ``high`` (light yellow)."""
    return _between(_RISING, np.nan_to_num(values) / (high or 1.0))


def coloured(values: np.ndarray, limit: float) -> np.ndarray:
    """Return uint8 (…, 3) for weights of red, green and blue (…, 3): ``-limit`` is 0, zero is mid-grey."""
    return np.asarray(np.clip(127.5 + 127.5 * np.nan_to_num(values) / (limit or 1.0), 0, 255).round(), dtype=np.uint8)


def limit_of(*arrays: np.ndarray) -> float:
    """Return the largest absolute value of all arrays, NaN and infinity aside; 1 when all are zero."""
    ends = [float(np.abs(array[np.isfinite(array)]).max(initial=0.0)) for array in arrays]
    return max([*ends, 0.0]) or 1.0


def strong_of(values: np.ndarray) -> float:
    """Return the absolute value that only one in a hundred values other than zero exceeds; 1 when all are zero.

    A few strong values would otherwise leave all the others dark.
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return float(np.percentile(sizes, 99)) if sizes.size else 1.0


def _between(colours: tuple[str, ...], share: np.ndarray) -> np.ndarray:
    """Interpolate between evenly spaced colours; ``share`` runs from 0 to 1."""
    stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours], dtype=np.float64)
    place = np.clip(share, 0, 1) * (len(stops) - 1)
    channels = [np.interp(place, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.asarray(np.stack(channels, axis=-1).round(), dtype=np.uint8)
