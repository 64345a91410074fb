import itertools
import math

import pytest
import torch
from small_training import (
    SmallBatch,
    SmallFeed,
    run_small,
    same_weights,
    small_feeds,
    small_network,
    small_settings,
    untimed,
    weights,
)
from torch import nn

from spirula.errors import InputError, ModelError, TrainingError
from spirula.training.checkpoints import load_checkpoint
from spirula.training.device import Machine
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.records import CheckpointRecord, EpochRecord, StepRecord, StoppedRecord
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule

CPU = Machine(torch.device("cpu"))


def epochs_of(records):
    return [record for record in records if isinstance(record, EpochRecord)]


def test_the_loop_is_the_loop_one_would_write():
    train, validation = small_feeds()
    module, records = run_small(small_settings(), feeds=(train, validation))
    raw = small_network()
    optimizer = torch.optim.SGD(
        [p for p in raw.parameters() if p.requires_grad], lr=0.05, momentum=0.9, nesterov=True, fused=True
    )
    torch.manual_seed(0)
    step, best, states, rows = 0, math.inf, None, []
    for epoch in (1, 2, 3):
        raw.train()
        losses, right = 0.0, 0
        for batch in train.epoch(epoch):
            optimizer.param_groups[0]["lr"] = 0.05 * (1 + math.cos(math.pi * step / 9)) / 2
            logits = raw(batch.images)
            loss = nn.functional.cross_entropy(logits, batch.targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += loss.item() * len(logits)
            right += (logits.argmax(1) == batch.targets).sum().item()
            step += 1
        raw.eval()
        with torch.no_grad():
            outputs = [(raw(batch.images), batch.targets) for batch in validation.epoch(0)]
        logits, targets = (torch.cat(part) for part in zip(*outputs, strict=True))
        val_loss = nn.functional.cross_entropy(logits, targets).item()
        val_accuracy = (logits.argmax(1) == targets).float().mean().item()
        rows.append((losses / 20, right / 20, val_loss, val_accuracy))
        if val_loss < best:
            best, states = val_loss, weights(raw)
    for epoch, row in zip(epochs_of(records), rows, strict=True):
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        assert [epoch.metrics[name] for name in names] == pytest.approx(row, rel=1e-5)
    assert same_weights(weights(module), states)
    assert not module.training


def test_records_and_metrics():
    _, records = run_small(small_settings(objective=Objective(Loss("cross-entropy"), l2=0.1)))
    assert isinstance(records[0], StepRecord)
    assert (records[0].epoch, records[0].epochs, records[0].step, records[0].steps) == (1, 3, 1, 9)
    assert records[0].seconds_left > 0
    epochs = epochs_of(records)
    assert [record.epoch for record in epochs] == [1, 2, 3]
    assert list(epochs[0].metrics) == [
        "step",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "penalty",
        "learning_rate",
        "seconds",
        "images_per_second",
        "data_wait",
    ]
    assert [record.metrics["step"] for record in epochs] == [3, 6, 9]
    assert epochs[2].metrics["learning_rate"] == pytest.approx(0.05 * (1 + math.cos(math.pi * 8 / 9)) / 2)
    assert all(0 <= record.metrics["data_wait"] <= 1 for record in epochs)
    last = records[-1]
    assert isinstance(last, StoppedRecord)
    assert (last.reason, last.epoch, last.step, last.monitor) == ("finished", 3, 9, "val_loss")
    assert last.best_value == min(record.metrics["val_loss"] for record in epochs)


def test_same_seed_same_training_other_seed_other_dropout():
    one, first = run_small(small_settings())
    torch.rand(5)
    two, second = run_small(small_settings())
    other, _ = run_small(small_settings(seed=1))
    assert same_weights(weights(one), weights(two))
    assert [untimed([r.metrics]) for r in epochs_of(first)] == [untimed([r.metrics]) for r in epochs_of(second)]
    assert not same_weights(weights(one), weights(other))


def test_step_records_come_a_few_times_a_second():
    ticks = itertools.count()
    feeds = small_feeds(samples=400, batch_size=4)  # 100 steps; the clock below moves 10 ms per look
    _, records = run_small(small_settings(epochs=1), feeds=feeds, clock=lambda: next(ticks) * 0.01)
    steps = [record for record in records if isinstance(record, StepRecord)]
    assert 5 < len(steps) < 20


def test_best_weights_are_restored():
    seen = {}

    def remember(module, records):
        for record in records:
            if isinstance(record, EpochRecord):
                seen[record.epoch] = weights(module)
            yield record

    module = small_network()
    settings = small_settings(
        epochs=8, schedule=Schedule("constant", 0.5), stopping=StoppingRule("val_loss", patience=2)
    )
    *_, last = remember(module, fit(module, *small_feeds(), settings))
    assert last.reason == "patience"
    assert last.best_epoch == last.epoch - 2
    assert same_weights(weights(module), seen[last.best_epoch])
    assert not same_weights(weights(module), seen[last.epoch])


def test_average_is_what_validation_and_result_use():
    settings = small_settings(ema=0.5, epochs=1)
    train, validation = small_feeds()
    module, records = run_small(settings, feeds=(train, validation))
    with torch.no_grad():
        outputs = [(module(batch.images), batch.targets) for batch in validation.epoch(0)]
    logits, targets = (torch.cat(part) for part in zip(*outputs, strict=True))
    measured = nn.functional.cross_entropy(logits, targets).item()
    assert epochs_of(records)[0].metrics["val_loss"] == pytest.approx(measured, rel=1e-6)
    assert not same_weights(weights(module), weights(run_small(small_settings(epochs=1))[0]))


def test_perfect_classifier_has_no_validation_loss():
    class Oracle(nn.Module):
        def __init__(self):
            super().__init__()
            self.offset = nn.Parameter(torch.zeros(1))

        def forward(self, images):
            right = images.mean((1, 2, 3)) > 0
            return torch.stack([torch.where(right, -50.0, 50.0), torch.where(right, 50.0, -50.0)], 1) + self.offset

    targets = torch.arange(12) % 2
    feed = SmallFeed((targets - 0.5).view(-1, 1, 1, 1).expand(-1, 1, 4, 4), targets, 5)
    objective = Objective(Loss("cross-entropy", label_smoothing=0.2, class_weights=(1.0, 4.0)))
    settings = small_settings(objective=objective, epochs=1)
    record = next(r for r in fit(Oracle(), feed, feed, settings) if isinstance(r, EpochRecord))
    assert record.metrics["val_loss"] < 1e-6
    assert record.metrics["val_accuracy"] == 1.0
    assert record.metrics["loss"] > 1.0


def test_without_validation():
    _, records = run_small(small_settings(stopping=StoppingRule("loss")), feeds=(small_feeds()[0], None))
    assert not any(name.startswith("val_") for name in epochs_of(records)[0].metrics)
    assert records[-1].monitor == "loss"
    with pytest.raises(InputError, match="val_loss"):
        run_small(small_settings(), feeds=(small_feeds()[0], None))


def test_regression():
    images = torch.randn(30, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    feed = SmallFeed(images, 3 * images.mean((1, 2, 3)), 8)
    settings = small_settings(
        objective=Objective(Loss("huber")),
        stopping=StoppingRule("val_mae"),
        rule=UpdateRule("adam"),
        epochs=30,
    )
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 1))
    records = epochs_of(fit(module, feed, feed, settings))
    assert records[-1].metrics["val_mae"] < 0.3 * records[0].metrics["val_mae"]
    assert "accuracy" not in records[0].metrics
    assert records[0].metrics["rmse"] >= records[0].metrics["mae"]


