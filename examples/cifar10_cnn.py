"""CIFAR-10 with two convolutions, patience 10 and the best epoch by validation loss.

python examples/cifar10_cnn.py          (or: spirula train --recipe cifar10-cnn)
"""

import spirula as sp

run = sp.train(recipe="cifar10-cnn")
print(run.evaluate())
run.curves().save(run.path / "curves.svg")
run.mistakes().save(run.path / "mistakes.svg", rows=3, columns=3)
