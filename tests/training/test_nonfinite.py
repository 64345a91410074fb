"""Planted faults: the layer, the operation and the samples that are named must be those where the fault was put."""

import math

import pytest
import torch
from faulty import Call, RowFeed, SoftReLU, houses, network, vectors
from planted import failure, regression, with_dead_sample
from torch import nn

from spirula.training.device import Machine
from spirula.training.losses import Loss, Objective


class TestForward:
    def test_soft_relu_on_unscaled_houses(self):
        error = failure(network(SoftReLU()), houses())
        found = error.culprit
        assert (found.where, found.layer, found.operation) == ("network", "middle", "exp")
        assert found.title == "middle (SoftReLU())"
        assert found.inputs[0].high > 88.7
        assert error.moment.images.high > 1000
        assert "softplus" in error.remedy
        assert "Scale the inputs" in error.remedy
        assert error.remedy.startswith("exp(x) is infinite")  # the operation's own advice comes first

    def test_soft_relu_inside_a_layer_of_the_users_own(self):
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(8, 6)
                self.activation = SoftReLU()

            def forward(self, x):
                return self.activation(self.hidden(x))

        found = failure(network(nn.Sequential(nn.Linear(6, 8), Own())), houses()).culprit
        assert (found.layer, found.operation) == ("middle.1.activation", "exp")

    def test_operation_in_a_function_between_layers_belongs_to_the_module_that_calls_it(self):
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(8, 6), nn.Linear(6, 1)

            def forward(self, x):
                return self.b((self.a(x) * 1e4).exp())

        found = failure(Own(), regression()).culprit
        assert (found.where, found.layer, found.operation) == ("network", "", "exp")
        assert found.title == "the forward of Own"

    @pytest.mark.parametrize(
        ("function", "operation", "advice"),
        [
            (lambda x: (x - x).log(), "log", "logarithm of 0"),
            (lambda x: (-1 - x * x).log(), "log", "negative"),
            (lambda x: (-1 - x * x).sqrt(), "sqrt", "root"),
            (lambda x: x / (x.mean(1, keepdim=True) * 0), "division", "division by zero"),
            (lambda x: (x - x) / (x - x), "division", "division by zero"),
            (lambda x: (1000 * x.abs() + 100).exp() * 0, "exp", "infinite above 88.7"),
            (lambda x: (x * 1e30) * 1e30, "product", "beyond 3.4e38"),
            (lambda x: (x * 0 - math.inf).softmax(1), "softmax", "softmax"),
            (lambda x: (x - x.mean(0)) / (x * 0 + 3).std(0), "division", "division by zero"),
            (lambda x: (x * 0).rsqrt(), "rsqrt", "1 / sqrt(0)"),
        ],
    )  # fmt: skip
    def test_operation(self, function, operation, advice):
        error = failure(network(Call(function)), regression())
        found = error.culprit
        assert (found.where, found.layer, found.operation) == ("network", "middle", operation)
        assert operation in str(error)
        assert "middle" in str(error)
        assert advice in error.remedy

    def test_standardising_one_dead_sample_names_it(self):
        feed = regression()
        feed.images = with_dead_sample(feed.images, 13)
        standardise = Call(lambda x: (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True))
        module = nn.Sequential(standardise, nn.Linear(8, 1))
        found = failure(module, feed).culprit
        assert (found.layer, found.operation) == ("0", "division")
        assert found.rows == (113,)
        assert found.batch_size == 8

    def test_batch_norm_of_constant_features_with_epsilon_0(self):
        """Our layer and torch's own refuse epsilon 0; one written by hand does not."""

        class OwnBatchNorm(nn.Module):
            def forward(self, x):
                return (x - x.mean(0)) / x.var(0, unbiased=False).sqrt()

        module = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), OwnBatchNorm(), nn.Linear(6, 1))
        nn.init.constant_(module[0].bias, -100.0)
        error = failure(module, regression())
        assert (error.culprit.layer, error.culprit.operation) == ("2", "division")
        assert error.culprit.title == "2 (OwnBatchNorm())"
        assert "1e-7" in error.remedy

    def test_layer_norm_of_a_dead_sample_with_epsilon_0(self):
        feed = regression()
        feed.images = with_dead_sample(feed.images, 20)
        error = failure(nn.Sequential(nn.LayerNorm(8, eps=0.0), nn.Linear(8, 1)), feed)
        found = error.culprit
        assert (found.layer, found.operation, found.rows) == ("0", "layer normalisation", (120,))
        assert found.title.startswith("0 (LayerNorm(")

    def test_bfloat16_rounds_to_1_and_its_rest_is_0(self):
        module = network(Call(lambda x: (1 - (8 + x.to(torch.bfloat16) * 0).sigmoid()).log()))
        error = failure(module, regression(), machine=Machine(torch.device("cpu"), "bfloat16"))
        assert (error.culprit.layer, error.culprit.operation) == ("middle", "log")
        assert "bfloat16" in error.remedy
        assert "logarithm of 0" in error.remedy

    def test_infinities_written_on_purpose_are_nobodys_fault(self):
        """Padding before max pooling and an attention's mask come first, and are innocent."""
        mask = torch.zeros(6, 6).masked_fill(torch.ones(6, 6).triu(1).bool(), -math.inf)

        def attend(x):
            padded = nn.functional.pad(x[:, None], (1, 1), value=-math.inf)
            pooled = nn.functional.max_pool1d(padded, 3, 1)[:, 0]
            return pooled @ (mask + 1).softmax(1)

        module = nn.Sequential(nn.Linear(8, 6), Call(attend), Call(lambda x: (x - x).log()), nn.Linear(6, 1))
        found = failure(module, regression()).culprit
        assert (found.layer, found.operation) == ("2", "log")

    def test_what_breaks_and_is_not_used_is_innocent(self):
        def forgetful(x):
            x.mul(0).log()
            return x * 0 + torch.where(x > -1e9, x, x.mul(0).log()).detach() * 1e38 * 1e38

        found = failure(network(Call(forgetful)), regression()).culprit
        assert (found.layer, found.operation) == ("middle", "product")

    def test_in_place_operations(self):
        module = nn.Sequential(nn.Linear(8, 6), Call(lambda x: (x * 1e3).exp_() - 1), nn.Linear(6, 1))
        found = failure(module, regression()).culprit
        assert (found.layer, found.operation) == ("1", "exp")
        assert found.inputs[0].high > 88  # as it was before it was overwritten
        assert found.inputs[0].finite


