import numpy as np
import pytest
import torch

from spirula.errors import InputError
from spirula.training import device as devices
from spirula.training.device import (
    Machine,
    choose_channels_last,
    choose_device,
    choose_precision,
    prepare,
    worth_trying,
)

CPU = torch.device("cpu")


def pretend(monkeypatch, *, gpus=0, capability=(9, 0), mps=False, instructions=()):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Some GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(instructions, True), raising=False)


@pytest.mark.parametrize(
    ("machine", "device"),
    [({}, "cpu"), ({"gpus": 2}, "cuda:0"), ({"mps": True}, "mps"), ({"gpus": 1, "mps": True}, "cuda:0")],
)
def test_found_by_itself(machine, device, monkeypatch):
    pretend(monkeypatch, **machine)
    choice = choose_device()
    assert str(choice.value) == device
    assert "found" in choice.reason


@pytest.mark.parametrize("asked", ["gpu", "cpu:1", "cuda:x", "mps:0", "", "cuda:-1"])
def test_no_such_device(asked, monkeypatch):
    pretend(monkeypatch, gpus=1, mps=True)
    with pytest.raises(InputError, match="is not a device"):
        choose_device(asked)


@pytest.mark.parametrize(("asked", "gpus"), [("cuda", 0), ("cuda:1", 1), ("mps", 0)])
def test_not_available(asked, gpus, monkeypatch):
    pretend(monkeypatch, gpus=gpus)
    with pytest.raises(InputError, match="PyTorch sees") as caught:
        choose_device(asked)
    assert "cpu" in caught.value.remedy


def test_asked_for(monkeypatch):
    pretend(monkeypatch, gpus=2)
    assert choose_device("cuda:1").value == torch.device("cuda", 1)
    assert choose_device("cpu").value == CPU


@pytest.mark.parametrize(
    ("machine", "device", "precision"),
    [
        ({"instructions": ("amx_bf16",)}, "cpu", "bfloat16"),
        ({"instructions": ("avx512_bf16",)}, "cpu", "bfloat16"),
        ({"instructions": ("avx512_f",)}, "cpu", "float32"),
        ({"gpus": 1}, "cuda", "bfloat16"),
        ({"gpus": 1, "capability": (7, 5)}, "cuda", "float32"),
        ({"mps": True}, "mps", "float32"),
    ],
)
def test_precision_where_the_hardware_gains(machine, device, precision, monkeypatch):
    pretend(monkeypatch, **machine)
    assert choose_precision(None, torch.device(device)).value == precision
    assert choose_precision("float32", torch.device(device)).value == "float32"


def test_precision_that_the_gpu_lacks(monkeypatch):
    pretend(monkeypatch, gpus=1, capability=(7, 5))
    with pytest.raises(InputError, match=r"7\.5"):
        choose_precision("bfloat16", torch.device("cuda"))


def test_older_tensor_cores_are_named_and_tried(monkeypatch):
    pretend(monkeypatch, gpus=1, capability=(7, 5))
    gpu = torch.device("cuda")
    assert "7.5: bfloat16 needs 8.0; --precision float16" in choose_precision(None, gpu).reason
    assert choose_precision("float16", gpu).value == "float16"
    assert worth_trying(gpu) == ["float32", "float16"]
    pretend(monkeypatch, gpus=1, capability=(6, 1))
    assert worth_trying(gpu) == ["float32"]
    pretend(monkeypatch, gpus=1)
    assert worth_trying(gpu) == ["float32", "bfloat16"]


def test_no_float16_on_an_apple_gpu(monkeypatch):
    pretend(monkeypatch, mps=True)
    with pytest.raises(InputError, match="float16"):
        choose_precision("float16", torch.device("mps"))


def test_memory_format():
    assert choose_channels_last(None, torch.device("cuda"), "float16").value
    assert choose_channels_last(None, torch.device("cuda"), "bfloat16").value
    assert not choose_channels_last(None, torch.device("cuda"), "float32").value
    assert not choose_channels_last(None, torch.device("mps"), "float32").value
    assert choose_channels_last(None, CPU, "float32").value == devices._onednn()
    assert not choose_channels_last(False, CPU, "float32").value


def test_prepare_seeds_and_sets_deterministic_kernels(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    threads = torch.get_num_threads()
    prepare(CPU, seed=5, threads=2, deterministic=True)
    first = torch.rand(3)
    assert torch.get_num_threads() == 2
    assert torch.are_deterministic_algorithms_enabled()
    prepare(CPU, seed=5, threads=threads)
    assert torch.equal(torch.rand(3), first)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == threads


def test_arithmetic_may_be_entered_again_and_again():
    layer, context = torch.nn.Linear(2, 2), Machine(CPU, "bfloat16").arithmetic()
    for _ in range(2):
        with context:
            assert layer(torch.ones(1, 2)).dtype == torch.bfloat16
        assert layer(torch.ones(1, 2)).dtype == torch.float32


def test_denormals_are_flushed_while_training_and_no_longer():
    """On every thread that computes, and only there: NumPy warns of a processor that flushes."""
    many = torch.full((2_000_000,), 1e-39)
    before = (many * 1.0 != 0).float().mean().item()
    with devices.flushing_denormals():
        if not torch.set_flush_denormal(True):
            pytest.skip("this processor cannot flush")
        assert (many * 1.0 != 0).sum().item() == 0
    assert (many * 1.0 != 0).float().mean().item() == before
    np.finfo(np.float32)
