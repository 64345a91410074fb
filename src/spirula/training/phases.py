"""How long a step waits for its batch, and takes forward, backward and to update: measured on a few steps only.

On a CPU two looks at the clock end a phase. A GPU is given work that it does later, so there each phase ends with an
event in its queue, which is read when the epoch has been waited for anyway: the loop is never held up.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Literal

import torch

Phase = Literal["data", "forward", "backward", "update"]

PHASES: tuple[Phase, ...] = ("data", "forward", "backward", "update")

# One step in eight, and no more than about sixty of an epoch; the first ones choose kernels and take memory.
STRIDE, MOST = 8, 64
FIRST = 3


class Phases:
    """Sums over the steps that were looked at.

    Attributes
    ----------
    steps: how many were, since :meth:`taken` was last called.
    seconds: by phase, over those steps. ``data`` on a CPU is the wait for the batch; on a GPU, the time on the device
        from the end of one update to the beginning of the next forward pass: making the batch, and idling.
    """

    def __init__(
        self, device: torch.device, steps_per_epoch: int, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.steps = 0
        self.seconds: dict[Phase, float] = dict.fromkeys(PHASES, 0.0)
        self._stride = max(STRIDE, -(-steps_per_epoch // MOST))
        self._device, self._clock = device, clock
        self._done = 0
        self._named: list[Phase] = []
        self._ends: list[float] = []
        self._events: list[torch.Event] = []
        self._queued: list[tuple[list[Phase], list[torch.Event]]] = []
        self._looking = False

    def begin(self) -> None:
        """A step begins here: its batch is asked for next."""
        self._looking = self._done % self._stride == FIRST
        if self._looking:
            self._named, self._ends, self._events = [], [], []
            self._look()

    def end(self, phase: Phase) -> None:
        """``phase`` of the step under way ends here; of a batch in parts, that of a part."""
        last = phase == PHASES[-1]
        self._done += last
        if not self._looking:
            return
        self._look()
        self._named.append(phase)
        if last:
            self._looking = False
            if self._device.type == "cpu":
                self._add(self._named, [late - early for early, late in itertools.pairwise(self._ends)])
            else:
                self._queued.append((self._named, self._events))

    def taken(self) -> dict[str, float]:
        """Return the sums as ``timed_steps``, ``timed_data``, … and begin anew; a GPU must have done all its work."""
        for named, events in self._queued:
            self._add(named, [early.elapsed_time(late) / 1000 for early, late in itertools.pairwise(events)])
        sums = {"timed_steps": float(self.steps), **{f"timed_{phase}": s for phase, s in self.seconds.items()}}
        self._queued, self.steps, self.seconds = [], 0, dict.fromkeys(PHASES, 0.0)
        return sums

    def _look(self) -> None:
        if self._device.type == "cpu":
            self._ends.append(self._clock())
        else:
            event = torch.Event(self._device, enable_timing=True)
            event.record()
            self._events.append(event)

    def _add(self, named: list[Phase], seconds: list[float]) -> None:
        self.steps += 1
        for phase, value in zip(named, seconds, strict=True):
            self.seconds[phase] += value
