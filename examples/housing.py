"""House prices: regression, three losses, pieces of one's own; save, reload; and why the result is NaN.

    python examples/housing.py california_housing.csv

The file is the California housing census of 1990 (20,640 districts, target median_house_value).
"""

import sys
from pathlib import Path

import polars as pl

import spirula as sp
from spirula.errors import TrainingError

PIECES = Path(__file__).parent / "own_pieces.py"

table = pl.read_csv(sys.argv[1]).drop("ocean_proximity").drop_nulls()
x = table.drop("median_house_value").to_numpy().astype("float32")
y = table["median_house_value"].to_numpy().astype("float32") / 1000  # in thousands of dollars
given = {"task": "regression", "optimizer": "adam", "epochs": 10}

for loss in ("mse", "mae", "huber(2.0)"):
    run = sp.train((x, y), model='Dense(30, activation="relu"), Dense(1)', loss=loss, **given)
    print(f"{loss}: mean absolute error {run.results['test']['mae']:.1f} thousand dollars")

own = "Dense(30, activation=custom.soft_relu, kernel_regularizer=custom.MyL1Regularizer(0.0001)), Dense(1)"
run = sp.train((x, y), model=own, loss="custom.create_huber(2.0)", custom=PIECES, **given)
print(f"own pieces: mean absolute error {run.results['test']['mae']:.1f} thousand dollars")

again = sp.open_run(run.path, custom=PIECES)  # the activation is needed to predict: the same file is given again
print(again.predict(x[:3]))

# The notes end with the question why the result is NaN. Their inputs are not scaled: populations of thousands.
try:
    sp.train((x, y), model=own, loss="custom.create_huber(2.0)", custom=PIECES, normalize="none", **given)
except TrainingError as error:
    print(f"\nWhy NaN?\n{error}")

# The same function, written so that nothing overflows, has a name.
softplus = own.replace("custom.soft_relu", '"softplus"')
run = sp.train((x, y), model=softplus, loss="huber(2.0)", custom=PIECES, normalize="none", **given)
print(f"softplus on raw inputs: mean absolute error {run.results['test']['mae']:.1f} thousand dollars")
