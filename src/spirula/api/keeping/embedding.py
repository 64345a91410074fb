"""What a run keeps of how its network sees the samples: ``insight/embedding.npz``, after a training or when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError, RunError
from ...evaluation.pictures import label_texts
from ...metrics.refusal import Refusal, chosen
from ...runs.folder import EMBEDDING, OUT_OF_FOLD, RunFolder
from ...runs.writer import RunWriter
from ..calibration import FITTED_ON, likeness_of
from .looks import trained_passes
from .sparing import spared

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ...data.batching.batches import Feed
    from ...data.manifest import Manifest
    from ...insight.embedding.ending import Parts
    from ...insight.embedding.sight import Sight
    from ...models.summary import Summary
    from ...progress import Display
    from ...training.assembly import Assembly

TRAIN = "train"
PART = "map and neighbours"


@contextmanager
def embedding(
    writer: RunWriter,
    assembly: Assembly,
    summary: Summary,
    judged: nn.Module,
    batches: Callable[[str], Feed],
    show: Display,
) -> Iterator[Callable[[str], Feed]]:
    """Yield the ``batches`` of a split, and hear meanwhile what the last layer of ``judged`` is given.

    What is heard while the splits are judged costs no pass of its own. Before, some training samples go through the
    network once more; of a frozen network their features are known. At the end ``insight/embedding.npz`` is written:
    not for samples that are no pictures, nor for a network whose last layer is run several times. Where it
    cannot be made the run goes on without it.
    """
    from ...insight.embedding.effort import effort
    from ...insight.embedding.ending import last_layer, listening
    from ...insight.embedding.sight import Sight

    dataset = assembly.dataset
    sight: Sight | None = None
    path: str | None = None
    known: Parts = []
    with spared(writer, show, PART), assembly.own.blamed():
        if len(dataset.input_shape) == 3:
            path = last_layer(judged, _example(assembly, judged, batches))
        if path is not None:
            # Features may have come from the cache: then fitting an output layer to them took a moment.
            trained = 0 if assembly.probe is not None else trained_passes(writer, assembly)
            possible = effort(summary.multiply_adds, trained)
            rows, values = _training_samples(assembly, judged, path, possible.training)
            sight = Sight.of(values)
            known = [(rows, sight(values))]
    if path is None or sight is None:
        yield batches
        return
    heard: dict[str, Parts] = {}
    with listening(judged, path, sight) as listener:
        yield lambda split: listener.over(batches(split), heard.setdefault(split, []))
    with spared(writer, show, PART):
        _write(writer, dataset.manifest, path, sight, {TRAIN: known, **heard}, possible.laid_out)


def embed(run: RunFolder, module: nn.Module | None) -> None:
    """Make ``insight/embedding.npz`` of a finished run anew, with the largest map there is.

    What the run refuses is chosen anew by it, for the same share.

    Raises :class:`RunError` and :class:`InputError` where the run's data is not there any more, where it has no
    pictures, and for a network whose last layer is run several times.
    """
    from ...data.batching.batches import Batches
    from ...evaluation.reload import reload
    from ...insight.embedding.effort import MOST_LAID_OUT, MOST_TRAINING
    from ...insight.embedding.ending import embedded, last_layer
    from ...insight.embedding.sight import Sight
    from ..own_data import own_data

    network = reload(run, module)
    if network.preprocessing.height is None:
        raise InputError(f"{run.name} was trained on vectors: there is no map of pictures", "See its report.")
    dataset = own_data(run)
    path = last_layer(network.module, network.prepared(dataset.pixels[:1]))
    if path is None:
        raise RunError(f"The last layer of {run.name} is run several times for each picture", "It has no embedding.")
    row_of = {name: row for row, name in enumerate(dataset.manifest.ids)}
    train = dataset.rows(TRAIN)
    rows = {TRAIN: train[:: -(-len(train) // MOST_TRAINING)]}
    for split in run.splits_with_predictions():
        if split not in (TRAIN, OUT_OF_FOLD):
            rows[split] = np.asarray([row_of[name] for name in run.predictions(split).ids], np.int64)
    parts: dict[str, Parts] = {}
    sight: Sight | None = None
    for split, some in rows.items():
        feed = Batches(dataset, some, batch_size=64, preprocessing=network.preprocessing)
        _, values = embedded(network.module, path, feed)
        sight = sight or Sight.of(values)
        parts[split] = [(some, sight(values))]
    assert sight is not None
    with closing(RunWriter.reopen(run)) as writer:
        _write(writer, dataset.manifest, path, sight, parts, MOST_LAID_OUT)
        writer.made(PART)
        refusal = Refusal.from_dict(run.card().get("refusal"))
        if refusal is not None:  # likeness is measured by other training pictures now: the old threshold means nothing
            again = chosen(likeness_of(run, FITTED_ON), refusal.target)
            writer.amend_card(refusal=again.to_dict())


def _write(
    writer: RunWriter, manifest: Manifest, layer: str, sight: Sight, parts: dict[str, Parts], laid_out: int
) -> None:
    from ...insight.embedding.arrays import embedding_arrays
    from ...insight.embedding.ending import joined

    seen = {split: joined(part) for split, part in parts.items()}
    splits = {split: ([manifest.ids[row] for row in rows], values) for split, (rows, values) in seen.items()}
    labels = label_texts(manifest.targets[seen[TRAIN][0]], manifest.task, manifest.classes)
    training = len(manifest.rows(TRAIN))
    arrays = embedding_arrays(sight, layer, splits, labels, of=training, laid_out=laid_out)
    writer.write_insight_arrays(EMBEDDING, arrays)


def _example(assembly: Assembly, judged: nn.Module, batches: Callable[[str], Feed]) -> Tensor:
    """Return one sample as what is judged takes it: a picture, or the features of one."""
    whole = judged is assembly.network.module
    feed = assembly.batches(TRAIN, most=1) if whole else batches(TRAIN)
    return next(iter(feed.epoch(0))).images[:1]


def _training_samples(assembly: Assembly, judged: nn.Module, path: str, most: int) -> tuple[np.ndarray, Tensor]:
    """Return rows (n,) and embeddings (n, D) of about ``most`` training samples, of a frozen network of all."""
    import torch

    from ...insight.embedding.effort import MOST_FROZEN
    from ...insight.embedding.ending import embedded

    if assembly.probe is not None:
        known = list(assembly.probe.judged(TRAIN).epoch(0))
        rows = torch.cat([batch.rows for batch in known])
        every = -(-len(rows) // MOST_FROZEN)
        return rows[::every].numpy(), torch.cat([batch.images for batch in known])[::every].float()
    return embedded(judged, path, assembly.batches(TRAIN, most=most))
