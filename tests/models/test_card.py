"""Saved networks: equal after loading, and nothing damaged, foreign or hostile gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from spirula.errors import RunError, SpirulaError
from spirula.models.adapt import adapt
from spirula.models.build import Network, build
from spirula.models.card import load, read_card, save, spec_of


def saved(network: Network, folder: Path, **options: Any) -> dict[str, Any]:
    return save(
        network,
        folder / "model.safetensors",
        folder / "model.json",
        classes=["고양이", "dog"],
        task=network.spec.task,
        preprocessing={"height": 8, "mean": [0.5]},
        **options,
    )


NETWORKS: dict[str, Callable[[], Network]] = {
    "stack": lambda: build(
        "Normalization(), Conv2D(4, 2, padding='same', strides=2), BatchNormalization(), ResidualBlock(8, 2), "
        "Flatten(), Dense(1, 'sigmoid')",
        input_shape=(8, 8, 1),
        outputs=2,
        seed=0,
    ),
    "graph": lambda: build("a = Conv2D(1, 1)(input); 합 = Add()(a, input)", input_shape=(8, 8, 1), outputs=2, seed=0),
    "regression": lambda: build("Flatten(), Dense(1, 'sigmoid')", input_shape=(8, 8, 1), outputs=1, seed=0),
    "multilabel": lambda: build("linear", input_shape=(8, 8, 1), outputs=2, seed=0, task="multilabel"),
    "timm": lambda: build("timm/test_resnet", input_shape=(32, 32, 1), outputs=2, seed=0),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_loaded_networks_answer_the_same(kind: str, tmp_path: Path) -> None:
    network = NETWORKS[kind]()
    side = network.spec.input_shape[0]
    adapt(network.module, [torch.randn(9, 1, side, side) * 3 + 1])
    network.module.train()(torch.randn(4, 1, side, side))  # statistics that differ from the initial ones
    written = saved(network, tmp_path)
    module, card = load(tmp_path)
    assert card == written
    assert card["classes"] == ["고양이", "dog"]
    assert (card["task"], card["output"]) == (network.spec.task, network.output)
    assert spec_of(card) == network.spec
    assert not module.training
    images = torch.randn(5, 1, side, side)
    assert torch.equal(module(images), network.module.eval()(images))
    assert [name for name, _ in module.named_modules()] == [name for name, _ in network.module.named_modules()]


def test_other_weights_can_be_saved_in_place_of_the_modules(tmp_path: Path) -> None:
    network = NETWORKS["graph"]()
    weights = {name: torch.full_like(value, 0.25) for name, value in network.module.state_dict().items()}
    saved(network, tmp_path, weights=weights)
    module, _ = load(tmp_path)
    assert all((value == 0.25).all() for value in module.state_dict().values())


def test_tied_and_channels_last_weights_can_be_saved(tmp_path: Path) -> None:
    first, second = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
    second.weight = first.weight
    module = nn.Sequential(first, second, nn.Flatten(), nn.Linear(128, 2)).to(memory_format=torch.channels_last)
    network = build(module, input_shape=(8, 8, 2), outputs=2)
    saved(network, tmp_path)
    other = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1), nn.Flatten(), nn.Linear(128, 2))
    loaded, _ = load(tmp_path, module=other)
    assert loaded is other
    images = torch.randn(2, 2, 8, 8)
    assert torch.allclose(loaded(images), module(images), atol=1e-6)


def test_a_users_module_must_be_passed(tmp_path: Path) -> None:
    network = build(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), input_shape=(8, 8, 1), outputs=2)
    saved(network, tmp_path)
    with pytest.raises(RunError, match=r"Sequential.*cannot rebuild"):
        load(tmp_path)
    with pytest.raises(RunError, match="do not fit"):
        load(tmp_path, module=nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
    with pytest.raises(RunError, match="do not fit"):
        load(tmp_path, module=nn.Linear(64, 2))
    stack = tmp_path / "stack"
    stack.mkdir()
    saved(NETWORKS["stack"](), stack)
    with pytest.raises(RunError, match="a module was passed as well"):
        load(stack, module=nn.Linear(1, 1))


def changed(path: Path, *keys: str, to: Any) -> None:
    card = json.loads(path.read_text(encoding="utf-8"))
    place = card
    for key in keys[:-1]:
        place = place[key]
    if to is KeyError:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to
    path.write_text(json.dumps(card), encoding="utf-8")


@pytest.mark.parametrize(
    ("keys", "to", "words"),
    [
        (("schema",), 2, "schema 2"),
        (("schema",), KeyError, "schema None"),
        (("spec", "kind"), "pickle", "'pickle'"),
        (("spec", "kind"), KeyError, "None"),
        (("spec",), [], "None"),
        (("spec", "notation"), KeyError, "notation"),
        (("spec", "notation"), "__import__('os').system('x')", "rebuilt"),
        (("spec", "notation"), "/etc/passwd.toml", "rebuilt"),
        (("spec", "notation"), "Flatten(), Dense(3, 'relu')", "do not fit"),
        (("spec", "notation"), 7, "values"),
        (("spec", "input_shape"), [8, 8], "values"),
        (("spec", "input_shape"), [8, 8, 10**9], "values"),
        (("spec", "input_shape"), [8, True, 1], "values"),
        (("spec", "input_shape"), "881", "values"),
        (("spec", "input_shape"), [1, 1, 1], "rebuilt|do not fit"),
        (("spec", "outputs"), 0, "values"),
        (("spec", "outputs"), 7, "do not fit|rebuilt"),
        (("spec", "task"), "magic", "values"),
        (("output",), "argmax", "values"),
        (("classes",), KeyError, "classes"),
        (("weights",), KeyError, "weights"),
        (("weights", "file"), "../secret", "values"),
        (("weights", "file"), "none.safetensors", "cannot be read"),
        (("weights", "sha256"), "0" * 64, "SHA-256"),
        (("weights", "sha256"), None, "values"),
    ],
)
def test_damaged_cards_are_noticed(keys: tuple[str, ...], to: Any, words: str, tmp_path: Path) -> None:
    saved(NETWORKS["graph"](), tmp_path)
    changed(tmp_path / "model.json", *keys, to=to)
    with pytest.raises(RunError, match=words):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"schema": 1}'])
def test_files_that_are_no_cards(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(RunError, match=r"model\.json"):
        load(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"model\.json"):
        read_card(tmp_path / "model.json")


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_one_changed_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("card")
    saved(NETWORKS["graph"](), folder)
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    with pytest.raises(RunError, match="SHA-256"):
        load(folder)


def test_a_right_hash_over_wrong_bytes_is_no_crash(tmp_path: Path) -> None:
    import hashlib

    saved(NETWORKS["graph"](), tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"garbage!garbage!")
    changed(tmp_path / "model.json", "weights", "sha256", to=hashlib.sha256(b"garbage!garbage!").hexdigest())
    with pytest.raises(RunError, match="not a safetensors file"):
        load(tmp_path)


def test_a_write_that_fails_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(NETWORKS["graph"](), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(SpirulaError, match="disk full"):
        saved(NETWORKS["stack"](), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_are_exchanged_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(NETWORKS["graph"](), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    steps: list[tuple[str, str]] = []

    def stop(self: Path, target: Path) -> None:
        steps.append((self.name[:7], target.name))
        raise OSError("killed")

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(SpirulaError, match="killed"):
        saved(NETWORKS["stack"](), tmp_path)
    assert steps == [(".model.", "model.safetensors")]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_card_says_what_made_it(tmp_path: Path) -> None:
    card = saved(NETWORKS["timm"](), tmp_path)
    assert {"spirula", "python", "torch", "timm"} <= set(card["versions"])
    assert "고양이" in (tmp_path / "model.json").read_text(encoding="utf-8")


def test_a_regression_is_rescaled_to_its_targets(tmp_path: Path) -> None:
    """The output starts around the targets' mean, in their unit, and the card rebuilds it."""
    network = build("dense", input_shape=(6,), outputs=1, seed=0, task="regression", target=(500.0, 20_000.0))
    network.module.eval()
    x = torch.randn(64, 6)
    outputs = network.module(x)
    plain = build("dense", input_shape=(6,), outputs=1, seed=0, task="regression").module.eval()
    torch.testing.assert_close(outputs, plain(x) * 500.0 + 20_000.0)
    with torch.autocast("cpu", torch.bfloat16):
        assert network.module(x).dtype == torch.float32, "bfloat16 would keep two digits of 20,000"
    saved(network, tmp_path)
    loaded, _ = load(tmp_path)
    torch.testing.assert_close(loaded(x), outputs)


def test_an_activation_of_ones_own_is_not_shifted() -> None:
    network = build(
        'Dense(1, activation="softplus")', input_shape=(3,), outputs=1, seed=0, task="regression", target=(2.0, -9.0)
    )
    assert bool((network.module(torch.randn(20, 3)) >= 0).all())


def test_a_small_file_cannot_ask_for_a_huge_network(tmp_path: Path) -> None:
    """The numbers are compared before anything of that size is made: 40 GB here."""
    saved(NETWORKS["stack"](), tmp_path)
    card = json.loads((tmp_path / "model.json").read_text())
    card["spec"]["notation"] = "Flatten(), Dense(100000, activation='relu'), Dense(100000, activation='relu')"
    (tmp_path / "model.json").write_text(json.dumps(card))
    with pytest.raises(RunError, match=r"1\d,\d{3},\d\d\d,\d\d\d parameters"):
        load(tmp_path)
