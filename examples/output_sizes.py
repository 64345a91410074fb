"""What a layer does to the shape, and how many parameters it has: every formula with the network's own numbers.

python examples/output_sizes.py         (or: spirula model show FILE.py --explain, in Korean with --lang ko)
"""

import spirula as sp
from spirula.layers import Conv2D, Dense, Flatten, MaxPooling2D

model = [
    Conv2D(4, kernel_size=(9, 9), padding="same", activation="relu"),  # (9·9·3 + 1)·4 = 976 parameters
    MaxPooling2D(pool_size=(2, 2)),  # 256 / 2 = 128
    Conv2D(8, kernel_size=(5, 5), padding="same", activation="relu"),
    MaxPooling2D(pool_size=(2, 2)),
    Conv2D(16, kernel_size=(5, 5), padding="same", activation="relu"),
    MaxPooling2D(pool_size=(2, 2)),
    Conv2D(32, kernel_size=(3, 3), padding="same", activation="relu"),
    MaxPooling2D(pool_size=(2, 2)),
    Flatten(),  # 16·16·32 = 8192 values
    Dense(2048, activation="relu"),
    Dense(1024, activation="relu"),
]
summary = sp.summary(model, (256, 256, 3))
print(summary)
print(summary.explain())
