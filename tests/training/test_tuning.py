"""Layers that stay as they are, rates that fall with depth, statistics that are kept, and the start as a candidate."""

import copy
import itertools
import json

import pytest
import torch
from small_training import run_small, same_weights, small_feeds, small_network, small_settings, untimed, weights
from torch import nn

from spirula.errors import ConfigError
from spirula.training.checkpoints import load_checkpoint
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.records import EpochRecord, StartRecord, StoppedRecord
from spirula.training.stopping import BestEpoch, StoppingRule
from spirula.training.transfer.tuning import Tuning
from spirula.training.updates.averaging import WeightAverage
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule


def plain_network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 4, 2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(4, 2),
    )  # fmt: skip


def trained(tuning: Tuning, **changes: object) -> tuple[nn.Module, nn.Module]:
    """Return a network before and after a training."""
    before = plain_network()
    after = copy.deepcopy(before)
    train, validation = small_feeds()
    settings = small_settings(tuning=tuning, stopping=StoppingRule("loss"), **changes)
    list(fit(after, train, validation, settings))
    return before, after


def moved(before: nn.Module, after: nn.Module) -> set[str]:
    pairs = zip(before.state_dict().items(), after.state_dict().values(), strict=True)
    return {name for (name, old), new in pairs if not torch.equal(old, new)}


def test_frozen_layers_stay_as_they_are_to_the_last_bit():
    assert moved(*trained(Tuning(freeze=("0", "1")))) == {"3.weight", "3.bias", "6.weight", "6.bias"}
    assert moved(*trained(Tuning(freeze=("backbone",)), ema=0.9)) == {"6.weight", "6.bias"}
    assert "1.running_mean" in moved(*trained(Tuning()))


def test_kept_statistics_stay_and_their_scale_learns():
    changed = moved(*trained(Tuning(keep_statistics=True)))
    assert {"1.weight", "1.bias"} <= changed
    assert not {"1.running_mean", "1.running_var", "1.num_batches_tracked"} & changed


def test_what_stays_works_in_evaluation_mode_and_the_rest_trains():
    network = plain_network()
    Tuning(freeze=("0", "1")).into_training(network)
    assert [part.training for part in network] == [False, False, True, True, True, True, True]
    Tuning(keep_statistics=True).into_training(network)
    assert [part.training for part in network] == [True, False, True, True, True, True, True]
    Tuning().into_training(network)
    assert all(part.training for part in network.modules())


def test_a_step_of_sgd_moves_each_level_by_its_share_of_the_rate():
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))
    before = copy.deepcopy(network)
    train = small_feeds()[0]
    flat = [(batch.images.flatten(1)[:, :3], batch.targets) for batch in train.epoch(1)][:1]
    nn.functional.cross_entropy(before(flat[0][0]), flat[0][1]).backward()

    class One:
        samples = 8

        def __len__(self):
            return 1

        def epoch(self, epoch, start=0):
            return iter([type("Batch", (), {"images": flat[0][0], "targets": flat[0][1]})])

    settings = small_settings(
        rule=UpdateRule("sgd"), schedule=Schedule("constant", 0.5), epochs=1, tuning=Tuning(layer_decay=0.1),
        stopping=StoppingRule("loss"),
    )  # fmt: skip
    list(fit(network, One(), None, settings))
    for name, rate in (("0", 0.005), ("2", 0.05), ("4", 0.5)):
        old, new = before.get_submodule(name).weight, network.get_submodule(name).weight
        torch.testing.assert_close(new, old - rate * old.grad, rtol=1e-6, atol=1e-8)


def test_the_groups_keep_what_decays_apart():
    network = plain_network()
    factors = Tuning(layer_decay=0.5).rate_factors(network)
    optimizer = UpdateRule("adamw", weight_decay=0.1).optimizer(network, factors)
    told = {
        name: (group["lr_scale"], group["weight_decay"])
        for name, parameter in network.named_parameters()
        for group in optimizer.param_groups
        if any(parameter is member for member in group["params"])
    }
    assert told == {
        "0.weight": (0.25, 0.1), "0.bias": (0.25, 0.0), "1.weight": (0.25, 0.0), "1.bias": (0.25, 0.0),
        "3.weight": (0.5, 0.1), "3.bias": (0.5, 0.0), "6.weight": (1.0, 0.1), "6.bias": (1.0, 0.0),
    }  # fmt: skip
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 8


def test_frozen_weights_have_no_part_in_the_average_the_penalty_or_the_norm():
    network = plain_network()
    Tuning(freeze=("backbone",)).hold(network)
    average = WeightAverage(network, 0.9)
    with torch.no_grad():
        network[6].weight.add_(1.0)
    for _ in range(3):
        average.update()
    assert torch.equal(average.module[0].weight, network[0].weight)
    assert torch.equal(average.module[1].running_var, network[1].running_var)
    penalty = Objective(Loss("cross-entropy"), l2=0.1).penalty(network)
    assert penalty is not None
    torch.testing.assert_close(penalty().detach(), 0.1 * network[6].weight.detach().square().sum())


