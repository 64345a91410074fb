"""Cats and dogs with one pretrained backbone: ``spirula train --strategy …`` and fastai's ``fine_tune(1)``.

    python benchmarks/fastai/run.py [--repeats 3] [--strategies features finetune]

The same files, the same ImageNet weights of EfficientNet-Lite0, the same 2,000 test pictures; whole processes,
interleaved, from the import to the error on the test pictures (on our side the report as well). Each of our runs
starts with an empty cache. The peer gets an environment of its own in ``benchmarks/.environments/fastai``.
Needs ``cats_vs_dogs_small.tar`` in the folder that SPIRULA_DATA names, and the extra ``spirula[offline]``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".environments" / "fastai"
NAME = "tf_efficientnet_lite0"


def peer_python() -> Path:
    """Make the peer's environment once."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / ".ready").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "fastai", "timm"], check=True)
        (ENVIRONMENT / ".ready").touch()
    return python


def timm_weights(path: Path) -> None:
    """Write the embedded weights under timm's names: what the peer loads is what we load."""
    import torch

    from spirula.models.backbones import build_backbone
    from spirula.models.pretrained import find_weights

    torch.save(build_backbone(NAME, (224, 224, 3), 1000, find_weights(NAME)).state_dict(), path)


def ours(data: Path, strategy: str, threads: int, seed: int) -> dict[str, float]:
    """Train with an empty cache; return seconds of the whole process and the test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{folder}/cache"}
        command = [sys.executable, "-m", "spirula", "train", str(data), "--strategy", strategy, "--seed", str(seed)]
        command += ["--threads", str(threads), "--runs", f"{folder}/runs", "--name", "run"]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise SystemExit(f"spirula failed:\n{done.stderr[-2000:]}")
        document = json.loads(Path(folder, "runs", "run", "run.json").read_text(encoding="utf-8"))
        return {"seconds": seconds, "accuracy": document["results"]["test"]["accuracy"]}


def theirs(python: Path, data: Path, weights: Path, threads: int, seed: int) -> dict[str, object]:
    began = time.perf_counter()
    arguments = [str(data), str(weights), str(threads), str(seed)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [str(python), str(HERE / "fastai_side.py"), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"fastai failed:\n{done.stderr[-2000:]}")
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**answer, "seconds": time.perf_counter() - began}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--strategies", nargs="+", default=["features"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    archive = Path(os.environ.get("SPIRULA_DATA", "."), "cats_vs_dogs_small.tar")
    if not archive.is_file():
        raise SystemExit(f"{archive} is not there: set SPIRULA_DATA to the folder that holds it")
    peer = peer_python()
    rows: dict[str, list[dict[str, object]]] = {"fastai": [], **{name: [] for name in options.strategies}}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        data, weights = Path(folder, "cats_vs_dogs_small"), Path(folder, "weights.pth")
        timm_weights(weights)
        for seed in range(options.repeats):
            rows["fastai"].append(theirs(peer, data, weights, options.threads, seed))
            for strategy in options.strategies:
                rows[strategy].append(dict(ours(data, strategy, options.threads, seed)))
    print(f"cats and dogs, 2,000 training and 2,000 test pictures, {NAME}, {options.threads} threads\n")
    print(f"| {options.repeats} seeds | seconds, whole process | test accuracy | fastai / ours: median (min–max) |")
    print("|---|---|---|---|")
    peer_seconds = [float(str(row["seconds"])) for row in rows["fastai"]]
    for name, measured in rows.items():
        seconds = [float(str(row["seconds"])) for row in measured]
        accuracy = [float(str(row["accuracy"])) for row in measured]
        ratios = [a / b for a, b in zip(peer_seconds, seconds, strict=True)]
        label = "fastai, fine_tune(1)" if name == "fastai" else f"spirula, {name}"
        ratio = "1" if name == "fastai" else f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
        spread = f"{statistics.mean(accuracy):.4f} ({min(accuracy):.4f}–{max(accuracy):.4f})"
        print(f"| {label} | {statistics.median(seconds):.1f} | {spread} | {ratio} |")
    print("\n" + json.dumps({"benchmark": "fastai", "rows": rows}))


if __name__ == "__main__":
    main()
