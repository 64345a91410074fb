"""Learning on a frozen backbone: features once, then the output layer, which is a convex problem with one answer."""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...data.batching.augmentation import Augmentation
from ...data.batching.batches import Batch, Batches
from ...data.batching.own import OwnAugmentation
from ...data.batching.preprocess import Preprocessing
from ...data.dataset import Dataset
from ...data.pictures import decode
from ...data.splits.atoms import atom_of_each
from ...data.splits.folds import folds_of
from ...data.splits.split import draw_keys, strata
from ...models.backbones import classifier, inner_backbone
from ...models.build import Network
from ...models.folding import folded_norms
from ..device import Machine
from ..losses import Loss
from ..own import Metric
from ..records import EpochRecord, HeadRecord, Record, StoppedRecord
from ..step import validate
from .features import InterruptedHereError, Pass, Progress, batch_size
from .head import Chosen, Problem, Standard, choose_strength, fill, solve

FOLDS: Final = 5
CHOOSING_SAMPLES: Final = 10_000  # the strength is chosen on at most so many samples


@dataclass(frozen=True)
class Views:
    """Augmented versions of each training image, beside the image itself."""

    count: int
    augmentation: Augmentation | None
    own: OwnAugmentation | None = None


@dataclass(frozen=True, eq=False)
class Probe:
    """What the output layer of a backbone is fitted by.

    network: of kind "timm"; its backbone stays as it is. weights: SHA-256 of the backbone's pretrained weights.
    machine: whose arithmetic the augmented views are computed in; the images themselves are in float32, so that their
    features are those that the saved network has.
    loss: names the problem and brings the class weights. seed: of folds and augmentation.
    """

    network: Network
    weights: str
    dataset: Dataset
    preprocessing: Preprocessing
    machine: Machine
    loss: Loss
    monitor: str
    views: Views | None = None
    metrics: tuple[Metric, ...] = ()
    seed: int = 0
    progress: Progress | None = None
    _known: dict[str, Tensor] = field(default_factory=dict, repr=False)

    @property
    def head(self) -> nn.Module:
        """What turns features into the network's outputs: a copy, on the CPU."""
        parts = OrderedDict[str, nn.Module](classifier=classifier(self.network.module))
        rescaling = getattr(self.network.module, "rescaling", None)
        if isinstance(rescaling, nn.Module):
            parts["rescaling"] = rescaling
        return copy.deepcopy(nn.Sequential(parts)).cpu().eval()

    def features(self, interrupted: Callable[[], bool] = lambda: False) -> Tensor:
        """Return the features of every sample of the data set, float32 (N, F), row by row; computed once."""
        if "plain" not in self._known:
            batches = self._batches(np.arange(len(self.dataset), dtype=np.int64), None)
            self._known["plain"] = torch.from_numpy(
                self._plain().over(batches, 0, progress=self.progress, interrupted=interrupted)
            )
        return self._known["plain"]

    def features_at_hand(self) -> Tensor | None:
        """Return :meth:`features` if they were computed before, here or by another run; never runs the backbone.

        That is what may be asked once the backbone itself was trained.
        """
        if "plain" not in self._known and (kept := self._plain().kept(len(self.dataset))) is not None:
            self._known["plain"] = torch.from_numpy(kept)
        return self._known.get("plain")

    def judged(self, split: str) -> FeatureBatches:
        """Return a split as :attr:`head` takes it, in order."""
        return FeatureBatches(self.features(), self.dataset, self.dataset.rows(split))

    def _plain(self) -> Pass:
        exact = Machine(self.machine.device, "float32", self.machine.channels_last)
        return self._pass(exact, {}, "features of the images")

    def _pass(self, machine: Machine, view: dict[str, Any], stage: str) -> Pass:
        machine.place(self.network.module)
        shape = self.dataset.input_shape
        backbone = folded_norms(inner_backbone(self.network.module), (shape[0], shape[1], shape[2]))
        if machine.channels_last:
            backbone.to(memory_format=torch.channels_last)
        spec, settings = self.network.spec, self.dataset.settings
        own = self.views is not None and self.views.own is not None and bool(view)
        key: dict[str, Any] = {
            "version": 1,
            "backbone": spec.notation,
            "timm": version("timm"),
            "weights": self.weights,
            "pixels": self.dataset.content,
            "decoder": decode.VERSION,
            "size": {name: settings.get(name) for name in ("image_size", "channels", "resize")},
            "preprocessing": self.preprocessing.to_dict(),
            "precision": machine.precision,
            "device": machine.device.type,
            **view,
        }
        known = bool(self.weights and self.dataset.content) and not own
        return Pass(backbone, machine, key if known else {}, self.dataset.manifest.source, stage)

    def _batches(self, rows: NDArray[np.int64], views: Views | None) -> Batches:
        return Batches(
            self.dataset,
            rows,
            batch_size=batch_size(self.machine.device),
            preprocessing=self.preprocessing,
            device=self.machine.device,
            seed=self.seed,
            augmentation=None if views is None else views.augmentation,
            own=None if views is None else views.own,
            channels_last=self.machine.channels_last,
        )

    def augmented(self, rows: NDArray[np.int64], interrupted: Callable[[], bool]) -> list[Tensor]:
        """Return the features of each view of ``rows``, float32 (len(rows), F)."""
        if self.views is None:
            return []
        batches, found = self._batches(rows, self.views), []
        place = {"seed": self.seed, "augmentation": repr(self.views.augmentation), "rows": rows.tolist()}
        for number in range(1, self.views.count + 1):
            stage = f"features of augmented view {number} of {self.views.count}"
            over = self._pass(self.machine, {"view": number, **place}, stage)
            found.append(torch.from_numpy(over.over(batches, number, progress=self.progress, interrupted=interrupted)))
        return found


