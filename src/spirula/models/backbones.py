"""``timm/NAME``: any of timm's architectures, with an output layer for the data; random weights, or pretrained ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor, nn

from ..errors import ModelError, did_you_mean
from .catalogue import BACKBONES
from .foreign import checked_module
from .pretrained import Weights
from .shapes import Shape, shape_text

DEFAULT: Final = "efficientnet-lite0"


@dataclass(frozen=True)
class Seen:
    """How the pictures looked that a backbone was pretrained on: timm's own settings for its evaluation.

    image_size: (height, width) in pixels. mean, std: per channel (RGB), in 0…1. interpolation: "bilinear" or "bicubic".
    crop_share: share of the shorter side that a centre crop keeps, 0…1.
    """

    image_size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str
    crop_share: float

    def statistics(self, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return mean and standard deviation for images of so many channels; their average where it is not three."""
        if channels == len(self.mean):
            return self.mean, self.std
        mean, std = (sum(values) / len(values) for values in (self.mean, self.std))
        return (mean,) * channels, (std,) * channels


def backbone_name(model: object) -> str | None:
    """Return timm's name of the network that a recipe's word stands for; None for every other network."""
    if not isinstance(model, str):
        return None
    return model.removeprefix("timm/") if model.startswith("timm/") else BACKBONES.get(model)


def seen_by(name: str) -> Seen:
    """Return what timm says of the pictures that its network ``name`` was pretrained on."""
    config = _config(name)
    _, height, width = config.input_size
    interpolation = config.interpolation if config.interpolation in ("bilinear", "bicubic") else "bicubic"
    return Seen((height, width), tuple(config.mean), tuple(config.std), interpolation, float(config.crop_pct))


