import math

import pytest

from spirula.errors import InputError
from spirula.training.stopping import BestEpoch, StoppingRule

# monitor, patience, min_delta, values per epoch → best epoch, epoch after which it stops (None: never)
TABLE = [
    ("val_loss", 2, 0.0, [3, 2, 1, 2, 2], 3, 5),
    ("val_loss", 2, 0.0, [3, 2, 2, 2, 0], 2, 4),  # equal is no improvement
    ("val_loss", 1, 0.0, [1, 2], 1, 2),
    ("val_loss", 3, 0.5, [3, 2.9, 2.6, 2.4, 2.3, 2.2], 4, None),  # small steps do not count, their sum does
    ("val_loss", 2, 0.5, [3, 2.9, 2.8], 1, 3),
    ("val_accuracy", 2, 0.0, [0.5, 0.7, 0.6, 0.8, 0.7, 0.7], 4, 6),
    ("val_accuracy", 2, 0.1, [0.5, 0.55, 0.58], 1, 3),
    ("accuracy", None, 0.0, [0.9, 0.1, 0.1, 0.1], 1, None),
    ("val_rmse", 2, 0.0, [5, 4, math.nan, math.nan], 2, 4),
    ("val_mae", 2, 0.0, [math.nan, 4, 3], 3, None),
    ("loss", 2, 10.0, [1, 2, 3], 1, 3),  # the first epoch is always the best so far
]


@pytest.mark.parametrize(("monitor", "patience", "min_delta", "values", "best_epoch", "stopped"), TABLE)
def test_table(monitor, patience, min_delta, values, best_epoch, stopped):
    best = BestEpoch(StoppingRule(monitor, patience, min_delta))
    stop = None
    for epoch, value in enumerate(values, start=1):
        improved = best.update(epoch, {monitor: value})
        assert improved == (best.epoch == epoch)
        # what a checkpoint keeps is enough to go on
        again = BestEpoch(best.rule)
        again.restore(best.state())
        best = again
        if best.exhausted:
            stop = epoch
            break
    assert (best.epoch, stop) == (best_epoch, stopped)


def test_unknown_metric_lists_the_known_ones():
    with pytest.raises(InputError, match=r'Did you mean "val_accuracy"\?') as caught:
        StoppingRule("val_acuracy").check(["loss", "accuracy", "val_loss", "val_accuracy"])
    assert "loss, accuracy, val_loss, val_accuracy" in str(caught.value)
