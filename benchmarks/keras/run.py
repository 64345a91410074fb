"""The two-conv network trained by spirula and by Keras on TensorFlow: same images, batch, optimizer, threads.

    python -m benchmarks.keras.run [--turns 5] [--batch 32]

Whole processes that take turns; the epoch that compiles (the first) is left out on both sides. The peer gets an
environment of its own. Needs Fashion-MNIST (or uses random images of the same shape: the work is the same).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Result, answer, arguments, more_per_second, peer, publish, take_turns, typed

HERE = Path(__file__).parent
IMAGES = 20_000
PARAMETERS = 333_526


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


def main() -> None:
    parser = arguments(__doc__, turns=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=2, help="counted epochs per process")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    python = peer("keras", "keras", "tensorflow-cpu", "numpy")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    x, y, what = images()
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", x)
        np.save(Path(folder) / "y.npy", y)
        common = [f"{folder}/x.npy", f"{folder}/y.npy", str(options.batch), str(options.epochs), str(options.threads)]
        contestants = {"keras": lambda _: answer([python, HERE / "keras_side.py", *common], quiet)}
        for precision in options.precisions:
            command = [sys.executable, HERE / "spirula_side.py", *common, precision]
            contestants[precision] = lambda _, command=command: answer(command)
        found = take_turns(contestants, options.turns)
    assert all(row["parameters"] == PARAMETERS for rows in found.values() for row in rows)
    speeds = {name: [row["images_per_second"] for row in rows] for name, rows in found.items()}
    versions = {**found["keras"][0]["versions"], **found[options.precisions[0]][0]["versions"]}
    named = f"Keras {versions['keras']} on TensorFlow {versions['tensorflow']}, float32"
    rows = [
        more_per_second(f"training, ours in {precision}", named, speeds["keras"], speeds[precision], goal=1.5)
        for precision in options.precisions
    ]
    title = f"The two-conv network, {len(x):,} images of {what}, batches of {options.batch}, {options.threads} threads"
    publish(Result("keras", title, typed(), options.turns, tuple(rows), versions), keep=options.keep)


if __name__ == "__main__":
    main()
