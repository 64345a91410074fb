"""Running a training with a planted fault, and what is true of every one that is found."""

from __future__ import annotations

import pytest
from faulty import RowFeed, vectors
from small_training import small_settings

from spirula.errors import TrainingError
from spirula.training.diagnosis.culprit import NotFiniteError
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule

REGRESSION = {"objective": Objective(Loss("mse")), "stopping": StoppingRule("loss"), "rule": UpdateRule("sgd")}


def failure(module, train, validation=None, folder=None, **changes):
    """Train until it breaks; return the error, whose network is as it was before the bad step."""
    settings = small_settings(**{**REGRESSION, "schedule": Schedule("constant", 1e-3), **changes})
    with pytest.raises(NotFiniteError) as caught:
        for _ in fit(module, train, validation, settings, checkpoints=folder, checkpoint_every=0.0):
            pass
    assert isinstance(caught.value, TrainingError)
    for tensor in module.state_dict().values():
        assert caught.value.culprit.where == "weights" or not tensor.is_floating_point() or tensor.isfinite().all()
    return caught.value


def regression(features=8):
    """A feed of vectors with a number to predict."""
    return RowFeed(vectors(features), vectors(1)[:, 0])


def with_dead_sample(images, row=5):
    """A sample of nothing but zeros."""
    changed = images.clone()
    changed[row] = 0.0
    return changed
