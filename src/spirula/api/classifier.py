"""scikit-learn estimators: ``fit``, ``predict``, ``predict_proba``, ``score`` over arrays, without a run folder."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from ..config import RunOptions
from ..errors import ConfigError
from ..recipe import make_recipe
from .pieces import in_words

EPOCHS = 30  # from scratch; the other strategies have their own, or none
_NO_FOLDER = tuple(RunOptions.model_fields)


class _ImageEstimator(BaseEstimator):
    """What both share: parameters, training, prediction."""

    _task: str

    def __init__(
        self,
        model: Any = None,
        *,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: str | None = None,
        learning_rate: float | None = None,
        validation: float = 0.0,
        patience: int | None = None,
        strategy: str | None = None,
        weights: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
        random_state: Any = None,
    ) -> None:
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.validation = validation
        self.patience = patience
        self.strategy = strategy
        self.weights = weights
        self.options = options
        self.random_state = random_state

    def _fit(self, X: np.ndarray, targets: np.ndarray) -> None:
        self.sample_shape_ = X.shape[1:]
        from ..evaluation.reload import TrainedNetwork
        from ..training.assemble import assemble
        from ..training.records import EpochRecord
        from .session.judged import judge

        options, pieces = in_words({"model": self.model, **(self.options or {})}, (self.options or {}).get("custom"))
        model = options.pop("model")
        options.pop("custom", None)
        scratch = (self.strategy or options.get("strategy")) in (None, "scratch")
        named = {
            "epochs": EPOCHS if self.epochs is None and scratch else self.epochs,
            "batch_size": self.batch_size,
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "validation": self.validation,
            "patience": self.patience,
            "strategy": self.strategy,
            "weights": None if self.weights is None else str(self.weights),
            "model": model if isinstance(model, str) else None,
        }
        fixed = {
            "task": self._task,
            "test": 0.0,
            "seed": int(check_random_state(self.random_state).randint(2**31 - 1)),
        }
        mistakes = [
            f"{name} is given as a parameter and in options." for name in options if named.get(name) is not None
        ]
        mistakes += [f"{name} cannot be chosen here." for name in options if name in fixed]
        mistakes += [
            f"{name} would have no effect: no run folder is written." for name in options if name in _NO_FOLDER
        ]
        if mistakes:
            raise ConfigError(mistakes, "Leave it out of options.")
        recipe = make_recipe(**{**named, **fixed, **options})
        pixels = X if X.dtype == np.uint8 and X.ndim > 2 else X.astype(np.float32)
        # A copy: fitting must not change a parameter, or clones would begin with trained weights.
        given = copy.deepcopy(model) if not isinstance(model, str) else None
        assembly = assemble(recipe, source=(pixels, targets), model=given, custom=pieces)
        self.history_ = [
            {"epoch": record.epoch, **record.metrics}
            for record in assembly.fit(None)
            if isinstance(record, EpochRecord)
        ]
        self.n_iter_ = len(self.history_)
        _, _, views = judge(assembly)
        self.network_ = TrainedNetwork(
            assembly.network.module.cpu(),
            self._task,
            assembly.dataset.manifest.classes,
            assembly.preprocessing,
            assembly.network.output,
            views,
        )

    def _values(self, X: Any) -> np.ndarray:
        from ..evaluation.inputs import read_arrays

        check_is_fitted(self, "network_")
        samples = np.asarray(validate_data(self, X, reset=False, allow_nd=True))
        if samples.shape[1:] != self.sample_shape_:
            raise ValueError(f"X has samples of shape {samples.shape[1:]}, but fit saw {self.sample_shape_}")
        dtype = self.network_.preprocessing.dtype
        if dtype == "uint8" and samples.dtype != np.uint8:
            raise ValueError(f"X is {samples.dtype}, but fit saw pixels 0…255 (uint8): give the same kind of numbers")
        return self.network_.probabilities(read_arrays(np.asarray(samples, dtype=dtype), self.network_.preprocessing))


class ImageClassifier(ClassifierMixin, _ImageEstimator):
    """A convolutional network as a scikit-learn classifier.

    Parameters
    ----------
    model: a catalogue name, layers in Keras's notation, or an ``nn.Module``; chosen by the shape of X when ``None``.
    epochs, batch_size, optimizer, learning_rate, patience: as in :func:`spirula.train`; 30 epochs from scratch when
        none are given.
    strategy, weights: "features" or "finetune" begin with a pretrained network, whose weights may be a file; X must
        then be images, uint8. As in :func:`spirula.train`.
    validation: share of the samples held out to choose the best epoch; 0 uses all of them.
    options: any further training option, such as ``{"flip": "horizontal", "label_smoothing": 0.1}``.
    random_state: seed or generator, as everywhere in scikit-learn.

    Attributes
    ----------
    classes_: labels, sorted. network_: the trained network. history_: one dictionary per epoch.
    n_iter_: epochs trained. sample_shape_: the shape of one sample of X.
    """

    _task = "classification"

    def fit(self, X: Any, y: Any) -> Self:
        """Train on X, uint8 (N, H, W), (N, H, W, C) or numbers (N, F), and labels y (N,) of any kind."""
        X, y = validate_data(self, X, y, allow_nd=True)
        check_classification_targets(y)
        self.classes_ = unique_labels(y)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, {self.classes_[0]!r}; a classifier needs at least two classes")
        self._fit(np.asarray(X), np.searchsorted(self.classes_, y))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return float32 (N, K), one column per entry of ``classes_``."""
        return self._values(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sample, (N,)."""
        chosen = self._values(X).argmax(axis=1)
        return np.asarray(self.classes_[chosen])


class ImageRegressor(RegressorMixin, _ImageEstimator):
    """A convolutional network as a scikit-learn regressor; parameters and attributes as :class:`ImageClassifier`."""

    _task = "regression"

    def fit(self, X: Any, y: Any) -> Self:
        """Train on X as in :class:`ImageClassifier` and targets y (N,)."""
        X, y = validate_data(self, X, y, allow_nd=True, y_numeric=True)
        self._fit(np.asarray(X), np.asarray(y, dtype=np.float32))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return float32 (N,)."""
        return self._values(X)[:, 0]