def test_gradient_is_bounded():
    # With plain SGD and rate 1, the change of the weights is the (clipped) gradient.
    module = small_network()
    before = weights(module)
    settings = small_settings(
        rule=UpdateRule("sgd"),
        schedule=Schedule("constant", 1.0),
        clip_norm=0.01,
        epochs=1,
        stopping=StoppingRule("loss"),
    )
    train = small_feeds(samples=8)[0]
    list(fit(module, train, None, settings))
    change = torch.cat([(p.detach() - before[name]).flatten() for name, p in module.named_parameters()])
    assert change.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_penalty_shrinks_kernels():
    plain, _ = run_small(small_settings())
    shrunk, records = run_small(small_settings(objective=Objective(Loss("cross-entropy"), l2=0.5)))
    assert shrunk[8].weight.norm() < 0.8 * plain[8].weight.norm()
    assert epochs_of(records)[0].metrics["penalty"] > epochs_of(records)[2].metrics["penalty"] > 0


@pytest.mark.parametrize("changes", [{}, {"channels_last": True}, {"precision": "bfloat16"}, {"precision": "float16"}])
def test_learns_on_every_arithmetic(changes):
    settings = small_settings(machine=Machine(torch.device("cpu"), **changes), epochs=12)
    module, records = run_small(settings, feeds=small_feeds(samples=60))
    assert epochs_of(records)[-1].metrics["val_loss"] < 0.5
    assert all(parameter.dtype == torch.float32 for parameter in module.parameters())


