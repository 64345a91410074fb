"""The unbroken run and the broken and resumed one agree in every bit."""

import itertools

import pytest
import torch
from small_training import run_small, same_weights, small_feeds, small_settings, untimed, weights
from torch import nn

from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import load
from spirula.errors import RunError
from spirula.training.checkpoints import load_checkpoint
from spirula.training.device import Machine
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.records import StoppedRecord, TimeRecord
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule

CASES = {
    "sgd": small_settings(),
    "plain sgd": small_settings(rule=UpdateRule("sgd", weight_decay=0.01)),
    "adam, bfloat16": small_settings(rule=UpdateRule("adam"), machine=Machine(torch.device("cpu"), "bfloat16")),
    "adam, float16": small_settings(rule=UpdateRule("adam"), machine=Machine(torch.device("cpu"), "float16")),
    "adamw, ema, one-cycle, clipped": small_settings(
        rule=UpdateRule("adamw"), ema=0.8, clip_norm=0.5, schedule=Schedule("one-cycle", 0.01)
    ),
    "rmsprop, penalties, channels last": small_settings(
        rule=UpdateRule("rmsprop", momentum=0.5),
        schedule=Schedule("exponential", 0.001, warmup_steps=2, decay_steps=3, decay_rate=0.8),
        machine=Machine(torch.device("cpu"), channels_last=True),
        objective=Objective(Loss("cross-entropy", 0.1, (1.0, 2.0)), l1=0.001, penalties=(("8.weight", "l2", 0.01),)),
    ),
    "patience": small_settings(
        epochs=9, schedule=Schedule("constant", 0.5), stopping=StoppingRule("val_accuracy", 2, 0.01)
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_interrupted_anywhere(case, tmp_path):
    settings = CASES[case]
    polls = itertools.count()
    unbroken, records = run_small(settings, checkpoints=tmp_path / "unbroken", interrupted=lambda: next(polls) < 0)
    expected, history = weights(unbroken), untimed(load_checkpoint(tmp_path / "unbroken").history)
    total = next(polls)
    assert total >= 18
    for stop_at in range(total):
        folder, calls = tmp_path / str(stop_at), itertools.count()
        _, broken = run_small(settings, checkpoints=folder, interrupted=lambda c=calls, k=stop_at: next(c) == k)
        assert broken[-1].reason == ("interrupted" if stop_at < total - 1 else records[-1].reason)
        resumed, rest = run_small(settings, network_seed=123, checkpoints=folder, resume=load_checkpoint(folder))
        assert same_weights(weights(resumed), expected), stop_at
        assert untimed(load_checkpoint(folder).history) == history
        assert rest[-1] == records[-1]


def test_interrupted_again_and_again(tmp_path):
    unbroken, _ = run_small(small_settings(ema=0.9), checkpoints=tmp_path / "unbroken")
    folder, resume, runs = tmp_path / "broken", None, 0
    while True:
        polls = itertools.count()
        module, records = run_small(
            small_settings(ema=0.9),
            network_seed=runs,
            checkpoints=folder,
            resume=resume,
            interrupted=lambda c=polls: next(c) == 2,
        )
        if records[-1].reason == "finished":
            break
        runs, resume = runs + 1, load_checkpoint(folder)
    assert runs >= 4
    assert same_weights(weights(module), weights(unbroken))
    assert untimed(load_checkpoint(folder).history) == untimed(load_checkpoint(tmp_path / "unbroken").history)


def test_checkpoints_within_an_epoch_change_nothing(tmp_path):
    often, _ = run_small(small_settings(), checkpoints=tmp_path, checkpoint_every=0.0)
    never, _ = run_small(small_settings())
    assert same_weights(weights(often), weights(never))


def test_resuming_a_finished_run_gives_its_result_again(tmp_path):
    module, records = run_small(small_settings(), checkpoints=tmp_path)
    before = sorted(file.name for file in tmp_path.iterdir())
    again, rest = run_small(small_settings(), network_seed=5, checkpoints=tmp_path, resume=load_checkpoint(tmp_path))
    assert same_weights(weights(again), weights(module))
    assert rest[-1] == records[-1]
    assert [type(record) for record in rest[:-1]] == [TimeRecord]
    assert isinstance(rest[-1], StoppedRecord)
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_real_batches_of_digits(tmp_path):
    """Order, augmentation and mixing of the real batches go on in the middle of an epoch too."""
    digits = load("digits")
    rows, held = digits.rows("train"), digits.rows("validation")
    preprocessing = fit_preprocessing(digits, rows, "standardize")

    def train(**arguments):
        augmentation = Augmentation(rotate=10, crop=1, mixup=0.2)
        batches = Batches(
            digits, rows, batch_size=64, preprocessing=preprocessing, shuffle=True, augmentation=augmentation
        )
        validation = Batches(digits, held, batch_size=64, preprocessing=preprocessing)
        torch.manual_seed(4)
        module = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Flatten(),
            nn.Linear(512, 10),
        )
        records = list(fit(module, batches, validation, small_settings(epochs=2, ema=0.9), **arguments))
        return weights(module), records[-1]

    unbroken, last = train()
    for stop_at in (1, 17, 30):
        folder, calls = tmp_path / str(stop_at), itertools.count()
        train(checkpoints=folder, interrupted=lambda c=calls, k=stop_at: next(c) == k)
        resumed, end = train(checkpoints=folder, resume=load_checkpoint(folder))
        assert same_weights(resumed, unbroken)
        assert end == last


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"epochs": 4}, "epochs"),
        ({"rule": UpdateRule("adam")}, "rule"),
        ({"seed": 1}, "seed"),
        ({"machine": Machine(torch.device("cpu"), "bfloat16")}, "precision"),
    ],
)
def test_resuming_another_training_is_an_error(changes, word, tmp_path):
    run_small(small_settings(), checkpoints=tmp_path)
    with pytest.raises(RunError, match=f"another training: {word}"):
        run_small(small_settings(**changes), resume=load_checkpoint(tmp_path))


def test_resuming_with_other_data_or_network_is_an_error(tmp_path):
    run_small(small_settings(), checkpoints=tmp_path)
    with pytest.raises(RunError, match="training samples is 20 in 3 steps there and 24 in 3 steps here"):
        run_small(small_settings(), feeds=small_feeds(samples=24), resume=load_checkpoint(tmp_path))
    loaded = load_checkpoint(tmp_path)
    loaded.content.tensors["module/8.weight"] = torch.zeros(2, 65)
    with pytest.raises(RunError, match=r'does not fit this network at "8.weight"'):
        run_small(small_settings(), resume=loaded)
    del loaded.content.document["position"]
    loaded.content.tensors["module/8.weight"] = torch.zeros(2, 64)
    with pytest.raises(RunError, match="lacks something"):
        run_small(small_settings(), resume=loaded)
