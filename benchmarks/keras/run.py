"""The two-conv network trained by spirula and by Keras on TensorFlow: same images, batch, optimizer, threads.

    python benchmarks/keras/run.py [--repeats 5] [--batch 32]

Whole processes, interleaved A B A B; the epoch that compiles (the first) is left out on both sides. The peer
gets an environment of its own in ``benchmarks/.environments/keras``. Needs Fashion-MNIST (or uses random
images of the same shape: the work is the same).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".environments" / "keras"
IMAGES = 20_000


def peer_python() -> Path:
    """Make the peer's environment once."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / ".ready").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "keras", "tensorflow-cpu", "numpy"], check=True)
        (ENVIRONMENT / ".ready").touch()
    return python


def images() -> tuple[np.ndarray, np.ndarray, str]:
    import spirula as sp
    from spirula.errors import SpirulaError

    try:
        data = sp.load("fashion-mnist")
    except SpirulaError:
        rng = np.random.default_rng(0)
        return rng.integers(0, 256, (IMAGES, 28, 28, 1), dtype=np.uint8), rng.integers(0, 10, IMAGES), "random images"
    rows = data.rows("train")[:IMAGES]
    return np.asarray(data.pixels[rows]), data.manifest.targets[rows], "Fashion-MNIST"


def measure(python: Path | str, script: str, arguments: list[str]) -> dict[str, object]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [str(python), str(HERE / script), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{script} failed:\n{done.stderr[-2000:]}")
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=2, help="counted epochs per process")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    peer = peer_python()
    x, y, what = images()
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", x)
        np.save(Path(folder) / "y.npy", y)
        common = [f"{folder}/x.npy", f"{folder}/y.npy", str(options.batch), str(options.epochs), str(options.threads)]
        theirs: list[dict[str, object]] = []
        ours: dict[str, list[dict[str, object]]] = {precision: [] for precision in options.precisions}
        for _ in range(options.repeats):
            theirs.append(measure(peer, "keras_side.py", common))
            for precision in options.precisions:
                ours[precision].append(measure(sys.executable, "spirula_side.py", [*common, precision]))
    assert all(row["parameters"] == 333_526 for rows in (theirs, *ours.values()) for row in rows)
    speed = [float(str(row["images_per_second"])) for row in theirs]
    peer_versions = theirs[0]["versions"]
    assert isinstance(peer_versions, dict)
    print(f"two-conv, {len(x):,} images of {what}, batch {options.batch}, {options.threads} threads\n")
    print(f"| {options.repeats} pairs | images/s (median) | ratio to Keras: median (min–max of pairs) |")
    print("|---|---|---|")
    named = f"Keras {peer_versions['keras']} on TensorFlow {peer_versions['tensorflow']}"
    print(f"| {named} | {statistics.median(speed):,.0f} | 1 |")
    rows: dict[str, object] = {"keras": speed}
    for precision, measured in ours.items():
        mine = [float(str(row["images_per_second"])) for row in measured]
        ratios = [a / b for a, b in zip(mine, speed, strict=True)]
        print(
            f"| spirula, {precision} | {statistics.median(mine):,.0f} "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) |"
        )
        rows[precision] = mine
    versions = {**theirs[0]["versions"], **next(iter(ours.values()))[0]["versions"]}  # type: ignore[dict-item]
    print("\n" + json.dumps({"benchmark": "keras", "images_per_second": rows, "versions": versions}))


if __name__ == "__main__":
    main()
