"""A saved network: ``model.safetensors`` (weights) and ``model.json`` (the card that rebuilds everything around them).

Neither file can execute anything: the weights are plain numbers, the network's description goes through the same safe
reader as text from the command line. The card holds the hash of the weights, so that a mixed-up pair is noticed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_args

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from .._version import __version__
from ..custom.library import Library
from ..custom.piece import Piece
from ..errors import ModelError, RunError
from ..runs.files import write_atomically
from ..runs.folder import CARD
from ..runs.own_pieces import missing
from .arithmetic import steps
from .build import ModelSpec, Network, assemble, assemble_own, seeded, timm_module
from .head import Output, Task, finish
from .notation import parse
from .own import bound, own_network
from .plan import plan

SCHEMA = 1
KINDS = ("stack", "graph", "timm", "module", "custom")
_SPEC_KEYS = ("kind", "name", "notation", "input_shape", "outputs", "head", "task")


def save(
    network: Network,
    path_safetensors: str | Path,
    card_path: str | Path,
    *,
    classes: Sequence[str],
    task: Task,
    preprocessing: Mapping[str, Any],
    weights: Mapping[str, Tensor] | None = None,
    custom: Mapping[str, Any] | None = None,
    backbone: Mapping[str, Any] | None = None,
    test_views: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write weights and card, each first under a temporary name; return the card.

    ``weights``: a state dict to save in place of the module's own (an average, or the best epoch's). ``custom``: name
    and SHA-256 of the file with the user's own pieces, so that the card can say what it needs. ``backbone``: the
    pretrained network and the file of weights that training began with. ``test_views``: which views of a picture the
    network is asked about, where that is more than the picture itself.
    """
    state = network.module.state_dict() if weights is None else weights
    # Copies: safetensors refuses tensors that share memory or are not contiguous (tied weights, channels_last).
    plain = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
    content = safetensors.torch.save(plain, metadata={"format": "pt"})
    card = {
        "schema": SCHEMA,
        "spec": network.spec.to_dict(),
        "classes": list(classes),
        "task": task,
        "preprocessing": dict(preprocessing),
        "output": network.output,
        "weights": {
            "file": Path(path_safetensors).name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        },
        "versions": _versions(network.spec.kind),
        **({} if custom is None else {"custom": {key: custom[key] for key in ("file", "sha256")}}),
        **({} if backbone is None else {"backbone": dict(backbone)}),
        **({} if test_views is None else {"test_views": dict(test_views)}),
    }
    text = json.dumps(card, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    for path, whole in ((Path(path_safetensors), content), (Path(card_path), text.encode())):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file, whole=whole: file.write(whole))  # type: ignore[misc]
    return card


def load(
    folder: str | Path, *, module: nn.Module | None = None, custom: Library | None = None
) -> tuple[nn.Module, dict[str, Any]]:
    """Rebuild a saved network from its folder; return the module (in eval mode, on the CPU) and the card.

    See :func:`load_network` for ``module`` and the errors.
    """
    network, card = load_network(folder, module=module, custom=custom)
    return network.module, card


