"""Training on from weights that were learned before: which parts may move, and how far."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...errors import ConfigError
from ...models.depth import depths, named_modules, named_parameters


@dataclass(frozen=True)
class Tuning:
    """How the parts of a network differ in what a step does to them. The default: not at all.

    Attributes
    ----------
    layer_decay: the learning rate of a level is that of the level behind it times this (Clark et al. 2020, ELECTRA);
        the output layer has the schedule's.
    freeze: names of the layers that stay as they are, weights and statistics; "backbone" is all but the output layer.
        They work in evaluation mode: nothing in them is random.
    keep_statistics: BatchNorm layers normalise with the running mean and variance that they came with. Small batches
        of a small set would replace them by worse ones.
    norm_bias_rate: the learning rate of the offsets of BatchNorm layers is the others' times this (Jordan 2024,
        arXiv:2404.00498, section 3.4).
    """

    layer_decay: float | None = None
    freeze: tuple[str, ...] = ()
    keep_statistics: bool = False
    norm_bias_rate: float = 1.0

    def check(self, module: nn.Module) -> None:
        """Raise :class:`ConfigError` for a name that does not exist and for what would have no effect on ``module``."""
        frozen = {id(parameter) for parameter in named_parameters(module, self.freeze).values()}
        trained = {level for name, level in depths(module).items() if id(module.get_parameter(name)) not in frozen}
        mistakes: list[str] = []
        if not trained:
            mistakes.append(f"freeze = {', '.join(self.freeze)} leaves nothing to train.")
        elif self.layer_decay is not None and len(trained) == 1:
            mistakes.append(f"layer_decay = {self.layer_decay} would have no effect: one level of layers is trained.")
        if self.keep_statistics and not any(has_statistics(part) for part in module.modules()):
            mistakes.append("keep_statistics would have no effect: the network has no BatchNormalization.")
        learned = [name for name in _offsets(module) if id(module.get_parameter(name)) not in frozen]
        if self.norm_bias_rate != 1.0 and not learned:
            mistakes.append("norm_bias_rate would have no effect: no BatchNormalization with an offset is trained.")
        if mistakes:
            raise ConfigError(mistakes, "Leave it out.")

    def hold(self, module: nn.Module) -> None:
        """Take the frozen parameters of ``module`` out of the training."""
        for parameter in named_parameters(module, self.freeze).values():
            parameter.requires_grad_(False)

    def into_training(self, module: nn.Module) -> None:
        """Put ``module`` into training mode, all but what stays as it is."""
        module.train()
        for part in named_modules(module, self.freeze) if self.freeze else ():
            part.eval()
        if self.keep_statistics:
            for part in module.modules():
                if has_statistics(part):
                    part.eval()

    def rate_factors(self, module: nn.Module) -> dict[str, float]:
        """Return by which factor of the schedule's rate each parameter learns; nothing when all learn alike."""
        if self.layer_decay is None and self.norm_bias_rate == 1.0:
            return {}
        factors = {name: 1.0 for name, _ in module.named_parameters()}
        if self.layer_decay is not None:
            levels = depths(module)
            last = max(levels.values())
            factors = {name: self.layer_decay ** (last - level) for name, level in levels.items()}
        for name in _offsets(module) if self.norm_bias_rate != 1.0 else ():
            factors[name] *= self.norm_bias_rate
        return factors


def _offsets(module: nn.Module) -> list[str]:
    """Return the names of the offsets of the BatchNorm layers."""
    layers = {id(part.bias) for part in module.modules() if isinstance(part, _BatchNorm) and part.bias is not None}
    return [name for name, parameter in module.named_parameters() if id(parameter) in layers]


def has_statistics(part: nn.Module) -> bool:
    return isinstance(part, _BatchNorm) and part.track_running_stats
