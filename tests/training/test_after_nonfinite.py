"""What is left when a number stopped being finite: weights, checkpoints, facts; and good training, undisturbed."""

import copy
import json
import math

import pytest
import torch
from faulty import Call, RowBatch, RowFeed, SoftReLU, houses, network, vectors
from planted import REGRESSION, failure, regression
from small_training import run_small, same_weights, small_feeds, small_network, small_settings, weights
from torch import nn

from spirula.runs.files import finite
from spirula.training.checkpoints import load_checkpoint
from spirula.training.device import Machine
from spirula.training.diagnosis.culprit import NotFiniteError
from spirula.training.loop import fit
from spirula.training.records import StoppedRecord
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.parameters import tensors
from spirula.training.updates.schedules import Schedule


class TestWhatIsLeft:
    @pytest.mark.parametrize("rule", [UpdateRule("sgd", momentum=0.9), UpdateRule("adam"), UpdateRule("rmsprop")])
    @pytest.mark.parametrize("every", [0.0, 1e9])
    def test_state_is_that_before_the_bad_step(self, rule, every, tmp_path):
        """With dropout, BatchNorm and an average: the weights are those of the training that never met the fault."""

        class Poisoned(type(small_feeds()[0])):
            def epoch(self, epoch, start=0):
                for step, batch in enumerate(super().epoch(epoch, start), start):
                    if (epoch, step) == (2, 2):
                        batch = type(batch)(batch.images * math.nan, batch.targets)
                    yield batch

        train, validation = small_feeds()
        settings = small_settings(rule=rule, ema=0.9, schedule=Schedule("constant", 0.01))
        seen = {}

        def until(fifth, folder):
            """Remember the weights after five steps of the good training."""
            count = iter(range(100))
            return run_small(
                settings, checkpoints=folder, interrupted=lambda: next(count) == fifth, feeds=(train, validation)
            )

        for polls in range(20):  # validation is polled as well: find the moment when five steps were taken
            until(polls, tmp_path / f"good-{polls}")
            loaded = load_checkpoint(tmp_path / f"good-{polls}").content
            if loaded.document["position"]["step"] == 5:
                seen = loaded.tensors
                break
        module = small_network()
        torch.manual_seed(0)
        poisoned = Poisoned(train.images, train.targets, train.batch_size, noise=train.noise)
        with pytest.raises(NotFiniteError) as caught:
            list(fit(module, poisoned, validation, settings, checkpoints=tmp_path / "bad", checkpoint_every=every))
        assert caught.value.moment.step == 6
        expected = {name.removeprefix("module/"): value for name, value in seen.items() if name.startswith("module/")}
        assert same_weights(tensors(module), expected)
        assert torch.equal(torch.get_rng_state(), seen["random/cpu"])
        left = load_checkpoint(tmp_path / "bad").content
        assert left.document["position"]["step"] == (5 if every == 0.0 else 3)
        assert left.document["history"]
        assert all(t.isfinite().all() for t in left.tensors.values() if t.is_floating_point())
        assert any(name.startswith("best/") for name in left.tensors)

    def test_where_the_loss_is_looked_at_only_now_and_then(self, monkeypatch, tmp_path):
        """As on a GPU: broken updates have been taken when it is noticed, and are taken back."""
        monkeypatch.setattr("spirula.training.watch.Watch.look", lambda *_: None)
        feed = regression()
        feed.images = feed.images.clone()
        feed.images[9] = 1e4  # in the second of three steps
        good = network(Call(torch.exp))
        list(fit(good, RowFeed(feed.images[:8], feed.targets[:8]), None, small_settings(
            **{**REGRESSION, "schedule": Schedule("constant", 1e-3), "epochs": 1})))  # fmt: skip
        module = network(Call(torch.exp))
        settings = small_settings(**{**REGRESSION, "schedule": Schedule("constant", 1e-3)})
        with pytest.raises(NotFiniteError, match="by step 3") as caught:
            list(fit(module, feed, None, settings, checkpoints=tmp_path, clock=lambda: 0.0))
        assert (caught.value.moment.step, caught.value.culprit.operation) == (2, "exp")
        assert "it happened in step 2" in str(caught.value)
        assert same_weights(weights(module), weights(good))

    def test_resumed_without_a_folder(self, tmp_path):
        """Without a folder, the checkpoint that is resumed from is remembered."""
        module = network(nn.Identity())
        settings = small_settings(**REGRESSION)
        count = iter(range(9))
        list(fit(module, regression(), None, settings, checkpoints=tmp_path, interrupted=lambda: next(count) == 1))
        bad = regression()
        bad.targets[20] = math.nan
        loaded = load_checkpoint(tmp_path)
        with pytest.raises(NotFiniteError) as caught:
            list(fit(module, bad, None, settings, resume=loaded))
        assert (caught.value.culprit.where, caught.value.culprit.rows) == ("targets", (120,))

    def test_what_does_not_happen_again_is_said(self):
        class Moody(nn.Module):
            calls = 0

            def forward(self, x):
                self.calls += 1
                return x * (math.nan if self.calls == 5 else 1.0)

        module = network(Moody())
        error = failure(module, regression())
        assert error.culprit.where == "unknown"
        assert "did not happen again" in str(error)

    def test_it_can_be_asked_to_stop_while_looking(self):
        stop = []

        class Broken(RowFeed):
            def epoch(self, epoch, start=0):
                for batch in super().epoch(epoch, start):
                    stop.append(True)
                    yield RowBatch(batch.images * math.nan, batch.targets, batch.rows)

        feed = Broken(vectors(), vectors(1)[:, 0])
        with pytest.raises(NotFiniteError) as caught:
            list(fit(network(nn.ReLU()), feed, None, small_settings(**REGRESSION), interrupted=lambda: bool(stop)))
        assert caught.value.culprit.where == "unknown"

    def test_facts_are_json_and_the_error_survives_processes(self):
        error = failure(network(SoftReLU()), houses())
        facts = json.loads(json.dumps(finite(error.facts), allow_nan=False))
        assert facts["operation"] == "exp"
        assert facts["layer"] == "middle"
        assert facts["inputs"][0]["high"] > 88
        assert facts["advice"]
        assert str(copy.copy(error)) == str(error)  # as an error is copied between processes

    def test_good_training_is_left_alone(self, monkeypatch):
        monkeypatch.setattr("spirula.training.watch.Watch._explained", lambda *_: pytest.fail("nothing is wrong"))
        monkeypatch.setattr("spirula.training.watch.Watch._invalid", lambda *_: pytest.fail("nothing is wrong"))
        for changes in ({}, {"machine": Machine(torch.device("cpu"), "bfloat16")}, {"ema": 0.9, "clip_norm": 0.1}):
            _, records = run_small(small_settings(**changes))
            assert isinstance(records[-1], StoppedRecord)
            assert records[-1].reason == "finished"
