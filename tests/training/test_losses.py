import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from spirula.errors import InputError, ModelError
from spirula.training.losses import Loss, Objective, auto_class_weights
from spirula.training.measures import Measures

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0], [1.0, 1.0, 1.0], [-1.0, 0.0, 4.0]])
CLASSES = torch.tensor([0, 1, 2, 0])


def by_hand(logits, probabilities, weights=(1.0, 1.0, 1.0), smoothing=0.0):
    total = 0.0
    for row, target in zip(logits.tolist(), probabilities.tolist(), strict=True):
        log_sum = math.log(sum(math.exp(x) for x in row))
        for weight, x, t in zip(weights, row, target, strict=True):
            total -= weight * ((1 - smoothing) * t + smoothing / len(row)) * (x - log_sum)
    return total / len(logits)


@given(st.floats(0, 0.9), st.tuples(*[st.floats(0.1, 5)] * 3), st.booleans())
def test_cross_entropy_by_hand(smoothing, weights, soft):
    hot = functional.one_hot(CLASSES, 3).float()
    mixed = 0.7 * hot + 0.3 * hot.roll(1, 0)
    loss = Loss("cross-entropy", smoothing, weights).on("cpu")(LOGITS, mixed if soft else CLASSES)
    assert loss.item() == pytest.approx(by_hand(LOGITS, mixed if soft else hot, weights, smoothing), rel=1e-5)


def test_weighted_soft_and_hard_targets_agree():
    criterion = Loss("cross-entropy", 0.1, (0.5, 2.0, 1.0)).on("cpu")
    torch.testing.assert_close(criterion(LOGITS, CLASSES), criterion(LOGITS, functional.one_hot(CLASSES, 3).float()))


def test_plain_loss_has_neither_smoothing_nor_weights():
    loss = Loss("cross-entropy", 0.2, (1.0, 5.0, 1.0)).plain().on("cpu")(LOGITS, CLASSES)
    torch.testing.assert_close(loss, functional.cross_entropy(LOGITS, CLASSES))


@pytest.mark.parametrize("name", ["cross-entropy", "binary-cross-entropy"])
def test_a_perfect_classifier_reaches_zero(name):
    logits = torch.where(functional.one_hot(CLASSES, 3) > 0, 30.0, -30.0)
    assert (
        Loss(name, 0.1 if name == "cross-entropy" else 0.0, (1.0, 2.0, 3.0)).plain().on("cpu")(logits, CLASSES).item()
        < 1e-9
    )


def test_one_sigmoid_output():
    logits, classes = torch.tensor([[0.3], [-2.0], [1.5]]), torch.tensor([1, 0, 0])
    expected = -sum(
        math.log(p if t else 1 - p)
        for p, t in zip(torch.sigmoid(logits).squeeze(1).tolist(), classes.tolist(), strict=True)
    )
    criterion = Loss("binary-cross-entropy").on("cpu")
    assert criterion(logits, classes).item() == pytest.approx(expected / 3, rel=1e-6)
    # the same targets as MixUp would give them
    torch.testing.assert_close(criterion(logits, functional.one_hot(classes, 2).float()), criterion(logits, classes))
    torch.testing.assert_close(criterion(logits, classes.float()), criterion(logits, classes))


def test_one_sigmoid_output_with_class_weights():
    logits, classes = torch.tensor([[0.3], [-2.0]]), torch.tensor([1, 0])
    each = functional.binary_cross_entropy_with_logits(logits.squeeze(1), classes.float(), reduction="none")
    weighted = Loss("binary-cross-entropy", class_weights=(0.5, 3.0)).on("cpu")(logits, classes)
    torch.testing.assert_close(weighted, (3.0 * each[0] + 0.5 * each[1]) / 2)


def test_several_labels():
    targets = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    p = torch.sigmoid(LOGITS.double())
    each = -(targets * p.log() + (1 - targets) * (1 - p).log())
    assert Loss("binary-cross-entropy").on("cpu")(LOGITS, targets).item() == pytest.approx(each.mean().item(), rel=1e-6)
    weighted = (each * torch.tensor([2.0, 1.0, 0.5])).mean().item()
    criterion = Loss("binary-cross-entropy", class_weights=(2.0, 1.0, 0.5)).on("cpu")
    assert criterion(LOGITS, targets).item() == pytest.approx(weighted, rel=1e-6)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=8), st.floats(0.1, 3))
def test_regression_by_hand(pairs, delta):
    outputs = torch.tensor([[a] for a, _ in pairs])
    targets = torch.tensor([b for _, b in pairs])
    errors = [(a - b) for a, b in zip(outputs.squeeze(1).tolist(), targets.tolist(), strict=True)]
    hubers = [e * e / 2 if abs(e) <= delta else delta * abs(e) - delta * delta / 2 for e in errors]
    expected = {
        "mse": sum(e * e for e in errors) / len(errors),
        "mae": sum(map(abs, errors)) / len(errors),
        "huber": sum(hubers) / len(errors),
    }
    for name, value in expected.items():
        assert Loss(name, huber_delta=delta).on("cpu")(outputs, targets).item() == pytest.approx(
            value, rel=1e-4, abs=1e-5
        )


