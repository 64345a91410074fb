"""Is everything still finite? If not: go back, find the step that broke it, and stop before its update.

Looking at every gradient in every step would cost some networks several percent (3 million weights, batches of 32), and
a GPU would have to be waited for. So the training itself looks only at what is there anyway. When something is no
longer finite, it goes back to the last checkpoint and takes the same steps again, now looking at everything before
each update. Resuming is exact, so the same happens again; where it does, the weights are those before the bad step.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from .checkpoints import Content, load_checkpoint
from .compiling.forward import CompiledForward
from .diagnosis.culprit import Culprit, Moment, NotFiniteError, TakenStep, Where
from .diagnosis.faults import measured
from .diagnosis.nonfinite import diagnose, module_title
from .feed import Batch, Feed
from .parts import Parts
from .settings import Settings
from .state import State, capture, random_states, restore, restore_random
from .step import capped, training_step

NOT_AGAIN = "it did not happen again when the steps since the last checkpoint were repeated"
UNSEEN = "it happened again, but not when its operations were watched one by one"
METRIC = "the network and its loss are finite on every sample, so the metric itself gave it"
STOPPED = "looking for the cause was interrupted"
REMEMBERED = 5  # steps before the bad one whose gradient norms are told


class _UnusableError(Exception):
    """Ends a repeated step before its update."""


@dataclass
class _Found:
    """What repeating the steps brought to light. ``broken``: the weight that the update itself broke."""

    batch: Batch
    rate: float
    norm: float | None
    buffers: dict[str, Tensor]
    random: dict[str, Tensor]
    broken: str | None = None


@dataclass
class Watch:
    """Raises :class:`NotFiniteError`, with the reason, when something is no longer finite.

    ``folder`` holds the checkpoints; without one, the watch itself keeps the last. ``begun``: there is one already.
    ``compiled``: what the training's steps run through; it is looked into without it.
    """

    state: State
    settings: Settings
    train: Feed
    validation: Feed | None
    identity: Mapping[str, str]
    folder: Path | None
    interrupted: Callable[[], bool]
    begun: bool = False
    compiled: CompiledForward | None = None
    _kept: Content | None = field(default=None, init=False)
    _before: deque[TakenStep] = field(default_factory=lambda: deque(maxlen=REMEMBERED), init=False)

    def keep(self) -> None:
        """Take the state, which has just been saved, as the one to go back to."""
        self.begun = True
        if self.folder is not None:
            return
        content = capture(self.state, self.identity)
        copies = {name: tensor.clone() for name, tensor in content.tensors.items()}
        self._kept = Content(copies, copy.deepcopy(content.document))

    def look(self, total: Tensor) -> None:
        """Look at a step's loss with its penalty, before its update. Only where that waits for nothing: on a CPU."""
        value = total.item()
        if not math.isfinite(value):
            raise self._explained(f"The loss became {value}", self.state.position.step + 1)

    def loss(self, value: float) -> None:
        """Look at the mean loss of the epoch so far."""
        if not math.isfinite(value):
            raise self._explained(f"The loss became {value}", self.state.position.step)

    def weights(self) -> None:
        """A gradient can overflow while the loss before it is still a number. Waits for the device."""
        broken = self.state.not_finite()
        if broken is not None:
            raise self._explained(f'The weights "{broken}" are no longer finite', self.state.position.step)

    def results(self, results: Mapping[str, float]) -> None:
        """Look at the metrics of an epoch, after its validation."""
        for name, value in results.items():
            if math.isfinite(value):
                continue
            if name.startswith("val_"):
                raise self._invalid(f"{name} is {value}")
            raise self._explained(f"{name} is {value}", self.state.position.step)

    def _explained(self, what: str, last: int) -> NotFiniteError:
        at, settings = self.state.position, self.settings
        rate = settings.schedule.at(max(last - 1, 0), at.steps)
        seen = f"{what} in epoch {at.epoch + 1} by step {last} (learning rate {rate:.3g})"
        if not self.begun:  # the network came like that
            return NotFiniteError(seen, self._of_weights("weights", self.state.not_finite() or ""), self._moment(rate))
        content = self._kept if self.folder is None else load_checkpoint(self.folder).content
        assert content is not None
        restore(self.state, content, self.identity)
        found = self._repeat(last)
        if found is None:
            restore(self.state, content, self.identity)
            reason = STOPPED if self.interrupted() else NOT_AGAIN
            return NotFiniteError(seen, Culprit("unknown", title=reason), self._moment(rate))
        culprit = self._diagnosed(found) if found.broken is None else self._of_weights("update", found.broken)
        if self.state.not_finite() is not None:
            # Broken by the update, or by code that writes into weights: take the steps before it once more.
            taken = self.state.position.step
            restore(self.state, content, self.identity)
            self._repeat(taken)
        return NotFiniteError(seen, culprit, self._moment(found.rate, found))

    def _of_weights(self, where: Where, name: str) -> Culprit:
        """Return a culprit that is a parameter, with its gradient if it has one."""
        parameter = dict(self.state.module.named_parameters())[name]
        layer = name.rpartition(".")[0]
        given = () if parameter.grad is None else (measured(parameter.grad),)
        return Culprit(where, layer, module_title(self.state.module, layer), name, given, measured(parameter))

    def _repeat(self, last: int) -> _Found | None:
        """Take steps from the checkpoint's place up to number ``last``; stop before the first bad update."""
        state, settings = self.state, self.settings
        at = state.position
        self._before.clear()
        norm: list[float] = []
        total: list[float] = []

        def look(sum_: Tensor) -> None:
            gradients = [p.grad for p in state.module.parameters() if p.grad is not None]
            norm[:] = [torch.stack(torch._foreach_norm(gradients)).norm().item()]
            total[:] = [sum_.item()]
            # A norm may overflow where no entry does; and of float16 steps, what is infinite is left out.
            fine = math.isfinite(norm[0]) or all(bool(gradient.isfinite().all()) for gradient in gradients)
            fine = fine or (state.scaler is not None and capped(state.scaler))
            if not math.isfinite(total[0]) or not fine:
                raise _UnusableError

        step = training_step(
            state.module, state.optimizer, settings.objective, settings.machine,
            clip_norm=settings.clip_norm, average=state.average, look=look, parts=Parts(at, settings.halves),
            compiled=self.compiled, scaler=state.scaler,
        )  # fmt: skip
        settings.tuning.into_training(state.module)
        count = min(at.epoch_steps(len(self.train)) - at.epoch_step, last - at.step)
        for batch in islice(self.train.epoch(at.epoch + 1, at.epoch_step), count):
            if self.interrupted():
                return None
            rate = settings.schedule.at(at.step, at.steps)
            buffers = {name: buffer.clone() for name, buffer in state.module.named_buffers()}
            found = _Found(batch, rate, None, buffers, random_states(state.device))
            try:
                step(batch, rate)
            except _UnusableError:
                found.norm = norm[0] if math.isfinite(total[0]) else None
                return found
            found.norm = norm[0]
            found.broken = state.not_finite()
            if found.broken is not None:
                return found
            at.step += 1
            at.epoch_step += 1
            self._before.append(TakenStep(at.step, total[0], norm[0]))
        return None

    def _diagnosed(self, found: _Found) -> Culprit:
        """Take the bad step apart and leave the state as it was before it."""
        state, objective, machine = self.state, self.settings.objective, self.settings.machine
        self._put_back(found)
        try:
            culprit = diagnose(
                state.module,
                found.batch,
                objective.loss.on(machine.device),
                machine.arithmetic(),
                penalty=objective.penalty(state.module),
                scale=objective.scale,
            )
        except (RuntimeError, TypeError) as error:  # compiled code, say: the failure itself is still to be told
            culprit = Culprit("unknown", title=f"its operations cannot be watched one by one ({error!r})")
        self._put_back(found)
        return culprit or Culprit("unknown", title=UNSEEN)

    @torch.no_grad()
    def _put_back(self, found: _Found) -> None:
        """A forward pass moves running statistics and random generators."""
        for name, buffer in self.state.module.named_buffers():
            buffer.copy_(found.buffers[name])
        restore_random(found.random, self.state.device)
        self.state.module.zero_grad(set_to_none=True)

    def _moment(self, rate: float, found: _Found | None = None) -> Moment:
        at, batch = self.state.position, None if found is None else found.batch
        weights = {name: measured(weight).largest for name, weight in self.state.module.named_parameters()}
        largest = max(weights, key=lambda name: weights[name])
        return Moment(
            epoch=at.epoch + 1,
            step=at.step + 1,
            learning_rate=rate,
            precision=self.settings.machine.precision,
            images=None if batch is None else measured(batch.images),
            targets=None if batch is None or not batch.targets.is_floating_point() else measured(batch.targets),
            largest_weight=(largest, weights[largest]),
            gradient_norm=None if found is None else found.norm,
            before=tuple(self._before),
        )

    def _invalid(self, what: str) -> NotFiniteError:
        """Find out which validation samples the finite weights cannot judge. They stay as they are."""
        at, settings, module = self.state.position, self.settings, self.state.evaluated()
        seen = f"{what} in epoch {at.epoch + 1}"
        rate = settings.schedule.at(max(at.step - 1, 0), at.steps)
        criterion = settings.objective.loss.plain().on(settings.machine.device)
        module.eval()
        for batch in self.validation.epoch(0) if self.validation is not None else ():
            culprit = diagnose(module, batch, criterion, settings.machine.arithmetic(), backward=False)
            if culprit is not None:
                return NotFiniteError(seen, culprit, self._moment(rate, _Found(batch, rate, None, {}, {})))
        return NotFiniteError(seen, Culprit("unknown", title=METRIC), self._moment(rate))
