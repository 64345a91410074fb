"""Does convolution help? A dense network against a small CNN on Fashion-MNIST, the difference with its interval.

python examples/dense_against_cnn.py
"""

import spirula as sp

dense, cnn = sp.train(recipe="fashion-dense"), sp.train(recipe="fashion-normalized")
for name, run in (("dense", dense), ("CNN", cnn)):
    score = run.evaluate()
    print(f"{name}: {score['accuracy']:.4f}, 95 % interval {score['accuracy_interval']}")
difference = sp.compare(dense, cnn)  # the same pictures, one by one: McNemar's test and a paired interval
print(difference)
