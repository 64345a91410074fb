"""From description to network: heads, names, initial weights, penalties, modules of the user's own."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from small_networks import IMAGE
from torch import nn

from spirula import layers as L  # noqa: N812
from spirula.errors import ModelError
from spirula.models.build import build
from spirula.models.notation import parse, to_text


@pytest.mark.parametrize(
    ("text", "outputs", "task", "output", "head", "logits"),
    [
        ("Flatten(), Dense(9, 'relu')", 5, None, "softmax", "added", 5),
        ("Flatten(), Dense(5, 'relu')", 5, None, "softmax", "added", 5),
        ("Flatten(), Dense(5)", 5, None, "softmax", "given", 5),
        ("Flatten(), Dense(5, 'softmax')", 5, None, "softmax", "given", 5),
        ("Flatten(), Dense(5), Softmax()", 5, None, "softmax", "given", 5),
        ("Flatten(), Dense(5), Activation('softmax')", 5, None, "softmax", "given", 5),
        ("Conv2D(5, 1), GlobalAveragePooling2D(), Softmax()", 5, None, "softmax", "given", 5),
        ("Conv2D(5, 1), GlobalAveragePooling2D()", 5, None, "softmax", "added", 5),
        ("Flatten(), Dense(1, 'sigmoid')", 2, None, "sigmoid", "given", 1),
        ("Flatten(), Dense(1), Activation('sigmoid')", 2, None, "sigmoid", "given", 1),
        ("Flatten(), Dense(2, 'sigmoid')", 2, None, "sigmoid", "given", 2),
        ("Flatten(), Dense(9, 'sigmoid')", 2, None, "softmax", "added", 2),
        ("Flatten()", 2, None, "softmax", "added", 2),
        ("Flatten(), Dense(5, 'sigmoid')", 5, "multilabel", "sigmoid", "given", 5),
        ("Flatten(), Dense(5)", 5, "multilabel", "sigmoid", "given", 5),
        ("Flatten()", 5, "multilabel", "sigmoid", "added", 5),
        ("Flatten(), Dense(30, 'relu'), Dense(1)", 1, None, "linear", "given", 1),
        ("Flatten(), Dense(1, 'softplus')", 1, None, "linear", "given", 1),
        ("Flatten(), Dense(1, 'sigmoid')", 1, "regression", "linear", "given", 1),
        ("Flatten(), Dense(1, 'sigmoid')", 1, "multilabel", "sigmoid", "given", 1),
        ("Flatten(), Dense(30, 'relu')", 1, None, "linear", "added", 1),
        ("x = Flatten()(input); x = Dense(5, 'softmax')(x)", 5, None, "softmax", "given", 5),
    ],
)
def test_output_layer(text: str, outputs: int, task: str | None, output: str, head: str, logits: int) -> None:
    network = build(text, input_shape=IMAGE, outputs=outputs, task=task)  # type: ignore[arg-type]
    assert (network.output, network.spec.head) == (output, head)
    assert network.module(torch.zeros(2, 3, 8, 8)).shape == (2, logits)
    assert not any(isinstance(part, nn.Softmax) for part in network.module.modules())
    assert any("was added" in note for note in network.notes) == (head == "added")


def test_a_stripped_sigmoid_is_gone_and_a_kept_one_is_there() -> None:
    stripped = build("Flatten(), Dense(1, 'sigmoid')", input_shape=IMAGE, outputs=2)
    kept = build("Flatten(), Dense(1, 'sigmoid')", input_shape=IMAGE, outputs=1)
    assert [name for name, _ in stripped.module.named_children()] == ["flatten", "dense"]
    assert [name for name, _ in kept.module.named_children()] == ["flatten", "dense", "dense_sigmoid"]


@pytest.mark.parametrize(
    ("text", "outputs", "task", "words"),
    [
        ("Flatten(), Dense(10, 'softmax')", 5, None, ["10 outputs", "5 classes", "Dense(5)"]),
        ("Flatten(), Dense(10)", 5, None, ["10 outputs", "5 classes", "relu"]),
        ("Flatten(), Dense(1, 'sigmoid')", 5, None, ["1 output,", "5 classes"]),
        ("Flatten(), Dense(1)", 2, None, ["1 output,", "2 classes", 'activation="sigmoid"']),
        ("Flatten(), Dense(3)", 1, None, ["3 outputs", "one value"]),
        ("Flatten(), Dense(1, 'softmax')", 1, None, ["softmax", "regression"]),
        ("Flatten(), Dense(5, 'softmax')", 5, "multilabel", ["softmax", "multilabel", "sigmoid"]),
        ("Conv2D(5, 1), Softmax()", 5, None, ["softmax", "8×8×5", "GlobalAveragePooling2D"]),
    ],
)
def test_output_layers_that_contradict_the_data(text: str, outputs: int, task: str | None, words: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        build(text, input_shape=IMAGE, outputs=outputs, task=task)  # type: ignore[arg-type]
    for word in words:
        assert word in str(refusal.value)


def test_maps_at_the_end_are_flattened_and_the_note_says_so() -> None:
    network = build("Conv2D(4, 3)", input_shape=IMAGE, outputs=2)
    assert [name for name, _ in network.module.named_children()] == ["conv2d", "flatten", "dense"]
    assert "6×6×4" in network.notes[0]
    assert "GlobalAveragePooling2D()" in network.notes[0]


def test_children_have_keras_names_and_are_plain_torch() -> None:
    network = build(
        "Conv2D(4, 2, padding='same', activation='relu'), MaxPooling2D(2), SeparableConv2D(4, 3, activation='relu'), "
        "Conv2D(4, 1), ReLU(), BatchNormalization(), SpatialDropout2D(0.1), GlobalAveragePooling2D()",
        input_shape=(28, 28, 1),
        outputs=10,
    )
    assert isinstance(network.module, nn.Sequential)
    assert [name for name, _ in network.module.named_children()] == [
        *("conv2d_pad", "conv2d", "conv2d_relu", "max_pooling2d"),
        *("separable_conv2d_depthwise", "separable_conv2d_pointwise", "separable_conv2d_relu"),
        *("conv2d_1", "relu", "batch_normalization", "spatial_dropout2d"),
        *("global_average_pooling2d", "global_average_pooling2d_flatten", "dense"),
    ]
    for part in network.module.modules():
        assert type(part).__module__.startswith("torch.nn.")


def test_the_module_can_be_saved_without_spirula(tmp_path: Path) -> None:
    network = build("two-conv", input_shape=(28, 28, 1), outputs=10, seed=1)
    torch.save(network.module, tmp_path / "whole.pt")
    loaded = torch.load(tmp_path / "whole.pt", weights_only=False)
    image = torch.randn(2, 1, 28, 28)
    assert torch.equal(loaded.eval()(image), network.module.eval()(image))


def test_graphs_run_their_wiring() -> None:
    network = build(
        "twice = Rescaling(2)(input); 합 = Add()(twice, input, input); x = Flatten()(합); x = Flatten()(x)",
        input_shape=(2, 2, 1),
        outputs=3,
    )
    names = [name for name, _ in network.module.named_children()]
    assert names == ["twice", "합", "flatten", "flatten_1", "dense"]
    image = torch.randn(2, 1, 2, 2)
    values: list[torch.Tensor] = []
    network.module.get_submodule("합").register_forward_hook(lambda _, __, result: values.append(result))
    network.module(image)
    assert torch.allclose(values[0], 4 * image)


def test_a_graph_without_branches_is_a_sequence() -> None:
    network = build("x = Conv2D(4, 3, activation='relu')(input); x = Flatten()(x)", input_shape=IMAGE, outputs=3)
    assert isinstance(network.module, nn.Sequential)
    assert network.spec.kind == "graph"


def test_names_that_torch_needs_are_refused() -> None:
    with pytest.raises(ModelError, match='"forward"'):
        build("forward = Rescaling(2)(input); b = Add()(forward, input)", input_shape=IMAGE, outputs=3)


def test_residual_adds_and_projects() -> None:
    same = build("Residual(Rescaling(2.0), activation='relu')", input_shape=(2, 2, 1), outputs=2)
    block = same.module.get_submodule("residual")
    image = torch.randn(3, 1, 2, 2)
    assert torch.allclose(block(image), torch.relu(3 * image))
    other = build("Residual(Conv2D(8, 3, strides=2, padding='same'))", input_shape=(7, 7, 3), outputs=2)
    kernel = other.module.get_submodule("residual.shortcut.conv2d")
    assert isinstance(kernel, nn.Conv2d)
    assert (kernel.kernel_size, kernel.stride, kernel.bias is not None) == ((1, 1), (2, 2), True)
    normal = build("ResidualBlock(8, strides=2)", input_shape=(7, 7, 3), outputs=2)
    names = [name for name, _ in normal.module.get_submodule("residual_block.shortcut").named_children()]
    assert names == ["conv2d", "batch_normalization"]
    assert normal.module.get_submodule("residual_block.shortcut.conv2d").bias is None


class Own(nn.Module):
    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(features)
        self.line = nn.Linear(features, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.line(self.norm(self.drop(x.flatten(1))))


def test_a_users_module_is_taken_as_it_is() -> None:
    module = Own(192, 4).train()
    module.drop.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    torch.manual_seed(5)
    state = torch.get_rng_state()
    network = build(module, input_shape=IMAGE, outputs=4)
    assert network.module is module
    assert (network.spec.kind, network.spec.name, network.output) == ("module", "Own", "softmax")
    assert (module.training, module.drop.training, module.norm.training) == (True, False, True)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Own(192, 5), ["Own", "(2, 5)", "(2, 4)"]),
        (Own(100, 4), ["Own", "8×8×3", "(N, C, H, W)"]),
        (nn.LSTM(8, 4), ["LSTM"]),
    ],
)
def test_a_users_module_that_does_not_fit(module: nn.Module, words: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        build(module, input_shape=IMAGE, outputs=4)
    for word in words:
        assert word in str(refusal.value)


def test_descriptions_may_be_lists_specs_files_and_text(tmp_path: Path) -> None:
    layers = [L.Conv2D(4, 3, activation="relu"), L.GlobalMaxPooling2D()]
    text = to_text(L.Stack(tuple(layers)))
    path = tmp_path / "mine.toml"
    path.write_text(f"layers = '''{text}'''", encoding="utf-8")
    specs = [
        build(model, input_shape=IMAGE, outputs=3).spec
        for model in (layers, L.Stack(tuple(layers)), parse(text), text, path, str(path))
    ]
    assert {spec.notation for spec in specs} == {text}
    assert [spec.name for spec in specs] == ["stack"] * 4 + ["mine"] * 2


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("two-con", ['"two-con"', '"two-conv"', "timm/NAME"]),
        ("resnet", ['"resnet"']),
        (42, ["42"]),
        ([], ["[]"]),
        ([3], ["[3]"]),
        ("", ["empty"]),
        ("no-such.toml", ["no-such.toml"]),
    ],
)
def test_what_is_not_a_network(model: object, words: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        build(model, input_shape=IMAGE, outputs=3)  # type: ignore[arg-type]
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize("shape", [(8, 8), (0, 8, 3), (), (8, 8, 3, 1)])
def test_shapes_that_are_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="input shape"):
        build("linear", input_shape=shape, outputs=3)
    with pytest.raises(ModelError, match="outputs = 0"):
        build("linear", input_shape=IMAGE, outputs=0)


def test_timm_networks_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    network = build("timm/mobilenetv3_small_050", input_shape=(40, 32, 1), outputs=7, seed=1)
    again = build("timm/mobilenetv3_small_050", input_shape=(40, 32, 1), outputs=7, seed=1)
    assert (network.spec.kind, network.spec.notation) == ("timm", "mobilenetv3_small_050")
    image = torch.randn(2, 1, 40, 32)
    assert torch.equal(network.module.eval()(image), again.module.eval()(image))
    assert network.module(image).shape == (2, 7)


def test_timm_networks_of_fixed_size_are_made_for_the_size() -> None:
    network = build("timm/test_vit", input_shape=(64, 64, 3), outputs=3)
    assert network.module(torch.zeros(2, 3, 64, 64)).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("timm/resnet8", IMAGE, ["resnet8", "Did you mean"]),
        ("timm/resnet18", (64,), ["64 values"]),
        ("timm/", IMAGE, ["timm has no network"]),
        ("timm/test_vit", (63, 63, 3), ["63×63×3"]),
    ],
)
def test_timm_networks_that_cannot_be(name: str, shape: tuple[int, ...], words: list[str]) -> None:
    with pytest.raises(ModelError) as refusal:
        build(name, input_shape=shape, outputs=3)
    for word in words:
        assert word in str(refusal.value)
