"""The estimators pass scikit-learn's own checks, and work on pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import spirula as sp
from spirula.errors import ConfigError

NETWORK = 'Dense(32, activation="relu")'
QUICK = {"precision": "float32", "threads": 1}

CLASSIFIER = sp.ImageClassifier(NETWORK, epochs=60, learning_rate=0.02, random_state=0, options=QUICK)
REGRESSOR = sp.ImageRegressor(NETWORK, epochs=60, learning_rate=0.02, random_state=0, options=QUICK)


@parametrize_with_checks([CLASSIFIER, REGRESSOR])
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_digits_as_pictures() -> None:
    digits = load_digits()
    images = (digits.images * 15.9).astype(np.uint8)
    names = np.array([f"숫자 {label}" for label in digits.target])
    classifier = sp.ImageClassifier("two-conv", epochs=6, random_state=1, options={"threads": 1})
    classifier.fit(images[:1200], names[:1200])
    assert classifier.score(images[1200:], names[1200:]) > 0.9
    probabilities = classifier.predict_proba(images[1200:1210])
    assert probabilities.shape == (10, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert list(classifier.classes_) == sorted(set(names))
    assert [row["epoch"] for row in classifier.history_] == [1, 2, 3, 4, 5, 6]
    assert classifier.n_iter_ == 6


def test_works_inside_scikit_learn() -> None:
    digits = load_digits()
    x, y = digits.data[:300], digits.target[:300]
    pipeline = make_pipeline(clone(CLASSIFIER).set_params(epochs=5))
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.7
    search = GridSearchCV(clone(CLASSIFIER).set_params(epochs=3), {"learning_rate": [1e-5, 0.02]}, cv=2).fit(x, y)
    assert search.best_params_ == {"learning_rate": 0.02}


def test_options_are_checked() -> None:
    x, y = np.zeros((20, 3)), np.arange(20) % 2
    with pytest.raises(ConfigError, match="epochs is given as a parameter and in options"):
        sp.ImageClassifier(options={"epochs": 3}).fit(x, y)
    with pytest.raises(ConfigError, match="label_smoothing"):
        sp.ImageClassifier(options={"label_smooting": 0.1}).fit(x, y)


def test_features_take_no_epochs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = tmp_path / "w.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), weights)
    y = np.arange(24) % 2  # told by brightness: on pure noise rounding would decide which strength is the best
    x = (np.random.default_rng(0).integers(0, 128, (24, 64, 64, 3)) + 100 * y[:, None, None, None]).astype(np.uint8)
    options = {"image_size": 64, "threads": 1}
    classifier = sp.ImageClassifier("timm/test_resnet", strategy="features", weights=weights, options=options)
    fitted = clone(classifier).fit(x, y)
    assert fitted.get_params()["weights"] == weights  # as scikit-learn wants it: untouched
    assert fitted.predict(x).shape == (24,)
    as_options = {**options, "strategy": "features", "weights": str(weights)}
    same = sp.ImageClassifier("timm/test_resnet", options=as_options).fit(x, y)
    np.testing.assert_allclose(same.predict_proba(x), fitted.predict_proba(x), rtol=1e-3)
    with pytest.raises(ConfigError, match="epochs = 3 would have no effect"):
        clone(classifier).set_params(epochs=3).fit(x, y)
    with pytest.raises(ConfigError, match="strategy is given as a parameter and in options"):
        clone(classifier).set_params(options=as_options).fit(x, y)
    with pytest.raises(ConfigError, match=r"weights = .* would have no effect"):
        clone(classifier).set_params(strategy=None).fit(x, y)
    tuned = clone(classifier).set_params(strategy="finetune", epochs=1, validation=0.25).fit(x, y)
    assert tuned.n_iter_ <= 1


def test_a_network_given_as_a_parameter_is_not_changed() -> None:
    import torch
    from torch import nn

    module = nn.Linear(3, 2)
    before = module.weight.detach().clone()
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    sp.ImageClassifier(module, epochs=2, options=QUICK).fit(x, y)
    assert torch.equal(module.weight, before)


def test_pixels_are_not_confused_with_floats() -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
    classifier = sp.ImageClassifier("linear", epochs=1, options=QUICK).fit(images, np.arange(40) % 2)
    with pytest.raises(ValueError, match="uint8"):
        classifier.predict(images / 255)


def test_samples_of_another_shape_are_refused() -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
    classifier = sp.ImageClassifier("linear", epochs=1, options=QUICK).fit(images, np.arange(40) % 2)
    assert classifier.predict(images[:3]).shape == (3,)
    with pytest.raises(ValueError, match=r"\(6, 8\), but fit saw \(6, 6\)"):
        classifier.predict(np.zeros((3, 6, 8), np.uint8))


def test_patience_needs_validation_and_stops() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 4)), rng.integers(0, 2, 200)
    classifier = clone(CLASSIFIER).set_params(validation=0.3, patience=2, epochs=50).fit(x, y)
    assert classifier.n_iter_ < 50
    assert "val_accuracy" in classifier.history_[0]
