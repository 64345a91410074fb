"""A training that takes milliseconds but has everything that could go wrong when resuming.

Run as a script it reads folders from its input and trains in each, in a process of its own (a fork, so that
PyTorch is imported only once): it prints the process number and, when that has ended, its exit code.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from spirula.training.checkpoints import Loaded, load_checkpoint
from spirula.training.device import Machine
from spirula.training.feed import Feed
from spirula.training.loop import fit
from spirula.training.losses import Loss, Objective
from spirula.training.records import Record
from spirula.training.settings import Settings
from spirula.training.stopping import StoppingRule
from spirula.training.updates.optimizers import UpdateRule
from spirula.training.updates.schedules import Schedule

TIMING = {"seconds", "images_per_second", "data_wait"}


@dataclass(frozen=True)
class SmallBatch:
    images: Tensor
    targets: Tensor


class SmallFeed:
    """Shuffled, noisy batches: a pure function of (seed, epoch, row), as the real ones."""

    def __init__(self, images: Tensor, targets: Tensor, batch_size: int, *, noise: float = 0.0) -> None:
        self.images, self.targets, self.batch_size, self.noise = images, targets, batch_size, noise
        self.samples = len(images)

    def __len__(self) -> int:
        return -(-self.samples // self.batch_size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[SmallBatch]:
        order = torch.randperm(self.samples, generator=torch.Generator().manual_seed(epoch))
        for rows in order.split(self.batch_size)[start:]:
            images = self.images[rows]
            if self.noise:
                drawn = [
                    torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1000 * epoch + row))
                    for row in rows.tolist()
                ]
                images = images + self.noise * torch.stack(drawn)
            yield SmallBatch(images, self.targets[rows])


def small_feeds(samples: int = 20, batch_size: int = 8) -> tuple[SmallFeed, SmallFeed]:
    """Bright pictures and dark ones: 4×4, one channel, two classes."""
    generator = torch.Generator().manual_seed(7)
    images = torch.randn(samples + 12, 1, 4, 4, generator=generator)
    targets = (torch.arange(samples + 12) % 2).long()
    images += (targets.float() - 0.5).view(-1, 1, 1, 1)
    train = SmallFeed(images[:samples], targets[:samples], batch_size, noise=0.1)
    return train, SmallFeed(images[samples:], targets[samples:], 6)


def small_network(seed: int = 0) -> nn.Module:
    """Dropout, BatchNorm (buffers, a counter), a layer that is used twice, a frozen one."""
    torch.manual_seed(seed)
    shared = nn.Conv2d(4, 4, 3, padding=1)
    frozen = nn.Conv2d(1, 4, 3, padding=1).requires_grad_(False)
    torch.nn.init.constant_(frozen.weight, 0.1)
    return nn.Sequential(
        frozen, nn.ReLU(), shared, nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), shared, nn.Flatten(), nn.Linear(64, 2)
    )


def small_settings(**changes: object) -> Settings:
    plain: dict[str, object] = {
        "machine": Machine(torch.device("cpu")),
        "rule": UpdateRule("sgd", momentum=0.9, nesterov=True),
        "schedule": Schedule("cosine", 0.05),
        "objective": Objective(Loss("cross-entropy")),
        "stopping": StoppingRule("val_loss"),
        "epochs": 3,
    }
    return Settings(**{**plain, **changes})  # type: ignore[arg-type]


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same_weights(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def untimed(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name not in TIMING} for row in rows]


def run_small(
    settings: Settings,
    *,
    network_seed: int = 0,
    feeds: tuple[Feed, Feed | None] | None = None,
    resume: Loaded | None = None,
    **arguments: object,
) -> tuple[nn.Module, list[Record]]:
    module = small_network(network_seed)
    train, validation = feeds or small_feeds()
    return module, list(fit(module, train, validation, settings, resume=resume, **arguments))  # type: ignore[arg-type]


def digest(module: nn.Module) -> str:
    return hashlib.sha256(b"".join(tensor.numpy().tobytes() for tensor in weights(module).values())).hexdigest()


def train_or_resume(folder: Path) -> None:
    """Train with a checkpoint after every step, going on where an earlier process ended; write the result."""
    started = folder.is_dir() and any(folder.glob("*.json"))
    trained, _ = run_small(
        small_settings(epochs=12, ema=0.9, rule=UpdateRule("adamw", weight_decay=0.01)),
        network_seed=99 if started else 0,
        resume=load_checkpoint(folder) if started else None,
        checkpoints=folder,
        checkpoint_every=0.0,
    )
    result = {"weights": digest(trained), "history": untimed(load_checkpoint(folder).history)}
    (folder.parent / f"{folder.name}-result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    torch.set_num_threads(1)
    UpdateRule("sgd").optimizer(small_network())  # PyTorch imports a second half of itself with its first optimizer
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            train_or_resume(Path(line.strip()))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
