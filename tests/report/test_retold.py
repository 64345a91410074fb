"""What a run says of itself in English has its Korean: the sentences are collected from the code that writes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import spirula
from spirula.report.retold.retell import retold

ROOT = Path(spirula.__file__).parent

# The functions whose sentences end up in a run folder, by file.
WRITERS = {
    "training/deciding/defaults.py": (
        *("default_model", "fill_defaults", "default_monitor", "_decide_steps", "_decide_input", "_decide_dependents"),
        *("_loss", "_batch_size", "_epochs", "_learning_rate", "_schedule"),
    ),
    "training/deciding/rules.py": ("machine_of",),
    "training/device.py": ("choose_device", "choose_precision", "_fast_bfloat16", "choose_channels_last"),
    "training/transfer/strategy.py": ("choose",),
    "training/transfer/tuned.py": ("choices",),
    "training/transfer/backbone.py": ("reasons", "with_backbone"),
    "training/diagnosis/advice.py": (
        *("advise", "_on_the_operation", "_on_a_value", "_on_a_gradient", "_on_the_surroundings"),
    ),
    "data/pictures/sizes.py": ("derive_size", "fit_array", "_resize_mode"),
    "data/sources/labels.py": ("encode", "_encode_matrix"),
    "data/sources/layout.py": ("_split_folders", "_name_notes", "_classes"),
    "wording.py": ("test_views_words",),
}

# What is put together of parts, as it comes out.
WHOLE = [
    "3 validation files are near copies of training files: its figures flatter the network ('a.png' of 'b.png').",
    "1 test file is an exact copy of training files: its figures flatter the network.",
    "7 pictures are there more than once with different labels, such as 'a' (cat) and 'b' (dog).",
    "There are too few samples to hold any out for test: 5 samples (4 where copies count once); or divide copies one "
    'by one with duplicates = "ignore".',
    "1 image lies in no class folder and was left out.",
    "2 things that are not images were passed over: .txt (2).",
    'group_by = "a(.)": 3 groups; 1 sample does not match and stands alone.',
    "39 % of the steps' time waits for batches: they are changed by rotate, zoom. Fewer of these, or a smaller "
    "--image-size, help.",
    "85 % of the whole time went into one stage: compiling. What was compiled is kept: the next run of this network "
    "finds it.",
    "25 % of the training writes checkpoints: are the disk and the runs far away?",
    "accuracy 0.855 after reloading, 0.855 logged",
    "least held-out loss (0.0364) of 10 strengths, 5 folds",
    "Validation has 1,000 samples and would tell more: --split validation",
    "The loss became nan in epoch 1 by step 3 (learning rate 0.01): first, division in the loss gave nan",
    "auto: 48,000 training samples; 64 at a time fit into memory, gradients are added up",
    "its palette became colours; its 16 bits became 8: 65535 is white",
]


def filled(node: ast.expr) -> str:
    """A string of the code with 7 wherever a value stands; "" for what is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(filled(part) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""


def sentences(tree: ast.AST) -> Iterator[str]:
    """Every string of a function with at least three words, but for its docstring and what it raises."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Raise) or (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            continue
        text = filled(child) if isinstance(child, ast.expr) else ""
        if len(text.split()) >= 3:
            yield text
        else:
            yield from sentences(child)


def test_every_writer_is_where_it_is_looked_for() -> None:
    for file, functions in WRITERS.items():
        names = {node.name for node in ast.walk(parsed(file)) if isinstance(node, ast.FunctionDef)}
        assert set(functions) <= names, file


@pytest.mark.parametrize("file", WRITERS)
def test_each_sentence_of_the_code_is_known(file: str) -> None:
    written = [
        sentence
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef) and node.name in WRITERS[file]
        for sentence in sentences(node)
    ]
    assert written
    assert [sentence for sentence in written if retold(sentence, "ko") == sentence] == []


@pytest.mark.parametrize("sentence", WHOLE)
def test_what_is_put_together_is_said_again_whole(sentence: str) -> None:
    korean = retold(sentence, "ko")
    assert re.search("[가-힣]", korean)
    assert not re.search(r"\b(the|of|and|are|is|with|was|than|been)\b", korean)
    assert retold(sentence, "en") == sentence


def test_a_sentence_that_nobody_wrote_stays_as_it_is() -> None:
    assert retold("Something else happened here.", "ko") == "Something else happened here."


def parsed(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))
