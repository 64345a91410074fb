"""T: what the learning curves say. Each check is a function from a run's facts to findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..wording import parse_duration
from .facts import RunFacts
from .finding import Finding
from .signals import larger_network, vanishing

# T003. Prechelt (1998), "Early stopping - but when?": a validation loss 5 % above its least is the mildest sign that
# generalisation is lost. Twice that, held for three epochs, is beyond what small validation sets do by chance.
OVERFIT_RISE, OVERFIT_EPOCHS = 0.10, 3
OVERFIT_NATS = 0.02  # of the loss of a guess: 0.01 nats more of an excellent network cost nothing
OVERFIT_FALL = 0.10  # and the training loss has fallen by this share meanwhile: otherwise both only shake
# T004. Of the loss of a guess by class frequency: what half of it is left, little has been learned.
LITTLE_LEARNED = 0.5
FAR_FROM_RIGHT = 0.6  # of the way from naming the largest class to being right on every training sample
ALIKE = 0.05  # training and validation accuracy this close: nothing is memorised
PLATEAU = 0.02  # loss gained per epoch, as a share, that more epochs of the same would hardly add to
FEW_EPOCHS = 4  # with fewer, a curve has no shape
# T005. A loss a tenth above its least so far is no noise of the batches; three in ten epochs of that is a habit.
RISE, RISES = 0.10, 0.3
# A network that stays above the loss of a guess by class frequency was thrown there; one that cannot learn stays at it.
# T006. Smith (2017, arXiv:1506.01186): in the range of good rates the loss falls steeply and then bends. A loss that in
# the second half of the training falls as far for its learning rate as in the first has not come to the bend.
STRAIGHT, CRAWLING = 0.5, 0.85  # and so much is left of the loss of a guess
# T007. Validation loss still falling by so much an epoch; where the schedule ends near zero, the last epochs always
# gain, and it takes more to say that others would follow.
STILL_FALLING, STILL_FALLING_ANNEALED = 0.03, 0.10
MORE_EPOCHS = 2  # times as many


def overfitting(facts: RunFacts) -> list[Finding]:
    """T003: the validation loss rose for good while the training loss went on falling."""
    train, held = facts.column("loss"), facts.column("val_loss")
    if not train or len(held) < OVERFIT_EPOCHS + 1:
        return []
    best = int(np.argmin(held))
    after = held[best + 1 :]
    if len(after) < OVERFIT_EPOCHS:
        return []
    end = float(np.mean(held[-OVERFIT_EPOCHS:]))
    rise = max(OVERFIT_RISE * held[best], OVERFIT_NATS * (facts.chance_loss or 0.0))
    if end < held[best] + rise or train[-1] > (1 - OVERFIT_FALL) * train[best]:
        return []
    evidence = {
        "epoch": int(facts.history[best]["epoch"]),
        "epochs": len(held),
        "least": held[best],
        "end": end,
        "train_then": train[best],
        "train_end": train[-1],
        "file": "metrics.jsonl",
    }
    return [Finding("T003", "warning", evidence, facts.train_again(**_against_overfitting(facts)))]


def _against_overfitting(facts: RunFacts) -> dict[str, float]:
    """Return the first thing to try that was not tried: moved pictures, then shorter weights."""
    if len(facts.data.get("image") or ()) == 3 and not facts.options.get("shift"):
        return {"shift": 0.1}
    if facts.options.get("optimizer") not in ("adamw", "sgd"):
        return {"l2": float(f"{10 * facts.options['l2']:.3g}") if facts.options.get("l2") else 1e-4}
    decay = facts.options.get("weight_decay") or 0.005
    return {"weight_decay": float(f"{10 * decay:.3g}")}


def underfitting(facts: RunFacts) -> list[Finding]:
    """T004: little was learned, of the training samples either, and more epochs would not change that."""
    held, chance = _plain_loss(facts), facts.chance_loss
    if chance is None or len(held) < FEW_EPOCHS or min(held) < LITTLE_LEARNED * chance:
        return []
    if never_learned(facts) or rate_too_low(facts) or vanishing(facts):
        return []
    train, judged = facts.column("accuracy"), facts.column("val_accuracy")
    majority = max(facts.class_counts.values()) / sum(facts.class_counts.values())
    if not train or train[-1] > majority + FAR_FROM_RIGHT * (1 - majority):
        return []
    if (judged and train[-1] - judged[-1] > ALIKE) or _slope(held) > PLATEAU:
        return []
    evidence = {
        "accuracy": train[-1],
        "loss": min(held),
        "chance": chance,
        "epochs": len(held),
        "file": "metrics.jsonl",
    }
    larger = larger_network(facts)
    same = facts.options.get("model") == larger
    command = facts.train_again(epochs=MORE_EPOCHS * len(held)) if same else facts.train_again(model=larger)
    return [Finding("T004", "warning", evidence, command)]


def rate_too_high(facts: RunFacts) -> list[Finding]:
    """T005: the training loss jumps up again and again, or never came below that of a guess."""
    train = facts.column("loss")
    rate = _rate(facts)
    if len(train) < 2 or rate is None:
        return []
    lower = facts.train_again(learning_rate=f"{rate / 10:.3g}")
    lowest = np.minimum.accumulate(train)
    risen = [place for place in range(1, len(train)) if train[place] > (1 + RISE) * lowest[place - 1]]
    evidence = {"learning_rate": rate, "epochs": len(train), "file": "metrics.jsonl"}
    if never_learned(facts):
        told = {"loss": min(train), "chance": facts.chance_loss}
        return [Finding("T005", "problem", {**evidence, **told}, lower, "nothing")]
    if len(risen) >= max(2, RISES * len(train)):
        told = {"times": len(risen), "epoch": int(facts.history[risen[0]]["epoch"])}
        return [Finding("T005", "warning", {**evidence, **told}, lower)]
    return []


def never_learned(facts: RunFacts) -> bool:
    """Whether the loss never fell below that of a guess by class frequency, and not because it falls too slowly."""
    plain, chance = _plain_loss(facts), facts.chance_loss
    train = facts.column("loss")
    if chance is None or min(len(plain), len(train)) < 2 or min(*plain, *train) < chance:
        return False
    return not vanishing(facts) and not _falls_all_along(facts.column("loss"))


def rate_too_low(facts: RunFacts) -> list[Finding]:
    """T006: the loss falls all along, far from done, and does not slow down."""
    plain, chance, rate = _plain_loss(facts), facts.chance_loss, _rate(facts)
    train, rates = facts.column("loss"), facts.column("learning_rate")
    if chance is None or rate is None or min(len(train), len(plain)) < FEW_EPOCHS:
        return []
    if min(*plain, *train) < CRAWLING * chance:
        return []
    if vanishing(facts) or not _straight(train, rates):
        return []
    evidence = {
        "learning_rate": rate,
        "loss": plain[-1],
        "chance": chance,
        "epochs": len(train),
        "file": "metrics.jsonl",
    }
    return [Finding("T006", "warning", evidence, facts.train_again(learning_rate=f"{10 * rate:.3g}"))]


def still_improving(facts: RunFacts) -> list[Finding]:
    """T007: the last epoch was the best, and validation was still gaining."""
    held = facts.column("val_loss")
    stopped = (facts.document.get("stopped") or {}).get("reason")
    if len(held) < FEW_EPOCHS or stopped not in ("finished", "budget") or int(np.argmin(held)) != len(held) - 1:
        return []
    if rate_too_low(facts) or rate_too_high(facts):
        return []
    annealed = facts.options.get("schedule") in ("one-cycle", "cosine", "linear")
    slope = _slope(held)
    if slope < (STILL_FALLING_ANNEALED if annealed else STILL_FALLING):
        return []
    evidence = {"epochs": len(held), "loss": held[-1], "slope": slope, "file": "metrics.jsonl"}
    budget = facts.options.get("budget")  # more epochs would not fit into it
    more = {"budget": f"{MORE_EPOCHS * parse_duration(budget):g}s"} if budget else {"epochs": MORE_EPOCHS * len(held)}
    return [Finding("T007", "hint", evidence, facts.train_again(**more))]


def best_at_start(facts: RunFacts) -> list[Finding]:
    """T008: no epoch after the first was better."""
    best = (facts.document.get("best") or {}).get("epoch")
    monitor = (facts.document.get("best") or {}).get("monitor")
    rate = _rate(facts)
    if best not in (0, 1) or rate is None or len(facts.history) < FEW_EPOCHS or never_learned(facts):
        return []
    evidence = {"epoch": best, "epochs": len(facts.history), "monitor": str(monitor), "learning_rate": rate}
    form = "start" if best == 0 else ""
    command = facts.train_again(learning_rate=f"{rate / 10:.3g}")
    return [Finding("T008", "warning", {**evidence, "file": "metrics.jsonl"}, command, form)]


def _plain_loss(facts: RunFacts) -> list[float]:
    """Return the loss without smoothing and weights: validation's; training's only where it is plain as well."""
    held = facts.column("val_loss")
    if held or facts.options.get("class_weights") or facts.options.get("label_smoothing"):
        return held
    return facts.column("loss") if facts.options.get("loss") in ("cross-entropy", None) else []


def _slope(losses: Sequence[float]) -> float:
    """Return the share by which a loss fell per epoch over the last quarter of them, at least the last two."""
    back = max(2, round(len(losses) / 4))
    first, last = losses[-1 - back], losses[-1]
    if first <= 0 or last <= 0:
        return 0.0
    return 1 - math.exp((math.log(last) - math.log(first)) / back)


def _falls_all_along(losses: Sequence[float]) -> bool:
    falls = np.diff(losses) < 0
    return len(falls) > 0 and float(falls.mean()) >= 0.9


def _straight(train: Sequence[float], rates: Sequence[float]) -> bool:
    """Whether a loss falls about as far for its learning rate in the second half of the training as in the first."""
    if not rates or not _falls_all_along(train):
        return False
    fallen = -np.diff(train)
    spent = (np.asarray(rates[1:]) + np.asarray(rates[:-1])) / 2
    half = len(fallen) // 2
    if spent[:half].sum() <= 0 or spent[half:].sum() <= 0:
        return False
    early, late = fallen[:half].sum() / spent[:half].sum(), fallen[half:].sum() / spent[half:].sum()
    return bool(late >= STRAIGHT * early)


def _rate(facts: RunFacts) -> float | None:
    rate = facts.options.get("learning_rate")
    return float(rate) if isinstance(rate, int | float) else None
