"""The equations of a text, each checked by working it out."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable

import pytest

NUMBER = r"−?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[−+]?\d+)?"


EQUATION = re.compile(rf"((?:floor|ceil|max|{NUMBER}|[()·+−/, ])+) = ({NUMBER})")


OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


FUNCTIONS = {"floor": math.floor, "ceil": math.ceil, "max": lambda *numbers: max(numbers)}


def value(node: ast.AST) -> float:
    match node:
        case ast.Expression(body=body):
            return value(body)
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.BinOp(left=left, op=sign, right=right):
            return OPERATORS[type(sign)](value(left), value(right))
        case ast.UnaryOp(op=sign, operand=operand):
            return OPERATORS[type(sign)](value(operand))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*map(value, arguments))
    raise AssertionError(ast.dump(node))


def plain(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3})", "", text).replace("·", "*").replace("−", "-")


def equations(text: str) -> list[tuple[str, float]]:
    """Return (left side as written, number on the right) of every equation, each checked by working it out."""
    found = []
    for written, result in EQUATION.findall(text):
        left, claimed = plain(written).strip(" ,/"), float(plain(result))
        while left.count("(") > left.count(")"):  # an opening bracket of the sentence around the equation
            left = left.partition("(")[2]
        worked_out = value(ast.parse(left.strip(), mode="eval"))
        if isinstance(worked_out, int) or "." not in left + result:
            assert worked_out == claimed, f"{written} = {result}"
        else:
            assert worked_out == pytest.approx(claimed, rel=2e-3, abs=2e-2), f"{written} = {result}"
        found.append((left.strip(), claimed))
    return found
