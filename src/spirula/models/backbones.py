"""``timm/NAME``: any of timm's architectures, with random weights and an output layer for the data."""

from __future__ import annotations

import logging
from typing import Any

from torch import nn

from ..errors import ModelError, did_you_mean
from .foreign import checked_module
from .shapes import Shape, shape_text


def build_backbone(name: str, shape: Shape, outputs: int) -> nn.Module:
    """Create a timm architecture for images of (H, W, C), without pretrained weights.

    Raises :class:`ModelError` for unknown names and for image sizes that the architecture cannot take.
    """
    import timm  # 3 seconds; only who asks for timm pays them

    if len(shape) != 3:
        raise ModelError(f"timm/{name} needs images; the data is {shape_text(shape)}.", "Use --model linear or dense.")
    known = timm.list_models()
    if name.split(".")[0] not in known:
        raise ModelError(
            f'timm has no network "{name}".{did_you_mean(name, known)}', "timm.list_models() lists the names."
        )
    options: dict[str, Any] = {"in_chans": shape[2], "num_classes": outputs}
    config = timm.get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size:
        options["img_size"] = shape[:2]  # transformers are made for one size
    logger = logging.getLogger("timm")
    logger.addHandler(logging.NullHandler())
    try:
        module: nn.Module = timm.create_model(name.split(".")[0], pretrained=False, **options)
    except (RuntimeError, AssertionError, ValueError, TypeError) as error:
        raise ModelError(
            f"timm/{name} cannot be made for images of {shape_text(shape)}: {error}", "Try another image size."
        ) from error
    checked_module(module, shape, outputs)
    return module
