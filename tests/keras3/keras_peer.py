"""Runs under real Keras in a process of its own: counts parameters, and saves networks with what they answer.

Called with the folder to write to. Keras computes with torch; the notes' code takes it out of tensorflow, which is not
needed for it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
sys.path.insert(0, str(Path(__file__).parent))

import keras
import numpy as np
from keras_networks import CODE
from keras_saved import saved

FROM_KERAS = {
    "import tensorflow as tf": "import keras, types; tf = types.SimpleNamespace(keras=keras)",
    "from tensorflow import keras": "import keras",
    "tensorflow.keras": "keras",
}


def count(code: str) -> dict[str, int]:
    for old, new in FROM_KERAS.items():
        code = code.replace(old, new)
    names: dict[str, object] = {"x_train": np.zeros((2, 8))}
    exec(compile(code, "notes", "exec"), names)  # noqa: S102 - the notes' own code, written in this folder
    model = next(value for name, value in names.items() if name.endswith("model") and isinstance(value, keras.Model))
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {"total": model.count_params(), "trainable": trainable}


def main(folder: Path) -> None:
    counts = {name: count(code) for name, code in CODE.items()}
    (folder / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    for name, (model, inputs) in saved(keras).items():
        model.save(folder / f"{name}.keras")
        outputs = keras.ops.convert_to_numpy(model(inputs, training=False))
        np.savez(folder / f"{name}.npz", inputs=inputs, outputs=outputs)


main(Path(sys.argv[1]))