def build_backbone(name: str, shape: Shape, outputs: int, weights: Weights | None = None) -> nn.Module:
    """Create a timm architecture for images of (H, W, C), with random weights or the pretrained ones given.

    Pretrained kernels of the first convolution are summed for one channel, repeated and scaled for other numbers, as
    timm does. The classifier stays random unless its size is that of the file.

    Raises :class:`ModelError` for unknown names, for image sizes that the architecture cannot take, and for weights of
    another architecture.
    """
    if len(shape) != 3:
        raise ModelError(
            f"timm/{name} needs images; the data is {shape_text(shape)}.",
            "Use --model linear or dense, without pretrained weights (--strategy scratch).",
        )
    config = _config(name)
    options: dict[str, Any] = {"in_chans": shape[2], "num_classes": outputs}
    if config.fixed_input_size:
        options["img_size"] = shape[:2]  # transformers are made for one size
    try:
        module = _created(name, **options)
        if weights is not None:
            _fill(module, name, weights, options)
    except (RuntimeError, AssertionError, ValueError, TypeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(
            f"timm/{name} cannot be made for images of {shape_text(shape)}: {error}", "Try another image size."
        ) from error
    checked_module(module, shape, outputs)
    return module


def check_weights(name: str, weights: Weights) -> None:
    """Raise :class:`ModelError` when the weights are not those of timm's network ``name``, saying what does not fit."""
    _native_state(name, weights, {})


def inner_backbone(module: nn.Module) -> nn.Module:
    """Return timm's own network inside a module of ours: a regression's is wrapped together with its rescaling."""
    inner = getattr(module, "backbone", module)
    assert isinstance(inner, nn.Module)
    return inner


def classifier(module: nn.Module) -> nn.Linear:
    """Return the output layer of a backbone; raises :class:`ModelError` where it is not one Dense layer."""
    inner = inner_backbone(module)
    find: Any = getattr(inner, "get_classifier", None)
    found = find() if find is not None and hasattr(inner, "forward_head") else None
    if not isinstance(found, nn.Linear) or found.bias is None:
        raise ModelError(
            f"{type(inner).__name__} does not end in one Dense layer, so it cannot be fitted on features.",
            "Use another backbone, such as efficientnet-lite0 or timm/resnet18.",
        )
    return found


def pooled(module: nn.Module, images: Tensor) -> Tensor:
    """Return (N, F): what the output layer of a backbone gets for images (N, C, H, W), in evaluation mode."""
    inner: Any = inner_backbone(module)
    features: Tensor = inner.forward_head(inner.forward_features(images), pre_logits=True)
    return features


def _config(name: str) -> Any:
    import timm  # 3 seconds; only who asks for timm pays them

    known = timm.list_models()
    if name.split(".")[0] not in known:
        raise ModelError(
            f'timm has no network "{name}".{did_you_mean(name, known)}', "timm.list_models() lists the names."
        )
    try:
        return timm.get_pretrained_cfg(name) or timm.models.PretrainedCfg()
    except RuntimeError as error:
        tags = timm.list_pretrained(f"{name.split('.')[0]}.*")
        raise ModelError(
            f'timm has no variant "{name}".{did_you_mean(name, tags)}', "Leave out what stands behind the point."
        ) from error


def _created(name: str, **options: Any) -> nn.Module:
    import timm

    logging.getLogger("timm").addHandler(logging.NullHandler())
    module: nn.Module = timm.create_model(name.split(".")[0], **options)
    return module


def _fill(module: nn.Module, name: str, weights: Weights, options: Mapping[str, Any]) -> None:
    """Load pretrained weights into a network that may have other channels and another output layer."""
    from timm.models import adapt_input_conv

    config = _config(name)
    given = _native_state(name, weights, {key: options[key] for key in options if key == "img_size"})
    own = module.state_dict()
    first, last = _names(config.first_conv), _names(config.classifier)
    channels = options["in_chans"]
    for key in (f"{part}.weight" for part in first):
        if key in given and given[key].shape != own[key].shape:
            try:
                given[key] = adapt_input_conv(channels, given[key])
            except NotImplementedError as error:
                raise ModelError(f"{name} cannot be brought to {channels} channels.", "Use --channels 3.") from error
    kept = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
    left = [key for key in own if key not in kept and not key.startswith(tuple(f"{part}." for part in last))]
    if left:
        raise ModelError(
            f"The weights ({weights.source}) lack what {name} needs at this size: {_some(left)}.",
            "Use the backbone's own image size.",
        )
    module.load_state_dict(kept, strict=False)


def _native_state(name: str, weights: Weights, options: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights under timm's names, checked by loading them into the network as it was pretrained."""
    config = _config(name)
    classifiers = _names(config.classifier)
    state = dict(weights.state)
    native = _created(name, **options).state_dict()
    needed = [key for key in native if not key.startswith(tuple(f"{part}." for part in classifiers))]
    if not set(needed) <= state.keys():
        state = _by_order(state, native, set(native) - set(needed)) or state
    for key in native.keys() - set(needed):
        state.setdefault(key, native[key])  # a file without a classifier
    sizes = {len(state[f"{part}.weight"]) for part in classifiers if f"{part}.weight" in state}
    outputs = sizes.pop() if len(sizes) == 1 else config.num_classes
    # timm renames what older files call otherwise; then every name and shape must agree.
    overlay = {"state_dict": state, "num_classes": outputs, "label_offset": 0, "custom_load": False}
    try:
        full = _created(name, pretrained=True, num_classes=outputs, pretrained_cfg_overlay=overlay, **options)
    except (RuntimeError, KeyError, AttributeError, ValueError) as error:
        missing = [key for key in needed if key not in state]
        strange = [key for key in state if key not in native]
        differing = [key for key in needed if key in state and state[key].shape != native[key].shape]
        found = (("missing", missing), ("not part of it", strange), ("of another shape", differing))
        told = "; ".join(f"{what}: {_some(keys)}" for what, keys in found if keys) or str(error)[:200]
        raise ModelError(
            f"The weights ({weights.source}) are not those of {name}: {told}.",
            "Name the backbone that the file was saved from with --model timm/NAME.",
        ) from error
    return dict(full.state_dict())


def _by_order(state: Mapping[str, Tensor], native: Mapping[str, Tensor], outputs: set[str]) -> dict[str, Tensor] | None:
    """Return another library's tensors under timm's names, where both list the same parts in the same order.

    Every shape and every last word (weight, bias, running_mean, …) must agree, and only the ``outputs`` of the
    classifier may be of another number; None where they do not. This is how the package's EfficientNet-Lite0 and some
    of torchvision's networks are read. A checkpoint keeps that order, safetensors do not.
    """
    pairs = list(zip(state.items(), native.items(), strict=False))
    agree = len(state) == len(native) and all(
        value.shape[name in outputs :] == wanted.shape[name in outputs :]
        and key.rpartition(".")[2] == name.rpartition(".")[2]
        for (key, value), (name, wanted) in pairs
    )
    return {name: value for (_, value), (name, _) in pairs} if agree else None


def _names(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
