"""An augmentation of the user's own: a whole batch at a time, with randomness that resuming need not replay."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...custom.blame import call, function_of, kind, wrong
from ...custom.piece import Piece

AUGMENT = "augment(images, generator) -> images of the same shape, float or uint8"


class OwnAugmentation:
    """Calls the user's function with float32 (B, C, H, W) in the data's own range (pixels: 0…255), or (B, F).

    The generator is a new one for every batch, a function of (seed, epoch, step).
    """

    def __init__(self, piece: Piece, seed: int) -> None:
        self.piece = piece
        self.seed = seed
        self.function = function_of(piece, AUGMENT)
        self.tried = False

    def __call__(self, pixels: Tensor, epoch: int, step: int) -> Tensor:
        """Change (B, H, W, C) or (B, F); raises :class:`~spirula.errors.CustomError` for anything else that comes back.

        Only the first batch is looked at for values that are not finite: that waits for the device.
        """
        images = pixels.permute(0, 3, 1, 2) if pixels.ndim == 4 else pixels
        images = images.float().contiguous()
        shape = images.shape
        state = np.random.SeedSequence([self.seed, epoch, step]).generate_state(1, np.uint64)[0]
        generator = torch.Generator(pixels.device).manual_seed(int(state) >> 1)
        changed = call(self.piece, self.function, images, generator)
        if not isinstance(changed, Tensor):
            raise wrong(self.piece, f"returns {kind(changed)}, no tensor", AUGMENT)
        if changed.shape != shape or not (changed.is_floating_point() or changed.dtype == torch.uint8):
            dtype = str(changed.dtype).removeprefix("torch.")
            raise wrong(self.piece, f"turns {tuple(shape)} into {tuple(changed.shape)}, {dtype}", AUGMENT)
        if not self.tried and not torch.isfinite(changed).all():
            raise wrong(self.piece, "returns values that are not finite", AUGMENT)
        self.tried = True
        changed = changed.detach().float()
        return changed.permute(0, 2, 3, 1).contiguous() if pixels.ndim == 4 else changed