TUNED = {
    "frozen": small_settings(tuning=Tuning(freeze=("2",)), from_start=True),
    "decay, statistics, ema": small_settings(
        tuning=Tuning(0.5, (), True), ema=0.8, rule=UpdateRule("adamw", weight_decay=0.01), from_start=True
    ),
}


@pytest.mark.parametrize("case", TUNED)
def test_interrupted_anywhere_and_resumed_it_ends_the_same(case, tmp_path):
    settings, polls = TUNED[case], itertools.count()
    unbroken, records = run_small(settings, checkpoints=tmp_path / "unbroken", interrupted=lambda: next(polls) < 0)
    total = next(polls)
    for stop_at in range(total):
        folder, calls = tmp_path / str(stop_at), itertools.count()
        _, broken = run_small(settings, checkpoints=folder, interrupted=lambda c=calls, k=stop_at: next(c) == k)
        assert broken[-1].reason == ("interrupted" if stop_at < total - 1 else "finished")
        resume = load_checkpoint(folder) if any(folder.glob("*.json")) else None
        assert (resume is None) == (stop_at < 2)  # the start is judged in two batches
        seed = 0 if resume is None else 123
        resumed, rest = run_small(settings, network_seed=seed, checkpoints=folder, resume=resume)
        assert same_weights(weights(resumed), weights(unbroken)), stop_at
        assert rest[-1] == records[-1]
        saved, expected = load_checkpoint(folder), load_checkpoint(tmp_path / "unbroken")
        assert untimed(saved.history) == untimed(expected.history)


def test_the_weights_it_began_with_stay_when_no_epoch_is_better():
    settings = small_settings(from_start=True, schedule=Schedule("constant", 3.0), epochs=2, clip_norm=1.0)
    network, records = run_small(settings)
    assert isinstance(records[0], StartRecord)
    assert isinstance(records[-1], StoppedRecord)
    assert records[-1].best_epoch == 0
    assert records[-1].best_value == records[0].metrics["val_loss"]
    assert same_weights(weights(network), weights(small_network()))
    better = run_small(small_settings(from_start=True))[1]
    assert better[-1].best_epoch > 0
    assert not any(isinstance(record, StartRecord) for record in run_small(small_settings())[1])


def test_of_epochs_alike_the_one_with_the_smaller_loss_is_best():
    plain, tied = (BestEpoch(StoppingRule("val_accuracy", 2, tie=tie)) for tie in (None, "val_loss"))
    rows = [(0.9, 0.3), (0.9, 0.2), (0.9, 0.25), (0.8, 0.1)]
    for epoch, (accuracy, loss) in enumerate(rows):
        for best in (plain, tied):
            best.update(epoch, {"val_accuracy": accuracy, "val_loss": loss})
    assert (plain.epoch, tied.epoch) == (0, 1)
    assert tied.exhausted
    again = BestEpoch(tied.rule)
    again.restore(json.loads(json.dumps(tied.state())))
    assert not again.update(4, {"val_accuracy": 0.9, "val_loss": 0.21})
    assert again.update(5, {"val_accuracy": 0.9, "val_loss": 0.19})
    assert "tied" not in plain.state()
    assert repr(plain.rule) == repr(tied.rule)  # checkpoints of other trainings stay what they were


def test_without_these_options_nothing_changes():
    plain = small_settings().identity()
    assert "tuning" not in plain
    assert "from start" not in plain
    judged, _ = run_small(small_settings(from_start=True))
    trained_alone, records = run_small(small_settings())
    assert [type(record) for record in records if isinstance(record, EpochRecord)]
    assert same_weights(weights(judged), weights(trained_alone))  # judging the start draws nothing


@pytest.mark.parametrize(
    ("tuning", "words"),
    [
        (Tuning(freeze=("backbone", "6")), "leaves nothing to train"),
        (Tuning(layer_decay=0.5, freeze=("backbone",)), "one level of layers"),
        (Tuning(freeze=("7",)), "no such layer"),
        (Tuning(freeze=("2",)), "no parameters"),
    ],
)
def test_what_would_have_no_effect_is_refused(tuning, words):
    with pytest.raises(ConfigError, match=words):
        tuning.check(plain_network())


def test_statistics_can_only_be_kept_where_there_are_some():
    with pytest.raises(ConfigError, match="no BatchNormalization"):
        Tuning(keep_statistics=True).check(nn.Sequential(nn.Linear(2, 2)))
