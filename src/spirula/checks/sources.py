"""D: what is wrong with the data. Each check is a function from a run's facts to findings."""

from __future__ import annotations

import numpy as np

from ..metrics.intervals import wilson
from ..metrics.suspects import suspects
from .facts import RunFacts
from .finding import Finding

# D001. One in a hundred moves a figure by less than most intervals are wide; more is another figure.
GRAVE_LEAK = 0.01
# D003. Northcutt, Jiang and Chuang (2021, JAIR 70), "Confident learning": wrong labels show where the network is sure.
# A network errs less the surer it is; wrong labels do not care. Of the fifth that it is surest of, healthy networks
# have up to 1 % wrong, and several times that in the surest half; with wrong labels both are about their share. Ranks,
# not probabilities, so that it does not matter how overconfident the network is.
SUREST, SURE_WRONG, EVEN, FEWEST_SUSPECTS = 0.2, 0.01, 0.6, 3
KNOWS_ENOUGH = 0.65  # a network that is right less often than this is no judge of labels
NAMED = 12  # files
# D004. He and Garcia (2009), "Learning from imbalanced data": figures of rare classes suffer first. Three times fewer
# samples, and a recall whose whole interval lies below the mean of the others.
UNEVEN = 3.0
# D005. Torralba and Efros (2011), "Unbiased look at dataset bias": what should not tell the classes apart, does. Of the
# way from naming the largest class to the network's accuracy, so much is reached without the pictures' content. Things
# that fill the picture reach its border, so of that it takes more (Fashion-MNIST's: 0.5).
SHORTCUT = {"border": 0.8, "colour": 0.6, "file": 0.6}
SHORTCUT_OF_ALL = 0.65  # of the way to 100 %, too: a network that has just begun is soon overtaken by anything
LEARNED = 0.3  # the network itself is so far above the largest class: otherwise it has taken no shortcut either
# D006. A centre crop that leaves out a third of a picture cuts through most things that fill it.
CUT_OFF, CUT_OFF_PICTURES = 1 / 3, 0.05


def copies(facts: RunFacts) -> list[Finding]:
    """D001: held-out samples have copies among the training samples."""
    across = (facts.data.get("twins") or {}).get("cross_split") or {}
    pairs = (facts.data.get("twins") or {}).get("pairs") or []
    found = []
    for split, number in across.items():
        named = [list(map(str, pair["ids"])) for pair in pairs if split in pair["splits"] and "train" in pair["splits"]]
        evidence = {
            "split": split,
            "count": int(number),
            "of": facts.counts.get(split, 0),
            "pairs": named[:NAMED],
            "file": "run.json",
        }
        grave = number >= GRAVE_LEAK * facts.counts.get(split, 0)
        found.append(Finding("D001", "problem" if grave else "warning", evidence, facts.look_at_data()))
    return found


def never_looked(facts: RunFacts) -> list[Finding]:
    """D002: copies were not looked for."""
    if facts.options.get("duplicates") != "ignore" or not facts.counts:
        return []
    return [Finding("D002", "hint", {"file": "config.toml"}, facts.train_again(duplicates="group"))]