class FeatureBatches:
    """Features of some rows as batches; a feed for validation and evaluation."""

    def __init__(self, features: Tensor, dataset: Dataset, rows: NDArray[np.int64], size: int = 4096) -> None:
        self._features, self._rows, self._size = features, rows, size
        self._targets = torch.from_numpy(dataset.manifest.targets[rows])

    @property
    def samples(self) -> int:
        return len(self._rows)

    def __len__(self) -> int:
        return -(-self.samples // self._size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        for low in range(start * self._size, self.samples, self._size):
            rows = torch.from_numpy(self._rows[low : low + self._size])
            yield Batch(self._features[rows], self._targets[low : low + self._size], rows)


def fit_head(
    probe: Probe,
    *,
    interrupted: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Record]:
    """Fit the output layer of ``probe.network`` in place; yields what a training yields, as one epoch.

    The strength of the L2 penalty is chosen by cross-validation on the training samples, pictures that belong together
    being in one fold; then all of them are fitted. The network ends in evaluation mode.
    Raises :class:`~spirula.errors.ModelError` for a backbone that does not end in one Dense layer.
    """
    began = clock()
    dataset = probe.dataset
    rows = dataset.rows("train")
    layer = classifier(probe.network.module)
    try:
        everything = probe.features(interrupted)
        train = [everything[torch.from_numpy(rows)], *probe.augmented(rows, interrupted)]
        extracted = clock()
        features = torch.cat(train)
        standard = Standard.of(features)
        problem = problem_of(probe, standard(features), rows, len(train))
        chosen = _chosen(probe, problem, rows, len(train), interrupted)
        weight, bias, steps = solve(problem.to(torch.float64), chosen.strength, interrupted=interrupted)
    except InterruptedHereError:
        yield StoppedRecord("interrupted", 0, 0, None, None, None)
        return
    fill(layer, *standard.folded(weight, bias))
    yield HeadRecord(chosen.strength, chosen.reason, chosen.tried, layer.weight.numel() + layer.bias.numel())

    cpu, head = Machine(torch.device("cpu")), probe.head
    metrics: dict[str, float] = {"step": steps}
    for prefix, split, own in (("", "train", ()), ("val_", "validation", probe.metrics)):
        batches = probe.judged(split)
        if not batches.samples:
            continue
        measures = validate(head, batches, probe.loss, cpu, interrupted=lambda: False, metrics=own)
        assert measures is not None
        metrics |= measures.results(prefix)
    probe.network.module.eval()
    seconds = clock() - began
    metrics |= {
        "learning_rate": 0.0,
        "seconds": seconds,
        "images_per_second": len(dataset) / max(extracted - began, 1e-9),
        "data_wait": 0.0,
    }
    yield EpochRecord(1, 1, metrics, improved=True)
    yield StoppedRecord("finished", 1, steps, 1, probe.monitor, metrics[probe.monitor])


def problem_of(probe: Probe, features: Tensor, rows: NDArray[np.int64], versions: int) -> Problem:
    """Return the problem over the images and their views, each sample counting once."""
    output, loss = probe.network.output, probe.loss
    targets = torch.from_numpy(probe.dataset.manifest.targets[rows])
    outputs = classifier(probe.network.module).out_features
    factors = None if loss.class_weights is None else torch.tensor(loss.class_weights, dtype=torch.float64)
    weights = torch.ones(len(rows), dtype=torch.float64)
    if output == "softmax":
        weights = weights if factors is None else factors[targets]
    elif output == "linear":
        deviation, mean = probe.network.spec.target or (1.0, 0.0)
        targets = (targets.double().reshape(len(rows), -1) - mean) / deviation
    elif targets.ndim == 1:  # one sigmoid for two classes
        weights = weights if factors is None else factors[targets]
        targets = targets.double()[:, None]
    else:
        targets = targets.double()
        weights = weights if factors is None else factors.expand(len(rows), -1)
    repeats = (versions,) + (1,) * (weights.ndim - 1)
    return Problem(
        output,
        features,
        targets.repeat((versions,) + (1,) * (targets.ndim - 1)),
        weights.repeat(repeats) / versions,
        outputs,
    )


def _chosen(
    probe: Probe, problem: Problem, rows: NDArray[np.int64], versions: int, interrupted: Callable[[], bool]
) -> Chosen:
    """Choose the strength by cross-validation in which no picture is judged that a twin or a view of was learned."""
    manifest = probe.dataset.manifest
    atoms = atom_of_each(manifest, probe.dataset.twins)
    places = np.arange(len(rows))
    if len(rows) > CHOOSING_SAMPLES:
        places = np.sort(np.random.default_rng(probe.seed).permutation(len(rows))[:CHOOSING_SAMPLES])
    _, first, groups = np.unique(atoms[rows[places]], return_index=True, return_inverse=True)
    number = min(FOLDS, len(first))
    stratum = np.unique(strata(manifest.task, manifest.targets[rows[places]]), return_inverse=True)[1]
    keys = draw_keys([manifest.ids[row] for row in rows[places[first]].tolist()], probe.seed, "head")
    fold = torch.from_numpy(folds_of(stratum, number, groups, keys))
    every = torch.cat([torch.from_numpy(places + version * len(rows)) for version in range(versions)])
    judged = torch.arange(len(every)) < len(places)
    return choose_strength(problem.rows(every), fold.repeat(versions), judged, interrupted=interrupted)
