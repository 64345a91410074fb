"""Every number of a walk against PyTorch: stored ones against hooks, computed ones against stored ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from walked import OWN, STACKS, Own, any_walk, hooked, network, pixels, places, preprocessing, walked

from spirula.insight.walk.arithmetic import Arithmetic
from spirula.insight.walk.document import Walk
from spirula.insight.walk.functions import FUNCTIONS, applied, function_settings
from spirula.insight.walk.walk import walk

SHAPE = (12, 10, 3)


def last_name(station: dict[str, object]) -> str:
    stages = [stage for stage in station["stages"] if stage["kind"] != "nothing"]  # type: ignore[attr-defined]
    return str(stages[-1]["name"] if stages else station["name"])


def stored(found: Walk, station: dict[str, object]) -> np.ndarray:
    entry = found.document["values"][str(station["value"])]
    assert entry["channels"] is None
    return found.arrays[entry["array"]]


@pytest.mark.parametrize("name", STACKS)
def test_what_is_stored_is_what_hooks_see(name: str) -> None:
    model, shape = STACKS[name]
    made, found = walked(model, shape)
    modules = hooked(made, shape)
    compared = 0
    for station in found.document["stations"]:
        seen = modules.get(last_name(station))
        if seen is None or station["name"].endswith(".permute"):  # a sum inside a block is no module
            continue
        assert stored(found, station).ravel() == pytest.approx(seen.ravel(), abs=0)
        compared += 1
    assert compared >= 4
    assert found.document["logits"] == pytest.approx(modules[""][0].astype(float))


@pytest.mark.parametrize("name", [*STACKS, *OWN])
def test_what_is_computed_is_what_is_stored(name: str) -> None:
    _, found, _ = any_walk(name)
    arithmetic = Arithmetic(found)
    for index, station in enumerate(found.document["stations"]):
        if station["kind"] in ("input", "unknown"):
            continue
        wanted = stored(found, station)
        for channel, row, column in places(station, 30, index):
            results = arithmetic.results(index, channel, row, column)
            assert results is not None
            assert results[-1] == pytest.approx(float(wanted[channel, row, column]), rel=1e-5, abs=1e-5)
            assert len(results) == 1 + len(station["stages"])


def test_stages_are_what_hooks_see_between() -> None:
    """A convolution, its normalisation, its activation: each line of the sum, not only the last."""
    made, found = walked(*STACKS["strided, dilated, grouped"])
    modules = hooked(made, STACKS["strided, dilated, grouped"][1])
    ((index, station),) = [(i, s) for i, s in enumerate(found.document["stations"]) if s["name"] == "conv2d_1"]
    names = ["conv2d_1", "batch_normalization", "activation"]
    assert [stage["name"] for stage in station["stages"]] == names[1:]
    for channel, row, column in places(station, 20):
        results = Arithmetic(found).results(index, channel, row, column)
        assert results == pytest.approx([float(modules[n][0, channel, row, column]) for n in names], rel=1e-5, abs=1e-5)


def test_every_kind_is_met_and_only_what_is_unknown_is_not_drawn() -> None:
    kinds = {}
    for model, shape in STACKS.values():
        _, found = walked(model, shape)
        kinds |= {station["name"]: station["kind"] for station in found.document["stations"]}
    assert "unknown" not in kinds.values()
    assert {
        "convolution",
        "dense",
        "pooling",
        "combination",
        "concatenation",
        "rearrangement",
        "padding",
        "same",
    } <= set(kinds.values())
    _, own = walked(Own(), SHAPE)
    unknown = [station for station in own.document["stations"] if station["kind"] == "unknown"]
    assert [station["operator"] for station in unknown] == ["upsample_bilinear2d"]
    assert unknown[0]["reason"] == "unknown"
    assert unknown[0]["from_shapes"] == [[6, 6, 5]]
    assert unknown[0]["shape"] == [6, 5, 5]


def test_an_own_module_is_followed_through_functions_gates_and_shared_parts() -> None:
    _, found = walked(Own(), SHAPE)
    stations = {station["name"]: station for station in found.document["stations"]}
    assert [stage["name"] for stage in stations["conv"]["stages"]] == ["act"]
    gate = stations["mul"]
    assert gate["from_shapes"] == [[6, 12, 10], [6, 1, 1]]
    assert [found.document["stations"][index]["name"] for _, index in gate["from"]] == ["conv", "gate"]
    assert [stage["settings"]["function"] for stage in stations["gate"]["stages"]] == ["sigmoid"]
    assert stations["add"]["from"][0] == stations["add"]["from"][1]


def test_odd_windows_and_moved_values_are_followed() -> None:
    _, found, _ = any_walk("windows")
    unknown = {s["operator"] for s in found.document["stations"] if s["kind"] == "unknown"}
    assert unknown == {"transposed convolution", "change in place"}
    kinds = [s["kind"] for s in found.document["stations"]]
    assert kinds.count("pooling") == 4
    assert kinds.count("rearrangement") >= 5
    last = found.document["stations"][-1]
    assert [stage["kind"] for stage in last["stages"]] == ["normalization", "constant"]


def test_channels_that_lie_last_are_maps_all_the_same() -> None:
    made, found, shape = any_walk("channels last")
    stations = {s["name"]: s for s in found.document["stations"]}
    assert [stage["name"] for stage in stations["depthwise"]["stages"]] == ["norm"]
    linear = [(s["kind"], s["settings"]["linear"]) for n, s in stations.items() if n in ("wide", "narrow")]
    assert linear == [("convolution", True)] * 2
    assert stations["wide"]["shape"] == [7, *shape[:2]]
    assert stations["wide"]["parameters"] == 3 * 7 + 7
    assert [stage["kind"] for stage in stations["narrow"]["stages"]] == ["constant"]
    assert stations["add"]["from_shapes"] == [[3, *shape[:2]]] * 2
    inside = np.moveaxis(hooked(made, shape)["act"][0], -1, 0)
    assert stored(found, stations["wide"]) == pytest.approx(inside, abs=0)
    top, bottom, left, right = stations["wide"]["seen"]
    assert (top[4], bottom[4], left[4], right[4]) == (3, 6, 3, 6)
    assert [s["operator"] for s in stations.values() if s["kind"] == "unknown"] == ["amax", "_softmax", "sum"]


def test_dropout_and_flatten_are_told_to_do_nothing() -> None:
    _, found = walked(*STACKS["two conv"])
    told = [
        (s["name"], stage["name"])
        for s in found.document["stations"]
        for stage in s["stages"]
        if stage["kind"] == "nothing"
    ]
    assert told == [("dense", "dropout")]
    _, pooled = walked(*STACKS["residual"])
    told = [
        stage["settings"]["module"]
        for s in pooled.document["stations"]
        for stage in s["stages"]
        if stage["kind"] == "nothing"
    ]
    assert told == ["Dropout2d", "Flatten"]


def test_the_picture_is_scaled_as_said() -> None:
    _, found = walked(*STACKS["two conv"])
    p = found.document["preprocessing"]
    (raw,) = found.arrays["pixels"]
    (value,) = stored(found, found.document["stations"][0])
    assert raw * p["factor"][0] + p["offset"][0] == pytest.approx(value, abs=1e-6)
    assert (raw * p["scale"] - p["mean"][0]) / p["std"][0] == pytest.approx(value, abs=1e-6)


def test_a_station_whose_numbers_do_not_add_up_is_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Arithmetic._pooling
    monkeypatch.setattr(Arithmetic, "_pooling", lambda *a: honest(*a) + 0.5)  # type: ignore[operator]
    _, found = walked(*STACKS["two conv"])
    assert {s["name"] for s in found.document["stations"] if s["kind"] == "unknown"} == {
        "max_pooling2d",
        "max_pooling2d_1",
    }


def test_nothing_about_the_network_changes() -> None:
    made = network(Own(), SHAPE)
    made.module.train()
    before = {name: value.clone() for name, value in made.module.state_dict().items()}
    walk(made, preprocessing(SHAPE), pixels(SHAPE))
    assert made.module.training
    assert all(value.requires_grad for value in made.module.parameters())
    assert all(torch.equal(value, before[name]) for name, value in made.module.state_dict().items())
    assert not made.module.conv._forward_hooks  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_those_of_torch(name: str) -> None:
    overload = next(
        getattr(getattr(torch.ops.aten, name), o)
        for o in ("default", "Tensor")
        if o in getattr(torch.ops.aten, name).overloads()
    )
    x = torch.linspace(0.1 if name in ("log", "sqrt") else -7, 7, 43)
    given = {"hardtanh": {"max_val": 6.0, "min_val": 0.0}, "clamp": {"min": -1, "max": 2}, "clamp_min": {"min": -2}}
    known: dict[str, object] = dict(given.get(name, {}))
    if name == "_prelu_kernel":
        result = overload(x, torch.tensor(0.3))
    else:
        result = overload(x, **known)
        result = result[0] if isinstance(result, tuple) else result
    for entry in overload._schema.arguments:
        known.setdefault(entry.name, entry.default_value)
    settings = function_settings(name, known)
    assert settings is not None
    assert [applied(settings, float(v), 0.3) for v in x] == pytest.approx(result.tolist(), rel=2e-6, abs=2e-6)


def test_receptive_fields_are_those_of_the_report() -> None:
    from spirula.insight.layers import rows_of
    from spirula.insight.receptive import receptive_fields

    model, shape = STACKS["strided, dilated, grouped"]
    made, found = walked(model, shape)
    fields = {entry.layer: entry for entry in receptive_fields(made, rows_of(made))}
    compared = 0
    for station in found.document["stations"]:
        name = re.sub(r"_pad$", "", station["name"])
        if name != station["name"] or name not in fields or station["seen"] is None or station["vector"]:
            continue
        top, bottom, left, right = station["seen"]
        rows, columns = fields[name].maps
        for row in range(rows):
            for column in range(columns):
                assert fields[name].box(row, column) == (top[row], left[column], bottom[row], right[column])
        compared += 1
    assert compared >= 3