@pytest.mark.parametrize(
    ("name", "logits", "targets"),
    [
        ("cross-entropy", torch.zeros(4, 1), torch.zeros(4, dtype=torch.long)),
        ("cross-entropy", torch.zeros(4, 3), torch.zeros(4, 2)),
        ("binary-cross-entropy", torch.zeros(4, 3), torch.zeros(4, 2)),
        ("mse", torch.zeros(4, 2), torch.zeros(4)),
    ],
)
def test_unfit_shapes_are_errors_and_not_broadcasts(name, logits, targets):
    with pytest.raises(ModelError, match="shape"):
        Loss(name).on("cpu")(logits, targets)


def test_auto_class_weights_average_to_one_over_the_samples():
    counts = (90, 9, 1)
    weights = auto_class_weights(counts)
    assert sum(w * n for w, n in zip(weights, counts, strict=True)) == pytest.approx(100)
    assert weights[2] == pytest.approx(90 * weights[0])
    with pytest.raises(InputError, match="class number 1"):
        auto_class_weights((3, 0))


def test_penalties_by_hand():
    module = nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 1))
    conv, dense = module[0].weight, module[3].weight
    penalty = Objective(Loss("mse"), l1=0.1, l2=0.01, penalties=(("3.weight", "l2", 0.5),)).penalty(module)
    expected = sum(0.1 * w.abs().sum() + 0.01 * (w**2).sum() for w in (conv, dense)) + 0.5 * (dense**2).sum()
    torch.testing.assert_close(penalty(), expected)
    penalty().backward()
    torch.testing.assert_close(conv.grad, 0.1 * conv.sign() + 0.02 * conv.detach())
    assert module[0].bias.grad is None
    assert Objective(Loss("mse")).penalty(module) is None
    with pytest.raises(ModelError, match=r"9\.weight"):
        Objective(Loss("mse"), penalties=(("9.weight", "l2", 0.5),)).penalty(module)


def test_measures_over_uneven_batches():
    measures = Measures("cross-entropy")
    for rows in ([0, 1, 2], [3]):
        loss = functional.cross_entropy(LOGITS[rows], CLASSES[rows])
        measures.add(LOGITS[rows], CLASSES[rows], loss, torch.tensor(2.0))
    assert measures.results("val_") == {
        "val_loss": pytest.approx(functional.cross_entropy(LOGITS, CLASSES).item(), rel=1e-6),
        "val_accuracy": 0.5,
    }
    assert measures.penalty() == 2.0
    assert measures.samples == 4
    again = Measures("cross-entropy")
    again.restore(measures.state())
    assert again.state() == measures.state()


def test_measures_of_soft_binary_multilabel_and_regression():
    soft = Measures("cross-entropy")
    soft.add(LOGITS, functional.one_hot(CLASSES, 3) * 0.8 + 0.1, torch.tensor(0.0))
    assert soft.accuracy() == 0.5
    binary = Measures("binary-cross-entropy")
    binary.add(torch.tensor([[1.0], [-1.0], [2.0]]), torch.tensor([1, 1, 1]), torch.tensor(0.0))
    assert binary.accuracy() == pytest.approx(2 / 3)
    several = Measures("binary-cross-entropy")
    several.add(torch.tensor([[1.0, -1.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor(0.0))
    assert several.accuracy() == 0.75
    numbers = Measures("huber")
    numbers.add(torch.tensor([[1.0], [2.0]]), torch.tensor([0.0, 5.0]), torch.tensor(0.0))
    assert numbers.accuracy() is None
    assert numbers.results() == {"loss": 0.0, "mae": 2.0, "rmse": pytest.approx(math.sqrt(5))}


@pytest.mark.parametrize("name", ["cross-entropy", "binary-cross-entropy", "mse"])
def test_measures_do_not_depend_on_when_somebody_looks(name, monkeypatch):
    generator = torch.Generator().manual_seed(2)
    batches = [(torch.randn(7, 3, generator=generator), torch.rand(7, 3, generator=generator)) for _ in range(40)]
    states = []
    for every, waiting in ((1, 1 << 20), (3, 1 << 20), (100, 1 << 20), (100, 50)):
        monkeypatch.setattr("spirula.training.measures.WAITING", waiting)
        measures = Measures(name)
        for number, (logits, targets) in enumerate(batches, start=1):
            measures.add(logits, targets, logits.mean(), targets.mean())
            if number % every == 0:
                state = measures.state()
                measures.restore(state)
        states.append(measures.state())
    assert all(state == states[0] for state in states)
