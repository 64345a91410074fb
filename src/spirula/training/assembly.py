"""Everything that a training needs, decided: what :func:`spirula.training.assemble.assemble` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import nn

from ..config import Recipe
from ..data.batching.batches import Batches, Feed
from ..data.batching.preprocess import Preprocessing
from ..data.batching.sizes import samples_at_once
from ..data.dataset import Dataset
from ..models.build import Network
from ..models.inplace import activating_in_place
from ..models.titles import layer_titles
from ..wording import parse_duration
from .checkpoints import Loaded
from .deciding.pieces import OwnPieces
from .device import Machine, flushing_denormals
from .diagnosis.culprit import NotFiniteError
from .loop import fit
from .records import Record
from .settings import Settings
from .shortage import is_shortage, out_of_memory
from .transfer.backbone import Backbone
from .transfer.finetune import Finetuning
from .transfer.probe import Probe, fit_head


def judged_at_once(recipe: Recipe, dataset: Dataset, machine: Machine) -> int:
    """Return how many samples are evaluated at once: no more than a training step computes where memory is short."""
    micro, size = recipe.training.micro_batch, recipe.training.batch_size
    if micro is not None:
        return micro
    shape = dataset.input_shape
    usual = samples_at_once(shape[:2] if len(shape) == 3 else (), cpu=machine.device.type == "cpu")
    return max(usual, size if isinstance(size, int) else 0)


@dataclass(frozen=True, eq=False)
class Assembly:
    """Everything that a training needs, decided.

    recipe: with every default filled in. reasons: option → why, for those that were derived. backbone: the pretrained
    network that this builds on. probe: how its output layer is fitted on features, where that is all that is trained.
    finetuning: how the layers under it are trained after that, where they are.
    """

    recipe: Recipe
    reasons: Mapping[str, str]
    dataset: Dataset
    preprocessing: Preprocessing
    network: Network
    machine: Machine
    train: Batches
    validation: Batches | None
    settings: Settings
    own: OwnPieces
    backbone: Backbone | None = None
    probe: Probe | None = None
    finetuning: Finetuning | None = None

    @property
    def at_once(self) -> int:
        """How many samples may be evaluated at once."""
        return judged_at_once(self.recipe, self.dataset, self.machine)

    def batches(self, split: str, *, most: int | None = None) -> Batches:
        """Return a split in order, without augmentation, for evaluation; about ``most`` samples spread over it."""
        rows = self.dataset.rows(split)
        return Batches(
            self.dataset,
            rows if most is None else rows[:: max(1, len(rows) // most)],
            batch_size=self.at_once,
            preprocessing=self.preprocessing,
            device=self.machine.device,
            channels_last=self.machine.channels_last,
        )

    def sized(self, batch_size: int, *, channels_last: bool) -> Batches:
        """Return the training batches in another size and memory format."""
        train = self.train
        return Batches(
            self.dataset,
            self.dataset.rows("train"),
            batch_size=batch_size,
            preprocessing=self.preprocessing,
            device=self.machine.device,
            seed=train.seed,
            shuffle=True,
            augmentation=train.augmentation,
            own=train.own,
            sampling=train.sampling,
            channels_last=channels_last,
        )

    def judge(self) -> tuple[nn.Module, Callable[[str], Feed]]:
        """Return what evaluates a split: the network and its batches; or the output layer and what it gets."""
        if self.probe is not None:
            return self.probe.head, self.probe.judged
        return self.network.module, self.batches

    def fit(
        self, checkpoints: Path | None, *, resume: Loaded | None = None, interrupted: Callable[[], bool] = lambda: False
    ) -> Iterator[Record]:
        """Train; see :func:`spirula.training.loop.fit` and, for features, :func:`.transfer.probe.fit_head`."""
        if self.probe is not None:
            with self.own.blamed():
                yield from fit_head(self.probe, interrupted=interrupted)
            return
        every = parse_duration(self.recipe.run.checkpoint_every or 60.0)
        run = (
            partial(fit, self.network.module, self.train, self.validation, self.settings, checkpoints=checkpoints)
            if self.finetuning is None
            else partial(self.finetuning.fit, checkpoints)
        )
        with activating_in_place(self.network), flushing_denormals(), self.own.blamed():
            try:
                yield from run(checkpoint_every=every, resume=resume, interrupted=interrupted)
            except NotFiniteError as error:
                raise error.named(layer_titles(self.network), self.dataset.manifest.ids) from None
            except (RuntimeError, MemoryError) as error:
                if not is_shortage(error):
                    raise
                raise out_of_memory(error, self.train.batch_size, auto=self.settings.halves) from error
