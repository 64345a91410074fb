"""From a folder of images to a convolutional network that you understand and can ship.

>>> import spirula as sp
>>> run = sp.train("digits", epochs=3)
>>> run.evaluate()
>>> run.report()

Importing spirula imports nothing else: each name is loaded when it is first used, so that the
command line answers at once and PyTorch is only paid for by what computes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import layers as layers
    from .api.batches import batches as batches
    from .api.bench import bench as bench
    from .api.cache import list_cache as list_cache
    from .api.cache import prune_cache as prune_cache
    from .api.check import check as check
    from .api.classifier import ImageClassifier as ImageClassifier
    from .api.classifier import ImageRegressor as ImageRegressor
    from .api.compare import compare as compare
    from .api.growth import more_photos as more_photos
    from .api.importing import import_keras as import_keras
    from .api.insight.shifts import shift_invariance as shift_invariance
    from .api.inspect import inspect as inspect
    from .api.listing import list_runs as list_runs
    from .api.run import Run as Run
    from .api.run import open_run as open_run
    from .api.subset import subset as subset
    from .api.train import train as train
    from .api.verbs import build as build
    from .api.verbs import diagram as diagram
    from .api.verbs import evaluate as evaluate
    from .api.verbs import load as load
    from .api.verbs import predict as predict
    from .api.verbs import summary as summary
    from .api.verbs import write_report as write_report
    from .errors import SpirulaError as SpirulaError

# Where each public name lives. A literal table: grep finds it, nothing registers itself.
_HOME: dict[str, str] = {
    "ImageClassifier": ".api.classifier",
    "ImageRegressor": ".api.classifier",
    "Run": ".api.run",
    "SpirulaError": ".errors",
    "batches": ".api.batches",
    "bench": ".api.bench",
    "build": ".api.verbs",
    "check": ".api.check",
    "compare": ".api.compare",
    "diagram": ".api.verbs",
    "evaluate": ".api.verbs",
    "import_keras": ".api.importing",
    "inspect": ".api.inspect",
    "layers": "",
    "load": ".api.verbs",
    "more_photos": ".api.growth",
    "open_run": ".api.run",
    "predict": ".api.verbs",
    "list_cache": ".api.cache",
    "list_runs": ".api.listing",
    "prune_cache": ".api.cache",
    "shift_invariance": ".api.insight.shifts",
    "write_report": ".api.verbs",
    "subset": ".api.subset",
    "summary": ".api.verbs",
    "train": ".api.train",
}

__all__ = [
    "ImageClassifier",
    "ImageRegressor",
    "Run",
    "SpirulaError",
    "__version__",
    "batches",
    "bench",
    "build",
    "check",
    "compare",
    "diagram",
    "evaluate",
    "import_keras",
    "inspect",
    "layers",
    "list_cache",
    "list_runs",
    "load",
    "more_photos",
    "open_run",
    "predict",
    "prune_cache",
    "shift_invariance",
    "subset",
    "summary",
    "train",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'spirula' has no attribute {name!r}")
    home = _HOME[name]
    return import_module(f".{name}", __name__) if not home else getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
