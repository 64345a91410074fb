"""The network of mnist_cnn.py on Fashion-MNIST: pieces of clothing instead of digits.

python examples/fashion_cnn.py          (or: spirula train --recipe fashion-cnn)
"""

import spirula as sp

run = sp.train(recipe="fashion-cnn")
print(run.evaluate())  # the table of the classes says which clothes are hard to tell apart
print(run.confusion())
run.mistakes().save(run.path / "mistakes.svg", rows=4, columns=4)
