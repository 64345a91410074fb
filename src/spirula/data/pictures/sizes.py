"""Which size and how many channels the images of a set are brought to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from ...errors import DataError
from ..samples import Request
from .fitting import fit
from .opening import Header

LARGEST_OWN = 256  # sides up to this are kept when all images share one size
LARGEST_DERIVED = 128  # shorter side when it is up to us: trains on a CPU, and most classes can be told at it


@dataclass(frozen=True)
class Plan:
    """height, width, channels: what every image is brought to. resize: the mode, ``None`` when no image needs it.

    derived: option → reason, for what was not asked. interpolation, crop_share: with the mode, ``None`` where they were
    not asked for or do not apply.
    """

    height: int
    width: int
    channels: int
    resize: str | None
    derived: dict[str, str] = field(default_factory=dict)
    interpolation: str | None = None
    crop_share: float | None = None

    def target(self) -> dict[str, Any]:
        """Return what a picture is brought to: ``channels``, and the arguments of :func:`.fitting.fit`."""
        return {
            "height": self.height,
            "width": self.width,
            "channels": self.channels,
            "resize": self.resize or "squash",
            "interpolation": self.interpolation,
            "crop_share": self.crop_share,
        }

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Plan:
        return cls(**document)


def plan(headers: Sequence[Header | str], request: Request) -> Plan:
    """Choose size and channels from what the images say of themselves.

    headers: per image its header, or the reason why it has none.

    What is not asked is derived. image_size: the images' own when all share one of at most 256 a side; otherwise the
    median shorter side, rounded down to a multiple of 8, at most 128 (in the images' shape when they share one, else
    square). channels: 1 when every image is grey, else 3. resize: ``"squash"`` when any image needs it.

    Raises :class:`DataError` when ``resize`` would have no effect.
    """
    image_size, channels = request.image_size, request.channels
    good = [header for header in headers if not isinstance(header, str)]
    if not good:
        # There is nothing to bring to a size. Whoever counts the losses refuses such a set, with every file's reason.
        return Plan(*(image_size or (1, 1)), channels or 1, None)
    sizes = np.array([(header.height, header.width) for header in good], dtype=np.int64)
    derived: dict[str, str] = {}
    if image_size is None:
        image_size, derived["image_size"] = derive_size(sizes)
    if channels is None:
        channels = max(header.channels for header in good)
        derived["channels"] = "every image is grey" if channels == 1 else "there are colour images"
    mode = _resize_mode(bool((sizes != np.array(image_size)).any()), image_size, request, derived)
    return Plan(image_size[0], image_size[1], channels, mode, derived, *_finer(mode, request))


def plan_ahead(headers: Sequence[Header | str], request: Request) -> Plan | None:
    """Return the plan as far as decoding needs it, when no header beside these can change it; else ``None``."""
    colour = any(header.channels == 3 for header in headers if isinstance(header, Header))
    channels = request.channels or (3 if colour else None)
    if request.image_size is None or channels is None:
        return None
    mode = request.resize or "squash"
    return Plan(*request.image_size, channels, mode, {}, *_finer(mode, request))


def derive_size(sizes: np.ndarray) -> tuple[tuple[int, int], str]:
    """Return (height, width) for images of ``sizes`` (N, 2), and the reason in words."""
    height, width = (int(side) for side in sizes[0])
    uniform = bool((sizes == sizes[0]).all())
    if uniform and max(height, width) <= LARGEST_OWN:
        return (height, width), f"all images are {height}×{width}"
    median = float(np.median(sizes.min(axis=1)))
    side = min(LARGEST_DERIVED, max(8, int(median) // 8 * 8) if median >= 8 else max(1, int(median)))
    if not uniform:
        return (side, side), f"the images differ in size (median shorter side {median:.0f}); at most {LARGEST_DERIVED}"
    scale = side / min(height, width)
    whole = (max(8, round(height * scale / 8) * 8), max(8, round(width * scale / 8) * 8))
    return whole, f"all images are {height}×{width}; the shorter side is brought to at most {LARGEST_DERIVED}"


def fit_array(pixels: np.ndarray, request: Request) -> tuple[np.ndarray, Plan | None]:
    """Bring images that are an array to what was asked; vectors and float images are taken as they are.

    pixels: uint8 or float32 (N, H, W, C), or float32 (N, F). Raises :class:`DataError` when something was asked that
    cannot be done with them.
    """
    own = Header(pixels.shape[1], pixels.shape[2], pixels.shape[3]) if pixels.ndim == 4 else None
    fixed = pixels.dtype != np.uint8  # vectors and floats are taken as they are: what was offered cannot apply
    if fixed:
        request = request.without_offer()
    asked = {name: getattr(request, name) for name in ("image_size", "channels", "resize", "interpolation")}
    if own is None:
        given = [name for name, value in asked.items() if value is not None]
        if given and not request.whole:
            raise DataError(f"{', '.join(given)} would have no effect: the data are vectors", "Leave it out.")
        return pixels, None
    height, width = request.image_size or (own.height, own.width)
    channels = request.channels or own.channels
    derived = {} if request.image_size else {"image_size": f"all images are {own.height}×{own.width}"}
    if request.channels is None:
        known = {1: "the images are grey", 3: "the images are in colour"}
        derived["channels"] = known.get(channels, f"the images have {channels} channels")
    mode = _resize_mode((height, width) != (own.height, own.width), (height, width), request, derived)
    chosen = Plan(height, width, channels, mode, derived, *_finer(mode, request))
    if mode is None and channels == own.channels:
        return pixels, chosen
    if channels != own.channels and not {channels, own.channels} <= {1, 3}:
        raise DataError(
            f"The images have {own.channels} channels, and {channels} were asked for", "Leave channels out."
        )
    if fixed:
        raise DataError(
            f"The data are float images of {own.height}×{own.width}×{own.channels}; only bytes can be brought to "
            f"{height}×{width}×{channels}",
            "Resize them before, or give bytes 0…255.",
        )
    result = np.empty((len(pixels), height, width, channels), dtype=np.uint8)
    for row, image in enumerate(pixels):
        result[row] = fit_pixels(image, chosen.target())
    return result, chosen


def fit_pixels(image: np.ndarray, target: Mapping[str, Any]) -> np.ndarray:
    """Bring one picture of bytes, (H, W, C), to a :meth:`Plan.target`; returns uint8 (height, width, channels).

    Other numbers of channels than 1 and 3 stay: each is resized on its own.
    """
    how = {name: value for name, value in target.items() if name != "channels"}
    if image.shape[2] not in (1, 3):
        layers = [fit(Image.fromarray(image[:, :, layer]), **how) for layer in range(image.shape[2])]
        return np.concatenate(layers, axis=2)
    mode = "L" if target["channels"] == 1 else "RGB"
    return fit(Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).convert(mode), **how)


def _resize_mode(needed: bool, size: tuple[int, int], request: Request, derived: dict[str, str]) -> str | None:
    """Return the resizing mode, or ``None`` when nothing is resized.

    Raises when an asked one would have no effect; not for a run's evaluation, where it is the run's and not the user's.
    """
    if not needed and (request.crop_share or 1.0) == 1.0:
        for name in ("resize", "interpolation"):
            value = getattr(request, name)
            if value is not None and name not in request.offered and not request.whole:
                raise DataError(
                    f'{name} = "{value}" would have no effect: every image is {size[0]}×{size[1]} already',
                    f"Leave {name} out, or choose another image size.",
                )
        return None
    if request.resize is None:
        derived["resize"] = "keeps the whole image and fills the whole input"
        return "squash"
    return request.resize


def _finer(mode: str | None, request: Request) -> tuple[str | None, float | None]:
    """Return interpolation and crop share as they apply to a mode."""
    return (request.interpolation if mode else None), (request.crop_share if mode == "crop" else None)
