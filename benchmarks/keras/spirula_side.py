"""Our side: the product's own training, checkpoints and metrics on. Prints one line of JSON."""

import json
import sys
import tempfile

import numpy as np

import spirula as sp

pixels, labels, batch, epochs, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
x, y = np.load(pixels), np.load(labels)
with tempfile.TemporaryDirectory() as runs:
    run = sp.train(
        (x, y),
        model="two-conv",
        optimizer="adam",
        batch_size=batch,
        epochs=epochs + 1,
        validation=0.0,
        test=0.0,
        threads=threads,
        precision=sys.argv[6],
        normalize="unit",
        runs=runs,
        progress="quiet",
    )
    counted = run.history[1:]
    print(
        json.dumps(
            {
                "images_per_second": len(x) * len(counted) / sum(row["seconds"] for row in counted),
                "accuracy": counted[-1]["accuracy"],
                "parameters": run.folder.document()["model"]["parameters"],
                "versions": {name: run.folder.document()["versions"][name] for name in ("python", "torch")},
            }
        )
    )
