"""The output layer first, then the layers under it: linear probing, then fine-tuning.

A new output layer with random weights sends large gradients into layers that were good already; one that is fitted on
the fixed features first does not (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution"). What the output layer alone reaches is epoch 0: it stays where no epoch is better on validation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...config import Recipe
from ...data.batching.batches import Batches
from ...data.batching.residence import free_bytes
from ...errors import ConfigError
from ...memory import available_bytes
from ...models.build import Network
from ...models.depth import depths
from ...models.folding import folded_norms
from ...models.split import Split, lower_layers, split
from ..checkpoints import Loaded
from ..device import Machine
from ..feed import Feed
from ..loop import fit
from ..records import EpochRecord, InterpolationRecord, Record, StoppedRecord
from ..settings import Settings
from ..step import validate
from .features import InterruptedHereError, batch_size
from .interpolation import copied, interpolate
from .kept import KeptViews, computed
from .probe import Probe, fit_head
from .tuned import SHARE, Tunable
from .tuning import has_statistics

Interrupted = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Finetuning:
    """What the two stages need.

    probe: the first stage; its network is trained on. train, validation: batches of the second.
    settings: of the second stage. views: the frozen layers run once on so many augmented versions of each image, and
    epochs take turns with them; None: they run anew in each epoch.
    interpolated: whether the weights that validation likes best are looked for between those of both stages.
    """

    probe: Probe
    train: Batches
    validation: Batches | None
    settings: Settings
    views: int | None = None
    interpolated: bool = False

    def fit(
        self,
        checkpoints: Path | None,
        *,
        checkpoint_every: float = 60.0,
        resume: Loaded | None = None,
        interrupted: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> Iterator[Record]:
        """Yield the records of both stages; the network ends with the best weights, in evaluation mode.

        A resumed training goes on from its checkpoint; what lies before it is computed again. Raises what
        :func:`spirula.training.loop.fit` raises, and :class:`ConfigError` for frozen layers that cannot be run apart.
        """
        began = clock()
        if resume is None or self.interpolated:
            for record in fit_head(self.probe, interrupted=interrupted, clock=clock):
                if isinstance(record, StoppedRecord):
                    if record.reason == "interrupted":
                        yield record
                        return
                elif not isinstance(record, EpochRecord) and resume is None:
                    yield record
        module, settings = self.probe.network.module, self.settings
        settings.machine.place(module)
        train: Feed = self.train
        validation: Feed | None = self.validation
        trained = module
        if self.views is not None:
            parts = self._parts()
            try:
                train, validation = self._kept(parts, interrupted)
            except InterruptedHereError:
                yield StoppedRecord("interrupted", 0, 0, None, None, None)
                return
            trained = parts.upper
            settings = replace(settings, tuning=replace(settings.tuning, freeze=()))
        start = copied(trained) if self.interpolated else None
        for record in fit(
            trained,
            train,
            validation,
            settings,
            checkpoints=checkpoints,
            checkpoint_every=checkpoint_every,
            resume=resume,
            interrupted=interrupted,
            clock=clock,
            spent=0.0 if resume is not None else clock() - began,
        ):
            if start is not None and isinstance(record, StoppedRecord) and _moved(record):
                chosen = self._interpolated(trained, start, validation, interrupted)
                yield replace(record, reason="interrupted") if chosen is None else chosen
                if chosen is None:
                    return
            yield record
        module.eval()

    def _interpolated(
        self, trained: nn.Module, start: Mapping[str, torch.Tensor], held_out: Feed | None, interrupted: Interrupted
    ) -> InterpolationRecord | None:
        """Leave ``trained`` with the weights that validation likes best between ``start`` and its own."""
        assert held_out is not None
        loss, machine, metrics = self.settings.objective.loss, self.settings.machine, self.settings.metrics

        def judge() -> Mapping[str, float] | None:
            measures = validate(trained, held_out, loss, machine, interrupted=interrupted, metrics=metrics)
            return None if measures is None else measures.results("val_")

        return interpolate(trained, start, judge, self.settings.stopping)

    def _parts(self) -> Split:
        """Cut the network behind its frozen layers."""
        example = next(iter(self._batches(self.probe.dataset.rows("train")[:2], None).epoch(0))).images
        parts = split(self.probe.network.module, self.settings.tuning.freeze, example)
        if parts is None:
            raise ConfigError(
                [
                    f"views = {self.views} needs frozen layers that can run apart from the others, and "
                    f"{', '.join(self.settings.tuning.freeze)} cannot: they are not the first ones, or not a chain."
                ],
                "Freeze the first blocks, such as --freeze conv_stem,bn1,blocks.0, or leave views out.",
            )
        return parts

    def _kept(self, parts: Split, interrupted: Callable[[], bool]) -> tuple[Feed, Feed | None]:
        assert self.views is not None
        probe, train = self.probe, self.train
        shape = probe.dataset.input_shape
        folded = replace(parts, module=folded_norms(parts.module, (shape[0], shape[1], shape[2])))
        machine = self.settings.machine
        machine.place(folded.module)
        free = available_bytes() if machine.device.type == "cpu" else free_bytes(machine.device)

        def run(rows: NDArray[np.int64], epochs: range, stage: str, *, augmented: bool) -> list[torch.Tensor]:
            batches = self._batches(rows, train if augmented else None)
            return computed(
                folded.lower, batches, machine, epochs, stage,
                free_bytes=free, progress=probe.progress, interrupted=interrupted,
            )  # fmt: skip

        def feed(values: list[torch.Tensor], rows: NDArray[np.int64], size: int, *, shuffle: bool) -> KeptViews:
            classes = probe.dataset.manifest.targets[rows]
            targets = torch.from_numpy(classes).to(machine.device)
            sampling = train.sampling if shuffle else "uniform"
            return KeptViews(
                values, rows, targets, classes, batch_size=size, seed=train.seed, shuffle=shuffle, sampling=sampling
            )

        rows = probe.dataset.rows("train")
        values = run(rows, range(1, self.views + 1), "frozen layers, view", augmented=True)
        kept = feed(values, rows, train.batch_size, shuffle=True)
        if self.validation is None:
            return kept, None
        held = probe.dataset.rows("validation")
        judged = run(held, range(1), "frozen layers, validation", augmented=False)
        return kept, feed(judged, held, self.validation.batch_size, shuffle=False)

    def _batches(self, rows: NDArray[np.int64], like: Batches | None) -> Batches:
        """Return rows in their own order, changed as ``like`` changes them."""
        machine = self.settings.machine
        return Batches(
            self.probe.dataset,
            rows,
            batch_size=batch_size(machine.device),
            preprocessing=self.probe.preprocessing,
            device=machine.device,
            seed=self.train.seed,
            augmentation=None if like is None else like.augmentation,
            own=None if like is None else like.own,
            channels_last=machine.channels_last,
        )


def tunable_of(asked: Recipe, network: Network, machine: Machine, shape: tuple[int, ...]) -> Tunable:
    """Return what fine-tuning's defaults depend on; what is given already is not looked for."""
    if asked.training.strategy != "finetune":
        return Tunable()
    module, accelerated = network.module, machine.device.type != "cpu"
    statistics = any(has_statistics(part) for part in module.modules())
    several = max(depths(module).values(), default=0) > 0
    if asked.training.freeze is not None or accelerated:
        return Tunable((), several, statistics, accelerated)
    lower = lower_layers(module, SHARE)
    image = torch.rand((2, shape[2], *shape[:2]), generator=torch.Generator().manual_seed(0))
    separable = bool(lower) and split(module, lower, image) is not None
    return Tunable(lower if separable else (), several, statistics)


def _moved(record: StoppedRecord) -> bool:
    """Whether the training came to its end with other weights than those it began with."""
    return record.reason != "interrupted" and record.best_epoch not in (None, 0)
