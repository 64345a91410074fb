"""Fashion-MNIST with average and with max pooling; early stopping; then a look inside the better network.

python examples/fashion_two_conv.py     (or: spirula train --recipe fashion-two-conv)
"""

import spirula as sp

average = sp.train(recipe="fashion-average-pooling")  # 39,478 parameters
largest = sp.train(recipe="fashion-two-conv")  # 333,526 parameters, patience 2, the best epoch restored
for run in (average, largest):
    document = run.folder.document()
    print(
        f"{document['model']['parameters']:,} parameters on {document['device']}: "
        f"validation accuracy {run.results['validation']['accuracy']:.4f}, best epoch {run.best_epoch}"
    )

sp.diagram("two-conv", (28, 28, 1)).save(largest.path / "network.png", dpi=96)  # with shapes; any resolution

run = sp.open_run(largest.path)  # opened again from its folder, as another program would
print(run.weights())  # shape, mean and standard deviation of every layer
run.weight_histogram().save(run.path / "histogram.svg")  # bell-shaped around 0; the untrained network beside it
run.kernels(columns=16).save(run.path / "kernels.svg")  # 2 × 16 kernels of 3×3

picture = sp.load("fashion-mnist").pixels[0]  # an ankle boot
run.feature_maps(picture, layer=run.convolutions[0]).save(run.path / "maps-1.svg")  # 4 × 8 maps
run.feature_maps(picture, layer=run.convolutions[1]).save(run.path / "maps-2.svg")  # 8 × 8 maps
print(f"Pictures are in {run.path}")
