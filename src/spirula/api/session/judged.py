"""After a training: what its samples are judged by, and which views of each picture that is shown."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ...data.batching.batches import Feed
from ...evaluation.predict import predict
from ...evaluation.views import ViewSet, settled
from ...training.assembly import Assembly
from ...wording import test_views_words

SETTLED_ON = 5_000  # samples, at least, where there are as many: what is unsure is a quantile of them


def judge(assembly: Assembly) -> tuple[nn.Module, Callable[[str], Feed], ViewSet | None]:
    """Return the network, the batches of a split, and the views of each picture; without views, None.

    What counts as unsure is settled on the validation samples, or on the training samples where none were held out:
    never on the test samples. Of many, some thousands do, spread over all of them.
    """
    judged, batches = assembly.judge()
    name = assembly.recipe.model.test_views
    if name is None or name == "none":
        return judged, batches, None
    network = assembly.network
    views = ViewSet(name)
    if views.only_unsure:
        split = "validation" if len(assembly.dataset.rows("validation")) else "train"
        classes = len(assembly.dataset.manifest.classes)
        some = batches(split) if assembly.probe is not None else assembly.batches(split, most=SETTLED_ON)
        plain, _, _ = predict(judged, some.epoch(0), output=network.output, classes=classes)
        views = settled(name, plain, apart=network.output == "sigmoid")
    # Features were kept of the pictures as they are only.
    return network.module, assembly.batches, views


def views_line(views: ViewSet) -> str:
    """Say what the final numbers, and every later answer, are averaged over."""
    sure = "" if views.unsure_below is None else f" (unsure below {views.unsure_below:.4g})"
    return f"Views      {views.name}: {test_views_words(views.name)}{sure}"
