"""Cats and dogs with one pretrained backbone: ``spirula train --strategy …`` and fastai's ``fine_tune(1)``.

    python -m benchmarks.fastai.run [--turns 3] [--strategies features finetune]

The same files, the same ImageNet weights of EfficientNet-Lite0, the same 2,000 test pictures; whole processes that
take turns, from the import to the error on the test pictures (on our side the report as well). Each of our runs
starts with an empty cache; turn number i has seed i. The peer gets an environment of its own.
Needs ``cats_vs_dogs_small.tar`` in the folder that SPIRULA_DATA names, and the extra ``spirula[offline]``.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, answer, arguments, faster, peer, publish, take_turns, typed

HERE = Path(__file__).parent
NAME = "tf_efficientnet_lite0"


def timm_weights(path: Path) -> None:
    """Write the embedded weights under timm's names: what the peer loads is what we load."""
    import torch

    from spirula.models.backbones import build_backbone
    from spirula.models.pretrained import find_weights

    torch.save(build_backbone(NAME, (224, 224, 3), 1000, find_weights(NAME)).state_dict(), path)


def ours(data: Path, strategy: str, threads: int, seed: int) -> dict[str, Any]:
    """Train with an empty cache; return seconds of the whole process and the test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "spirula", "train", data, "--strategy", strategy, "--seed", seed]
        command += ["--threads", threads, "--runs", f"{folder}/runs", "--name", "run"]
        found = answer(command, {"XDG_CACHE_HOME": f"{folder}/cache"})
        document = json.loads(Path(folder, "runs", "run", "run.json").read_text(encoding="utf-8"))
        return {
            "process_seconds": found["process_seconds"],
            "accuracy": document["results"]["test"]["accuracy"],
            "versions": {name: document["versions"][name] for name in ("python", "torch", "timm")},
        }


def main() -> None:
    parser = arguments(__doc__, turns=3)
    parser.add_argument("--strategies", nargs="+", default=["features"])
    options = parser.parse_args()
    archive = Path(os.environ.get("SPIRULA_DATA", "."), "cats_vs_dogs_small.tar")
    if not archive.is_file():
        raise SystemExit(f"{archive} is not there: set SPIRULA_DATA to the folder that holds it")
    python = peer("fastai", "fastai", "timm")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        data, weights = Path(folder, "cats_vs_dogs_small"), Path(folder, "weights.pth")
        timm_weights(weights)
        theirs = [python, HERE / "fastai_side.py", data, weights, options.threads]
        contestants = {"fastai": lambda seed: answer([*theirs, seed], {"HF_HUB_OFFLINE": "1"})}
        for strategy in options.strategies:
            contestants[strategy] = lambda seed, strategy=strategy: ours(data, strategy, options.threads, seed)
        found = take_turns(contestants, options.turns)
    seconds = {name: [row["process_seconds"] for row in rows] for name, rows in found.items()}
    accuracy = {name: [row["accuracy"] for row in rows] for name, rows in found.items()}
    errors = {name: 1 - statistics.mean(values) for name, values in accuracy.items()}
    versions = {**found[options.strategies[0]][0]["versions"], **found["fastai"][0]["versions"]}
    rows = [
        faster(
            f"--strategy {name}, whole process",
            f"fastai {versions['fastai']}, fine_tune(1)",
            seconds["fastai"],
            seconds[name],
            goal=8,
            note=f"test error {errors['fastai']:.2%} theirs, {errors[name]:.2%} ours, mean of {options.turns} seeds",
        )
        for name in options.strategies
    ]
    title = f"Cats and dogs, 2,000 training and 2,000 test pictures, {NAME}, {options.threads} threads"
    result = Result("fastai", title, typed(), options.turns, tuple(rows), versions, {"accuracy": accuracy})
    publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
