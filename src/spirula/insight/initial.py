"""The same network before training: rebuilt from the card and the seed, and checked against what the run noted."""

from __future__ import annotations

from typing import Any

import torch

from ..errors import RunError
from ..models.build import Network
from ..models.card import rebuilt
from ..models.modules import Normalization
from ..runs.folder import RunFolder
from .weights import fingerprint

INITIAL = "initial"  # insight/initial.npz


def initial_network(run: RunFolder, trained: Network, card: dict[str, Any]) -> Network:
    """Return the network as its training found it, in evaluation mode.

    Its weights come from the seed of the run. What a Normalization layer learned from the data before training is
    taken from ``trained``: training does not change it.

    Raises :class:`RunError` for a module of the user's own, which a card cannot rebuild; for a run that was not trained
    here (imported weights); and where the parameters are not bit for bit those that the run noted when it began
    (another version of PyTorch may draw other numbers).
    """
    if trained.spec.kind == "module":
        raise RunError(
            f"{run.path} holds your own module {trained.spec.name}: its weights before training are not kept",
            "The report shows what was noted of them; or leave the untrained network out.",
        )
    noted = run.arrays(INITIAL).get("fingerprint")
    if noted is None:
        raise RunError(
            f"{run.path} does not say what weights its training started from",
            "Runs that spirula trained do; of imported weights nobody knows.",
        )
    network = rebuilt(card, run.path, seed=int(run.document().get("seed") or 0), custom=run.pieces)
    learned = {name: part for name, part in trained.module.named_modules() if isinstance(part, Normalization)}
    for name, part in network.module.named_modules():
        if isinstance(part, Normalization):
            part.load_state_dict(learned[name].state_dict())
    if str(noted) != fingerprint(network.module):
        raise RunError(
            f"The weights that {run.path} started from cannot be rebuilt here: its seed gives other numbers "
            f"(trained with PyTorch {card['versions'].get('torch')}, this is {torch.__version__})",
            "Use the version that trained it; or leave the untrained network out.",
        )
    network.module.eval()
    return network