class TestLoss:
    def test_log_of_0_in_a_hand_written_loss(self, monkeypatch):
        def criterion(outputs, targets):
            return -(outputs.softmax(1)[torch.arange(len(targets)), targets]).log().mean()

        monkeypatch.setattr(Loss, "on", lambda self, device: criterion)
        feed = RowFeed(vectors() * 1e4, torch.arange(24) % 2)
        objective = Objective(Loss("cross-entropy"))
        error = failure(network(nn.Identity(), outputs=2), feed, objective=objective)
        assert (error.culprit.where, error.culprit.operation) == ("loss", "log")
        assert error.culprit.rows
        assert set(error.culprit.rows) <= set(range(100, 124))
        assert "on logits" in error.remedy

    def test_squares_that_overflow(self):
        feed = regression()
        feed.targets[9] = 1e25
        error = failure(network(nn.ReLU()), feed)
        assert (error.culprit.where, error.culprit.operation) == ("loss", "mse")
        assert error.culprit.rows == (109,)
        assert "targets go up to 1e+25" in error.remedy

    def test_penalty(self):
        module = network(nn.Identity())
        nn.init.constant_(module.head.weight, 1e20)
        objective = Objective(Loss("mae"), l2=0.1)
        error = failure(module, regression(), objective=objective)
        assert (error.culprit.where, error.culprit.operation) == ("penalty", "pow")
