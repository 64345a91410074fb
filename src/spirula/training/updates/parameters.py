"""Which tensors of a network are what: kernels, and everything that a checkpoint must hold."""

from __future__ import annotations

from torch import Tensor, nn


def kernels(module: nn.Module) -> dict[str, nn.Parameter]:
    """Return the trainable kernels by name: parameters with two or more axes outside normalisation layers.

    Biases and the scales and offsets of normalisation layers are left out: shrinking them towards
    zero does not make a network simpler. A layer is a normalisation layer when its class says so
    (``BatchNorm2d``, ``GroupNorm``, timm's ``LayerNorm2d``, …).
    """
    found: dict[str, nn.Parameter] = {}
    for path, layer in module.named_modules():
        if "norm" in type(layer).__name__.lower():
            continue
        for name, parameter in layer.named_parameters(recurse=False):
            if parameter.requires_grad and parameter.ndim >= 2:
                found[f"{path}.{name}" if path else name] = parameter
    # A parameter that two layers share has two paths; it is one kernel, under its first name.
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    return {name: parameter for name, parameter in found.items() if names[id(parameter)] == name}


def hidden_kernels(module: nn.Module) -> dict[str, nn.Parameter]:
    """Return the kernels that are matrices from many values to many: not the output layer's, nor of one input channel.

    The output layer is the last kernel in the order in which the network is written.
    """
    found = kernels(module)
    return {name: kernel for name, kernel in list(found.items())[:-1] if kernel.shape[1] > 1}


def tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return every parameter and buffer once, by name, buffers outside the ``state_dict`` included."""
    return {
        **{name: parameter.detach() for name, parameter in module.named_parameters()},
        **{name: buffer.detach() for name, buffer in module.named_buffers()},
    }
