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
    """

    layer_decay: float | None = None
    freeze: tuple[str, ...] = ()
    keep_statistics: bool = False

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
        if self.layer_decay is None:
            return {}
        levels = depths(module)
        last = max(levels.values())
        return {name: self.layer_decay ** (last - level) for name, level in levels.items()}


def has_statistics(part: nn.Module) -> bool:
    return isinstance(part, _BatchNorm) and part.track_running_stats