def load_network(
    folder: str | Path, *, module: nn.Module | None = None, custom: Library | None = None
) -> tuple[Network, dict[str, Any]]:
    """Rebuild a saved network with what is known about its layers; return it (in eval mode, on the CPU) and the card.

    ``module``: the user's own module, where the card's kind is "module": its class cannot be rebuilt from a card.
    ``custom``: the user's own activations, layers and network, where it has such.

    Raises :class:`RunError` for missing or damaged files, another schema, an unknown kind, weights that do not fit, and
    a network that needs pieces of the user's own that were not given.
    """
    place = Path(folder)
    card = read_card(place / CARD)
    spec = card["spec"]
    if spec["kind"] == "module" and module is None:
        raise RunError(
            f"{place} holds the weights of your own module {spec['name']}, which a card cannot rebuild.",
            f"Make the module in Python and pass it: spirula.open_run({str(place)!r}, module={spec['name']}(…)).",
        )
    if spec["kind"] != "module" and module is not None:
        raise RunError(f"{place} rebuilds its own {spec['kind']}; a module was passed as well.", "Leave module out.")
    content = _read(place / card["weights"]["file"])
    found = hashlib.sha256(content).hexdigest()
    if found != card["weights"]["sha256"]:
        raise RunError(
            f"{place / card['weights']['file']} is not the file that {CARD} was written with (SHA-256 {found[:12]}…, "
            f"expected {card['weights']['sha256'][:12]}…).",
            "The file was damaged or exchanged: copy the run again, or use another run.",
        )
    try:
        state = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        file = place / card["weights"]["file"]
        raise RunError(f"{file} is not a safetensors file: {error}.", "Copy it again.") from error
    _check_size(spec_of(card), sum(value.numel() for value in state.values()), place)
    network = rebuilt(card, place, module=module, custom=custom)
    try:
        network.module.load_state_dict(state, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise RunError(
            f"The weights in {place} do not fit the network: {reason[:300]}", "Use the module that was trained."
        ) from error
    network.module.eval()
    return network, card


def _check_size(spec: ModelSpec, stored: int, place: Path) -> None:
    """Raise :class:`RunError` where a small file describes a huge network, before memory is taken for it."""
    if spec.kind not in ("stack", "graph") or "custom." in spec.notation:
        return
    try:
        finished = finish(plan(parse(spec.notation), spec.input_shape), spec.outputs, spec.task)
    except ModelError:
        return  # said with its reason where the network is built
    counted = sum(step.parameters or 0 for step in steps(finished.plan))
    if counted > 2 * stored + 1_000:
        raise RunError(
            f"The network in {place / CARD} has {counted:,} parameters, but its weights are {stored:,} numbers.",
            "The card does not belong to these weights: copy the run again.",
        )


def read_card(path: Path) -> dict[str, Any]:
    """Read and check ``model.json``; raises :class:`RunError` naming what is wrong."""
    try:
        card = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is not JSON: {error}.", "The file is damaged: copy the run again.") from error
    if not isinstance(card, dict) or card.get("schema") != SCHEMA:
        schema = card.get("schema") if isinstance(card, dict) else None
        raise RunError(
            f"{path} has schema {schema!r}; this spirula {__version__} reads schema {SCHEMA}.",
            "Use the spirula that wrote it.",
        )
    spec, weights = card.get("spec"), card.get("weights")
    kind = spec.get("kind") if isinstance(spec, dict) else None
    if kind not in KINDS:
        raise RunError(f"{path} describes a network of unknown kind {kind!r}.", f"Known kinds: {', '.join(KINDS)}.")
    assert isinstance(spec, dict)
    missing = [key for key in _SPEC_KEYS if key not in spec]
    missing += [key for key in ("classes", "task", "preprocessing", "output") if key not in card]
    if missing or not isinstance(weights, dict) or not {"file", "sha256"} <= set(weights):
        raise RunError(
            f"{path} lacks {', '.join(missing) or 'its weights'}.", "The file is damaged: copy the run again."
        )
    sound = (
        isinstance(spec["input_shape"], list)
        and len(spec["input_shape"]) in (1, 3)
        and all(type(side) is int and 0 < side <= 100_000 for side in spec["input_shape"])
        and type(spec["outputs"]) is int
        and spec["outputs"] > 0
        and all(isinstance(spec[key], str) for key in ("name", "notation"))
        and spec["task"] in get_args(Task)
        and card["output"] in get_args(Output)
        and isinstance(weights["file"], str)
        and Path(weights["file"]).name == weights["file"]
        and isinstance(weights["sha256"], str)
    )
    if not sound:
        raise RunError(f"{path} holds values that no network can have.", "The file is damaged: copy the run again.")
    return card


def spec_of(card: Mapping[str, Any]) -> ModelSpec:
    """Return the description inside a card."""
    fields = {key: card["spec"][key] for key in _SPEC_KEYS}
    return ModelSpec(**{**fields, "input_shape": tuple(fields["input_shape"]), "target": _target(card["spec"])})


def _target(spec: Mapping[str, Any]) -> tuple[float, float] | None:
    target = spec.get("target")
    return None if target is None else (float(target[0]), float(target[1]))


def rebuilt(
    card: Mapping[str, Any],
    place: Path,
    *,
    seed: int = 0,
    module: nn.Module | None = None,
    custom: Library | None = None,
) -> Network:
    """Build the network of a card, with the weights that it has before any training.

    With the seed of its training these are the weights that the training started from. ``place`` is named in errors.
    ``module``: the user's own one where the card's kind is "module"; it is taken as it is. ``custom`` as in
    :func:`load_network`.
    """
    spec = spec_of(card)
    unit = spec.target[0] if spec.target else 1.0
    try:
        if module is not None:
            return Network(module, spec, card["output"])
        if spec.kind == "timm":
            with seeded(seed):
                backbone = timm_module(spec.notation, spec.input_shape, spec.outputs, spec.target)
            return Network(backbone, spec, card["output"], unit=unit)
        piece = own_network(spec.notation) if spec.kind == "custom" else None
        if piece is not None:
            made = assemble_own(_found(piece, place, card, custom), spec.input_shape, spec.outputs, spec.task, seed)
            return replace(made, output=card["output"])
        network = bound(parse(spec.notation), lambda own: _found(own, place, card, custom), regularizers=False)
        made = assemble(network, spec.name, spec.input_shape, spec.outputs, spec.task, seed, spec.target)
        return replace(made, output=card["output"])
    except ModelError as error:
        raise RunError(f"The network in {place / CARD} cannot be rebuilt: {error.problem}", error.remedy) from error


def _found(piece: Piece, place: Path, card: Mapping[str, Any], custom: Library | None) -> Piece:
    if custom is None:
        raise missing(place, str(piece), card.get("custom"))
    return custom.bound(piece)


def _versions(kind: str) -> dict[str, str]:
    packages = ["torch", "safetensors", *(["timm"] if kind == "timm" else [])]
    versions = {"spirula": __version__, "python": sys.version.split()[0]}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = str(torch.__version__) if package == "torch" else "unknown"
    return versions


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}.", "Check the path of the run.") from error