class Poisoned(SmallFeed):
    """One picture of the second epoch is not a number."""

    def epoch(self, epoch, start=0):
        for index, batch in enumerate(super().epoch(epoch, start), start=start):
            images = batch.images * math.nan if (epoch, index) == (2, 1) else batch.images
            yield SmallBatch(images, batch.targets)


def test_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    train, validation = small_feeds()
    poisoned = Poisoned(train.images, train.targets, train.batch_size)
    with pytest.raises(TrainingError, match=r"nan in epoch 2 by step 5 .*") as caught:
        run_small(small_settings(), feeds=(poisoned, validation), checkpoints=tmp_path, checkpoint_every=0.0)
    assert "inputs of the network hold nan (128 of 128 values)" in caught.value.problem
    content = load_checkpoint(tmp_path).content
    assert content.document["position"]["step"] in (3, 4)
    assert all(t.isfinite().all() for t in content.tensors.values() if t.is_floating_point())


def test_weights_that_overflow_after_a_finite_loss_are_not_saved(tmp_path):
    settings = small_settings(
        rule=UpdateRule("sgd"),
        schedule=Schedule("constant", 3e38),
        epochs=1,
        objective=Objective(Loss("cross-entropy", class_weights=(1e4, 1e4))),
    )
    one_step = small_feeds(samples=8)
    with pytest.raises(TrainingError, match=r"no longer finite in epoch 1 by step 1 .*the update itself"):
        run_small(settings, feeds=one_step, checkpoints=tmp_path)
    assert load_checkpoint(tmp_path).content.document["position"]["step"] == 0


def test_an_infinite_buffer_is_no_weight():
    module = small_network()
    module.register_buffer("mask", torch.full((2,), -math.inf))
    *_, last = fit(module, *small_feeds(), small_settings())
    assert last.reason == "finished"


def test_validation_that_is_not_finite_is_named():
    train, validation = small_feeds()
    bad = SmallFeed(validation.images.clone(), validation.targets, 6)
    bad.images[3] = math.inf
    with pytest.raises(TrainingError, match="val_loss is nan in epoch 1"):
        run_small(small_settings(), feeds=(train, bad))


def test_interruption_leaves_a_checkpoint_and_usable_weights(tmp_path):
    calls = itertools.count()
    module, records = run_small(small_settings(), checkpoints=tmp_path, interrupted=lambda: next(calls) == 4)
    assert isinstance(records[-1], StoppedRecord)
    assert records[-1].reason == "interrupted"
    assert isinstance(records[-2], CheckpointRecord)
    assert records[-2].path == load_checkpoint(tmp_path).path
    assert not module.training


def test_network_that_does_not_fit_the_loss():
    with pytest.raises(ModelError, match="one output per class"):
        list(fit(nn.Sequential(nn.Flatten(), nn.Linear(16, 1)), *small_feeds(), small_settings()))


def test_nothing_that_ends_it_is_an_error():
    with pytest.raises(InputError, match="epochs"):
        small_settings(epochs=None)
