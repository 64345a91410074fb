"""Code that would never end, and files in other encodings."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

from spirula.errors import ModelError
from spirula.models.keras.code import read_code, read_code_file
from spirula.models.notation import to_text


@pytest.mark.parametrize(
    "code",
    [
        "m = keras.Sequential([layers.Flatten()])\nm.add(m)",
        "m = keras.Sequential()\nn = keras.Sequential([m])\nm.add(n)",
        "m = keras.Sequential([layers.Flatten()])\nfor i in range(60):\n    m = keras.Sequential([m, m])",
        "m = keras.Sequential()\nfor i in range(40):\n    m = keras.Sequential([m, m])",
    ],
)
def test_networks_inside_of_themselves(code: str) -> None:
    with pytest.raises(ModelError, match=r"never end"):
        read_code(code)


@pytest.mark.parametrize("grow", ["a = (a, a)", "a = a + a", "a.append(a)"])
def test_lists_that_double(grow: str) -> None:
    began = time.monotonic()
    code = f"a = [1, 2]\nfor i in range(60):\n    {grow}\nn = len(a)\nm = keras.Sequential([layers.Dense(n, 'relu')])"
    with pytest.raises(ModelError, match=r"known only when the code runs|longer than any network"):
        read_code(code)
    assert time.monotonic() - began < 5


def test_a_network_applied_in_between_is_blamed_itself() -> None:
    """The layer after it is not at fault: the usual cell with ``data_augmentation(inputs)``."""
    code = """
        augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
        inputs = keras.Input(shape=(28, 28, 1))
        x = augmentation(inputs)
        x = layers.Rescaling(1.0 / 255)(x)
        model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))
    """
    with pytest.raises(ModelError, match=r"Line 2: The layer RandomFlip[\s\S]*--flip horizontal"):
        read_code(textwrap.dedent(code))


def test_another_encoding_that_the_file_states(tmp_path: Path) -> None:
    """What Korean Windows writes, https://peps.python.org/pep-0263/."""
    path = tmp_path / "셀.py"
    code = "# 합성곱 신경망\nmodel = keras.Sequential([layers.Dense(3)])\n"
    path.write_text("# -*- coding: cp949 -*-\n" + code, encoding="cp949")
    assert to_text(read_code_file(path).network) == "Dense(3)"
    path.write_text(code, encoding="cp949")
    with pytest.raises(ModelError, match=r"cannot be read as text[\s\S]*Save it as UTF-8"):
        read_code_file(path)