def suspect_labels(facts: RunFacts) -> list[Finding]:
    """D003: the network is nearly sure of another class than the label says, more often than hard samples explain."""
    split = facts.judged
    if facts.task != "classification" or split is None:
        return []
    held = facts.predictions(split)
    said, wrong = held.probabilities.argmax(axis=1), wrong_by_sureness(held.targets, held.probabilities)
    surest = round(SUREST * len(wrong))
    count = int(wrong[:surest].sum())
    if count < FEWEST_SUSPECTS or wrong.mean() > 1 - KNOWS_ENOUGH:
        return []
    half = float(wrong[: len(wrong) // 2].mean())
    if float(wilson(count, surest)[0]) < SURE_WRONG or count / surest < EVEN * half:
        return []
    rows = suspects(held.targets, held.probabilities)
    named = [
        [held.ids[row], facts.names[int(held.targets[row])], facts.names[int(said[row])]]
        for row in rows[:NAMED].tolist()
    ]
    evidence = {
        "share": count / surest,
        "count": count,
        "of": surest,
        "samples": len(held.targets),
        "in_all": len(rows),
        "split": split,
        "suspects": named,
        "file": f"predictions/{split}.npz",
    }
    command = facts.command("labels", "--out", "patch.csv")
    return [Finding("D003", "warning", evidence, command)]


def wrong_by_sureness(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return which samples are wrong, bool (N,), those first that the network is surest of."""
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    wrong: np.ndarray = (probabilities.argmax(axis=1) != targets)[order]
    return wrong


def imbalance(facts: RunFacts) -> list[Finding]:
    """D004: a class with few training samples is recognised worse than the others."""
    confusion, counts = facts.confusion, facts.class_counts
    if confusion is None or len(counts) < 2:
        return []
    largest = max(counts, key=counts.__getitem__)
    support, right = confusion.sum(axis=1), np.diagonal(confusion)
    recall = right / np.maximum(support, 1)
    found = []
    for number, name in enumerate(facts.names):
        others = [k for k in range(len(facts.names)) if k != number and support[k]]
        if not support[number] or not others or UNEVEN * counts.get(name, 0) > counts[largest]:
            continue
        low, high = (float(end) for end in wilson(int(right[number]), int(support[number])))
        usual = float(np.mean(recall[others]))
        if high < usual:
            evidence = {
                "name": name,
                "count": counts.get(name, 0),
                "largest": largest,
                "most": counts[largest],
                "recall": float(recall[number]),
                "low": low,
                "high": high,
                "others": usual,
                "file": f"predictions/{facts.judged}.npz",
            }
            found.append((float(recall[number]), evidence))
    balanced = facts.options.get("class_weights") or facts.options.get("sampling") == "balanced"
    command = facts.command("evaluate") if balanced else facts.train_again(class_weights="auto")
    return [Finding("D004", "warning", evidence, command) for _, evidence in sorted(found, key=lambda item: item[0])]


def shortcut(facts: RunFacts) -> list[Finding]:
    """D005: the border, the mean colour or the file's size alone tell most of what the network tells."""
    known, right = facts.baselines, facts.correct
    if not known or right is None or known.get("split") != facts.judged or not known.get("count"):
        return []
    number, reached = int(known["count"]), float(right.mean())
    majority = known["majority"] / number
    found = []
    if reached < majority + LEARNED:
        return []
    for name, hits in sorted(known["right"].items(), key=lambda item: -item[1]):
        if name not in SHORTCUT:
            continue
        enough = majority + max(SHORTCUT[name] * (reached - majority), SHORTCUT_OF_ALL * (1 - majority))
        if float(wilson(hits, number)[0]) >= enough:
            evidence = {
                "accuracy": hits / number,
                "majority": majority,
                "network": reached,
                "count": number,
                "split": known["split"],
                "file": "insight/baselines.json",
            }
            found.append(Finding("D005", "warning", evidence, facts.look_at_data(), name))
    return found


def cut_off(facts: RunFacts) -> list[Finding]:
    """D006: the centre crop leaves out much of many pictures."""
    resize = facts.survey.get("resize") or {}
    if resize.get("mode") != "crop" or not resize.get("count"):
        return []
    lost, share = resize.get("lost") or {}, (resize.get("share") or 1.0) ** 2
    far = int(resize.get("far") or 0)
    median = float(lost.get("median") or 0.0)
    if median < CUT_OFF and far <= CUT_OFF_PICTURES * resize["count"]:
        return []
    evidence = {
        "count": far,
        "of": int(resize["count"]),
        "median": median,
        "most": float(lost.get("most") or 0.0),
        "kept_of_square": share,
        "worst": [str(entry["id"]) for entry in resize.get("worst") or []][:NAMED],
        "file": "insight/survey.json",
    }
    return [Finding("D006", "warning", evidence, facts.look_at_data("--resize", "pad"))]


def mixed_labels(facts: RunFacts) -> list[Finding]:
    """D008: the same picture is there with different labels."""
    twins = facts.data.get("twins") or {}
    groups = int(twins.get("cross_label") or 0)
    if not groups or facts.task == "regression":
        return []
    named = [
        [*map(str, pair["ids"]), *map(str, pair["labels"])]
        for pair in twins.get("pairs") or []
        if len(set(pair["labels"])) > 1
    ]
    evidence = {"count": groups, "pairs": named[:NAMED], "file": "run.json"}
    return [Finding("D008", "warning", evidence, facts.look_at_data())]
