"""The section "Map": the samples as the network sees them, to wander through, and those that lie among others."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import RunError
from ...metrics.intervals import wilson
from ...runs.folder import EMBEDDING
from .. import wording
from ..facts import Facts
from ..speech import Say, speaker
from ..words.samples import split_words
from .drawn import MOST_SHOWN, Answers, Arrays, kinds_of, map_json
from .words import WORDS

TRAIN = "train"
MOST_STRAYS = 20
PARTS = 5  # of a regression's values, each with as many training samples


def samples_map(facts: Facts) -> dict[str, Any]:
    """Return the map of the first split that was embedded, what is said of it, and the samples that stray."""
    found, say = facts.run.arrays(EMBEDDING), speaker(WORDS, facts.language)
    split = next((name for name in facts.evaluated if found and name in found["splits"]), None)
    if split is None:
        return {"missing": say("missing", run=shlex.quote(facts.address))}
    try:
        answers, train = _answers(facts, found, split)
        return {
            "script": "map/map.js",
            "say": say,
            "label": say("label", split=split_words(split, facts.language)),
            "json": map_json(found, split, answers, train),
            "words": _script_words(facts, split, say),
            "names": list(answers.names),
            "kinds": kinds_of(found),
            "sentences": _sentences(facts, found, split, answers, train, say),
            "has_train": split != TRAIN,
            "has_wrong": facts.task != "regression",
            **_strays(facts, found, split, answers, train, say),
            "classes": _classes(facts, found, split, answers, train),
        }
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"insight/{EMBEDDING}.npz does not fit the run: {error}", "Its file changed.") from error


def _answers(facts: Facts, found: Arrays, split: str) -> tuple[Answers, np.ndarray]:
    """Return labels and predictions as numbers of one list of names, of a split and (m,) of the training samples."""
    stored = facts.predictions(split)
    if [str(name) for name in found[f"{split}_ids"]] != stored.ids:
        raise ValueError(f"its {split} samples are others than those of predictions/{split}.npz")
    texts = [str(label) for label in found["train_labels"]]
    if facts.task == "classification":
        names = list(facts.names(stored.probabilities.shape[1]))
        label, predicted = stored.targets, stored.probabilities.argmax(axis=1)
        return Answers(names, label, predicted, stored.probabilities.max(axis=1)), _numbers(texts, names)
    if facts.task == "regression":
        known = np.asarray([float(text) for text in texts])
        edges = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)))
        names = [wording.number_range([low, high], language=facts.language) for low, high in pairwise(edges)]
        label, predicted = (_part(values, edges) for values in (stored.targets, stored.probabilities[:, 0]))
        return Answers(names, label, predicted, np.zeros(len(label))), _part(known, edges)
    classes = facts.names(stored.probabilities.shape[1])
    meant, said = (_joined(hot, classes) for hot in (stored.targets > 0, stored.probabilities > 0.5))
    names = sorted({*meant, *said, *texts})
    sure = np.maximum(stored.probabilities, 1 - stored.probabilities).min(axis=1)
    return Answers(names, _numbers(meant, names), _numbers(said, names), sure), _numbers(texts, names)


def _numbers(texts: Sequence[str], names: Sequence[str]) -> np.ndarray:
    place = {name: number for number, name in enumerate(names)}
    return np.asarray([place[text] for text in texts], np.int64)


def _part(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return between which two of the edges values lie, int (n,); those beyond the ends belong to the last part."""
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))


def _joined(hot: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Return a multi-label row's labels as :func:`spirula.evaluation.pictures.label_texts` writes them."""
    return [", ".join(classes[k] for k in np.flatnonzero(row).tolist()) or "(none)" for row in hot]


def _sentences(facts: Facts, found: Arrays, split: str, answers: Answers, train: np.ndarray, say: Say) -> list[str]:
    count = len(answers.label)
    sentences = [say("lead")]
    if split != TRAIN and facts.task != "regression":
        same = int((train[found[f"{split}_nearest"][:, 0]] == answers.label).sum())
        low, high = wilson(same, count)
        interval = wording.percent_range([float(low), float(high)])
        named = split_words(split, facts.language)
        share = wording.percent(same / count)
        sentences.append(say("agreement", share=share, n=wording.count(count), split=named, interval=interval))
    if split != TRAIN:
        kept = wording.percent(float(found["share"]))
        known, of = (wording.count(number) for number in (len(train), int(found["training_samples"])))
        sentences.append(say("axes", d=found[f"{split}_points"].shape[1], share=kept, known=known, of=of))
    if count > MOST_SHOWN:
        sentences.append(say("shown_part", shown=wording.count(MOST_SHOWN), n=wording.count(count)))
    return sentences


def _strays(facts: Facts, found: Arrays, split: str, answers: Answers, train: np.ndarray, say: Say) -> dict[str, Any]:
    """Return the samples whose nearest training samples all have one other label, the most similar first."""
    if split == TRAIN or facts.task == "regression":
        return {"strays": []}
    near = train[found[f"{split}_nearest"]]
    alike = found[f"{split}_similarity"].astype(np.float64)
    rows = np.flatnonzero((near == near[:, :1]).all(axis=1) & (near[:, 0] != answers.label))
    rows = rows[np.argsort(-alike[rows].mean(axis=1), kind="stable")]
    shown = wording.count(min(len(rows), MOST_STRAYS))
    return {
        "strays_lead": say("strays_lead", n=wording.count(len(rows))),
        "strays_caption": say("strays_caption", shown=shown, n=wording.count(len(rows))),
        "strays": [
            {
                "file": str(found[f"{split}_ids"][row]),
                "label": answers.names[answers.label[row]],
                "predicted": answers.names[answers.predicted[row]],
                "near": answers.names[near[row, 0]],
                "nearest": str(found["train_ids"][found[f"{split}_nearest"][row, 0]]),
                "similarity": wording.number(float(alike[row, 0])),
            }
            for row in rows[:MOST_STRAYS]
        ],
    }


def _classes(facts: Facts, found: Arrays, split: str, answers: Answers, train: np.ndarray) -> list[dict[str, Any]]:
    """Return for each class how often its samples lie nearest to their own label, and to which other one."""
    if split == TRAIN or facts.task == "regression":
        return []
    first = train[found[f"{split}_nearest"][:, 0]]
    table = np.zeros((len(answers.names), len(answers.names)), np.int64)
    np.add.at(table, (answers.label, first), 1)
    rows = []
    for number, counts in enumerate(table):
        total, own = int(counts.sum()), int(counts[number])
        others = counts.copy()
        others[number] = 0
        if total:
            other = int(others.argmax())
            rows.append(
                {
                    "name": answers.names[number],
                    "count": wording.count(total),
                    "total": total,
                    "own": wording.percent(own / total),
                    "share": own / total,
                    "other": answers.names[other] if others[other] else wording.NONE,
                    "times": wording.count(int(others[other])) if others[other] else "",
                }
            )
    return rows


def _script_words(facts: Facts, split: str, say: Say) -> str:
    """Return what the script says, as JSON; and whether there is a right and a wrong."""
    keys = ("hint", "truth", "predicted", "nearest", "is_train", "wrong")
    words = {"split": split, "wrongs": facts.task != "regression", **{key: say(key) for key in keys}}
    return json.dumps(words, ensure_ascii=False)
