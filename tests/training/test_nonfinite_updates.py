"""Numbers that break in the gradient, the update or the data."""

import copy
import math

import pytest
import torch
from faulty import Call, Poisoning, RowBatch, RowFeed, network, vectors
from planted import REGRESSION, failure, regression, with_dead_sample
from small_training import same_weights, small_settings, weights
from torch import nn

from spirula.training.checkpoints import load_checkpoint
from spirula.training.diagnosis.culprit import NotFiniteError
from spirula.training.loop import fit
from spirula.training.losses import Loss
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.parameters import tensors
from spirula.training.updates.schedules import Schedule


class Steep(torch.autograd.Function):
    """The identity with a slope of 1e30."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 1e30


class TestGradient:
    def test_root_at_0(self):
        feed = regression()
        feed.images = with_dead_sample(feed.images, 3)
        module = nn.Sequential(Call(lambda x: x), nn.Linear(8, 6, bias=False), Call(lambda x: x.square().sqrt()))
        module.append(nn.Linear(6, 1))
        error = failure(module, feed)
        found = error.culprit
        assert (found.where, found.layer, found.operation) == ("gradient", "2", "sqrt")
        assert found.rows == (103,)
        assert "slope of a root" in error.remedy
        assert math.isnan(error.moment.gradient_norm)

    def test_a_gradient_of_weights_names_no_samples(self):
        """Its first axis is as long as the batch, and counts something else."""
        torch.manual_seed(0)
        first_channel = Call(lambda maps: Steep.apply(maps[:, 0] * 1e-20))
        module = nn.Sequential(Call(lambda x: x[:, None] * 1e25), nn.Conv1d(1, 8, 8), first_channel)
        error = failure(module, regression())
        assert (error.culprit.where, error.culprit.layer, error.culprit.operation) == (
            "gradient",
            "1",
            "convolution",
        )
        assert error.culprit.rows == ()

    def test_where_does_not_guard_a_gradient(self):
        guarded = Call(lambda x: torch.where(x > 0, (x * (x > 0)).log(), x))
        error = failure(network(guarded), regression())
        assert (error.culprit.where, error.culprit.layer, error.culprit.operation) == ("gradient", "middle", "log")
        assert "torch.where" in error.remedy

    def test_of_a_function_between_two_layers(self):
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(8, 6), nn.Linear(6, 1)

            def forward(self, x):
                return self.b((self.a(x) * 0).sqrt())

        found = failure(Own(), regression()).culprit
        assert (found.where, found.layer, found.operation) == ("gradient", "", "sqrt")

    def test_of_the_loss(self, monkeypatch):
        monkeypatch.setattr(Loss, "on", lambda self, device: lambda out, target: (out[:, 0] * 0).sqrt().mean())
        found = failure(network(nn.Identity()), regression()).culprit
        assert (found.where, found.layer, found.operation) == ("gradient", "the loss", "sqrt")


class TestUpdate:
    def test_huge_learning_rate(self):
        module = network(nn.ReLU())
        settings = small_settings(**{**REGRESSION, "schedule": Schedule("constant", 30.0)})
        with pytest.raises(NotFiniteError) as caught:
            list(fit(module, RowFeed(vectors(), vectors(1)[:, 0], 1), None, settings))
        error = caught.value
        assert "learning rate" in error.remedy.split(".")[0]
        assert error.moment.before
        assert error.moment.before[-1].gradient_norm > 1
        assert "gradient norms: " in str(error)

    def test_weights_that_overflow_in_the_update_itself(self, tmp_path):
        module = network(nn.ReLU())
        before = weights(module)
        error = failure(
            module, RowFeed(1e3 * vectors(), vectors(1)[:, 0]), folder=tmp_path, schedule=Schedule("constant", 3e38)
        )
        assert error.culprit.where == "update"
        assert error.culprit.operation in dict(module.named_parameters())
        assert error.culprit.inputs[0].finite
        assert "learning rate" in error.remedy
        assert same_weights(weights(module), before)

    def test_nan_in_a_weight_from_the_beginning(self):
        module = network(nn.ReLU())
        with torch.no_grad():
            module.head.weight[0, 3] = math.nan
        error = failure(module, regression())
        assert (error.culprit.where, error.culprit.layer, error.culprit.operation) == ("weights", "head", "head.weight")
        assert "pretrained" in error.remedy

    def test_nan_written_into_a_weight_while_training(self, tmp_path):
        module = network(nn.Identity())
        module.middle = Poisoning(module.head, after=5)
        error = failure(module, regression(), folder=tmp_path)
        assert (error.culprit.where, error.culprit.layer, error.culprit.operation) == ("weights", "head", "head.weight")
        assert "writes into the network" in error.remedy
        assert error.moment.step == 5
        assert module.head.weight.isfinite().all()

    @pytest.mark.parametrize("on_disk", [True, False])
    def test_the_steps_before_an_update_that_breaks_are_taken_again(self, on_disk, tmp_path):
        """Also Adam's count of steps is taken back, on the disk and in memory."""

        growing = Schedule("exponential", 1e-3, decay_steps=1, decay_rate=1e9)  # the sixth rate is beyond float32
        settings = small_settings(**{**REGRESSION, "schedule": growing, "rule": UpdateRule("adam")})
        # A bounded activation: the outputs stay finite while the weights explode.
        module = nn.Sequential(nn.Linear(8, 6), nn.Tanh(), Call(lambda x: x.mean(1, keepdim=True)))
        good = copy.deepcopy(module)
        with pytest.raises(NotFiniteError) as caught:
            list(fit(module, regression(), None, settings, checkpoints=tmp_path / "bad" if on_disk else None))
        assert (caught.value.culprit.where, caught.value.moment.step) == ("update", 6)
        asked = iter(range(99))  # after each of three steps, after the first epoch, after two more steps
        list(fit(good, regression(), None, settings, checkpoints=tmp_path, interrupted=lambda: next(asked) == 5))
        left = load_checkpoint(tmp_path).content
        assert left.document["position"]["step"] == 5
        assert all(torch.equal(left.tensors[f"module/{name}"], value) for name, value in tensors(module).items())

    def test_nan_in_the_data_that_the_network_replaces_is_innocent(self):
        feed = regression()
        feed.images = feed.images.clone()
        feed.images[11, 3] = math.nan
        module = nn.Sequential(Call(torch.nan_to_num), nn.Linear(8, 6), Call(lambda x: (x - x).log()), nn.Linear(6, 1))
        found = failure(module, feed).culprit
        assert (found.where, found.layer, found.operation) == ("network", "2", "log")

    def test_nan_in_a_statistic(self):
        class Scaled(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("mean", torch.tensor([0.0, 0, 0, math.nan, 0, 0]))

            def forward(self, x):
                return x - self.mean

        with pytest.raises(NotFiniteError) as caught:
            list(fit(network(Scaled()), regression(), None, small_settings(**REGRESSION)))
        found = caught.value.culprit
        assert (found.where, found.layer, found.operation) == ("weights", "middle", "middle.mean")


class TestData:
    def test_infinity_in_one_sample(self):
        class Augmented(RowFeed):
            """An augmentation that divides by zero in the second epoch."""

            def epoch(self, epoch, start=0):
                for step, batch in enumerate(super().epoch(epoch, start), start):
                    images = batch.images.clone()
                    if (epoch, step) == (2, 1):
                        images[4, 2] = math.inf
                    yield RowBatch(images, batch.targets, batch.rows)

        error = failure(network(nn.ReLU()), Augmented(vectors(), vectors(1)[:, 0]))
        assert error.culprit.where == "data"
        assert error.culprit.rows == (112,)
        assert (error.moment.epoch, error.moment.step) == (2, 5)
        assert "row 112" in str(error)
        assert "augmentation" in error.remedy

    def test_mixing_with_an_infinite_share(self):
        class Mixed(RowFeed):
            def epoch(self, epoch, start=0):
                for batch in super().epoch(epoch, start):
                    share = torch.ones(len(batch.images), 1)
                    share[6] = math.inf
                    mixed = batch.images * share + batch.images.roll(1, 0) * (1 - share)
                    yield RowBatch(mixed, batch.targets, batch.rows)

        error = failure(network(nn.ReLU()), Mixed(vectors(), vectors(1)[:, 0]))
        assert (error.culprit.where, error.culprit.rows) == ("data", (106,))

    @pytest.mark.parametrize("value", [math.inf, math.nan])
    def test_target_that_is_no_number(self, value):
        feed = regression()
        feed.targets[17] = value
        error = failure(network(nn.ReLU()), feed)
        assert (error.culprit.where, error.culprit.rows) == ("targets", (117,))
        assert "targets" in error.remedy

    def test_validation_names_its_samples(self):
        train, validation = regression(), regression()
        validation.images = validation.images.clone()
        validation.images[2, 0] = math.nan
        error = failure(network(nn.ReLU()), train, validation)
        assert error.seen == "val_loss is nan in epoch 1"
        assert (error.culprit.where, error.culprit.rows) == ("data", (102,))

    def test_validation_that_overflows_names_layer_and_samples(self):
        train, validation = regression(), regression()
        validation.images = validation.images.clone()
        validation.images[10] = 1e4
        error = failure(network(Call(torch.exp)), train, validation, schedule=Schedule("constant", 1e-9))
        assert (error.culprit.layer, error.culprit.operation, error.culprit.rows) == ("middle", "exp", (110,))
