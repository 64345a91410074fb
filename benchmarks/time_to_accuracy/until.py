"""The loop that all peers share: epochs until one has the accuracy. Needs nothing but Python."""

import json
import sys
import time


def until(epoch, accuracy_of, *, epochs, target, versions, minutes=float("inf")):
    """Call ``epoch()`` until ``accuracy_of()`` on the test set has ``target``; print one line of JSON.

    The seconds are those of the epochs alone. Ends after ``epochs``, or with the first epoch after ``minutes``.
    """
    seconds, accuracy = [], []
    while len(seconds) < epochs and sum(seconds) <= 60 * minutes and not (accuracy and accuracy[-1] >= target):
        began = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - began)
        accuracy.append(accuracy_of())
        print(f"epoch {len(seconds)}: {accuracy[-1]:.4f}, {seconds[-1]:.1f} s", file=sys.stderr)
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "versions": versions}))


def trained_by_torch(model, optimizer, schedule, train, test, logits):
    """Return ``epoch`` and ``accuracy_of`` of a plain PyTorch loop; ``logits(images)`` runs the model."""
    import torch
    from torch.nn import functional

    def epoch():
        model.train()
        for images, labels in train:
            optimizer.zero_grad()
            functional.cross_entropy(logits(images), labels).backward()
            optimizer.step()
        schedule.step()

    def accuracy_of():
        model.eval()
        with torch.no_grad():
            right = sum(int((logits(images).argmax(dim=1) == labels).sum()) for images, labels in test)
        return right / len(test.dataset)

    return epoch, accuracy_of
