"""What calls in Keras code make: layers, networks, inputs, and what goes into them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import ModelError
from ...layers import Flatten
from ...layers.arguments import ACTIVATIONS, REGULARIZERS, SAME_ACTIVATION
from .graph import image_shape
from .layers import JOINING, Made, is_layer, lacking, layers_of, named_arguments
from .values import (
    PARTS,
    Function,
    Functional,
    Held,
    OpenDense,
    RefusedError,
    Sequence,
    SourceShape,
    Tensor,
    Word,
    builtin,
)

if TYPE_CHECKING:
    from .expressions import Expressions

_STATED = ("input_shape", "batch_input_shape", "batch_shape", "input_dim")
_OUTPUTS = (None, "linear", "softmax", "sigmoid")


def called_word(reader: Expressions, word: Word, node: ast.Call) -> Any:
    """Return what the call of a dotted name makes; raises RefusedError for what cannot be read."""
    name = word.last
    if ".applications" in word.path:
        remedy = "Use a network of timm instead: --model timm/NAME (list them with: spirula model list)."
        reader.refuse(node, f"{name} is a finished network of Keras, which is not read.", remedy, network=True)
    if word.foreign and (is_layer(name) or name in ("Sequential", "Model", "Input")):
        reader.refuse(node, f"{word.path} is not Keras.", "Networks written for Keras are read.", network=True)
    if name == "Sequential":
        return guarded(reader, node, sequential)
    if name in ("Model", "Functional"):
        return guarded(reader, node, functional)
    if name in ("Input", "InputLayer"):
        return reader.draft.new_input(shape_of(reader, node, ("shape", *_STATED)))
    if name in JOINING and node.args and isinstance(node.args[0], ast.List | ast.Tuple):
        axis = {keyword.arg: reader.evaluate(keyword.value) for keyword in node.keywords if keyword.arg == "axis"}
        return reader.apply(Held(layers_of(JOINING[name], axis), node.lineno), reader.tensors(node), node)
    if is_layer(name):
        return layer(reader, name, node)
    if name == "Reshape":
        return reshape(reader, node)
    function = SAME_ACTIVATION.get(name, name)
    if function in ACTIVATIONS and node.args and "." in word.path:  # tf.nn.relu(x)
        return reader.apply(
            Held(layers_of("Activation", {"activation": function}), node.lineno), reader.tensors(node), node
        )
    if name in REGULARIZERS or "initializers" in word.path or name.endswith(("Uniform", "Normal")):
        return described(reader, name, node)
    if ".layers." in f".{word.path}" or name[:1].isupper():
        error = lacking(name)
        reader.refuse(node, error.problem, error.remedy)
    if "." in word.path:
        return reader.unknown(node)
    values = [reader.evaluate(value) for value in node.args]
    try:
        return builtin(name, values)
    except ValueError:
        return reader.unknown(node)


def guarded(reader: Expressions, node: ast.Call, read: Callable[[Expressions, ast.Call], Any]) -> Any:
    """What cannot be read inside of a network makes all of it unreadable, but for views of another network."""
    try:
        return read(reader, node)
    except RefusedError as error:
        raise RefusedError(error.problem, error.remedy, network=not error.view, view=error.view) from error


def sequential(reader: Expressions, node: ast.Call) -> Sequence:
    made = Sequence(node.lineno)
    given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "layers")]
    for argument in given[:1]:
        if isinstance(argument, ast.List | ast.Tuple):
            for item in argument.elts:
                inner = reader.evaluate(item.value if isinstance(item, ast.Starred) else item)
                for value in inner if isinstance(item, ast.Starred) and isinstance(inner, tuple) else [inner]:
                    add(reader, made, value, item)
        else:
            found = reader.evaluate(argument)
            for value in found if isinstance(found, tuple) else [found]:
                add(reader, made, value, argument)
    return made


def add(reader: Expressions, sequence: Sequence, value: Any, node: ast.AST) -> None:
    """Append to a Sequential: a layer, a network, or its Input."""
    if isinstance(value, Tensor) and value.name in reader.draft.inputs:
        sequence.stated = reader.draft.inputs[value.name]
    elif isinstance(value, Held) and value.reshape:
        if any(isinstance(part, Held) and part.layers for part in sequence.parts):
            reader.refuse(
                node, "Reshape stands inside the network.", "Only at the beginning, or as Flatten, is it read."
            )
        sequence.stated = value.shape
    elif isinstance(value, PARTS):
        if isinstance(value, Sequence) and value.holds(sequence):
            reader.refuse(node, "A network is put into itself, and would never end.", "Write the layers out.")
        sequence.parts.append(value)
    else:
        write = f"Write {value.last}()." if isinstance(value, Word) and is_layer(value.last) else "Write Flatten(), …"
        reader.refuse(node, f"`{reader.text(node)}` is not a layer.", write)


def functional(reader: Expressions, node: ast.Call) -> Functional:
    words = {"input": "inputs", "output": "outputs"}
    given = dict(zip(("inputs", "outputs"), node.args, strict=False))
    given |= {words.get(keyword.arg, keyword.arg): keyword.value for keyword in node.keywords if keyword.arg}
    ends: list[Tensor] = []
    for word in ("inputs", "outputs"):
        if word not in given:
            reader.refuse(node, f"This Model has no {word}.", "Write keras.Model(inputs, outputs).")
        try:
            value = reader.evaluate(given[word])
        except RefusedError as error:
            if word == "inputs" and error.plain:  # a view of a network that was made elsewhere
                raise RefusedError(error.problem, error.remedy, view=True) from error
            raise
        found = list(value) if isinstance(value, tuple) else [value]
        if len(found) != 1 or not isinstance(found[0], Tensor):
            many = f"has {len(found)} {word}" if len(found) != 1 else f"takes `{reader.text(given[word])}` as {word}"
            reader.refuse(node, f"This Model {many}.", "Networks with one input and one output are read.")
        ends.append(found[0])
    if ends[0].name not in reader.draft.inputs:
        reader.refuse(node, "This Model does not begin at an Input.", "Write keras.Input(shape=(28, 28, 1)).")
    return Functional(node.lineno, ends[0].name, ends[1].name, reader.draft.inputs[ends[0].name])


def layer(reader: Expressions, name: str, node: ast.Call) -> Held:
    positional = [argument(reader, value) for value in node.args]
    named: dict[str, Any] = {}
    open_units: RefusedError | None = None
    for keyword in node.keywords:
        if keyword.arg is None:
            reader.refuse(node, f"{name}: ** is not read.", "Name each argument.")
        if keyword.arg in _STATED or keyword.arg in ("name", "dtype", "seed", "batch_size"):
            continue
        named[keyword.arg] = argument(reader, keyword.value)
    try:
        given = named_arguments(name, positional, named)
        open_units = next((value for value in given.values() if isinstance(value, RefusedError)), None)
        if open_units is not None:
            last = isinstance(given.get("units"), RefusedError) and given.get("activation") in _OUTPUTS
            if not last:
                raise open_units
        layers = (OpenDense(open_units),) if open_units is not None else layers_of(name, given)
    except RefusedError:
        raise
    except ModelError as error:
        place = next((k for k in node.keywords if k.arg and f"{k.arg} =" in error.problem), node)
        reader.refuse(place, error.problem, error.remedy)
    return Held(layers, node.lineno, shape_of(reader, node, _STATED))


def argument(reader: Expressions, node: ast.expr) -> Any:
    """Return an argument of a layer; what is known only when the code runs is returned as its error."""
    try:
        value = reader.evaluate(node)
    except RefusedError as error:
        if error.plain:
            return error
        raise
    match value:
        case Held(layers=layers):
            return layers
        case Word(path=path, last=last):
            # tf.nn.relu, initializers.HeNormal; a bare word that is neither was set in another cell.
            if "." in path or last in ACTIVATIONS or last.endswith(("Uniform", "Normal")):
                return last
            problem = f"Line {node.lineno}: {path} is not set in the code."
            return RefusedError(problem, "Write its value.", plain=True)
        case Function(node=function):
            reader.refuse(
                node,
                f"{function.name} is a function of the code, and code is never executed.",
                'Use a known activation such as "relu" (log(1 + exp(x)) is "softplus"), or write it for torch in '
                f'a file of your own: activation="custom.{function.name}", --custom FILE.py.',
            )
    return value


def described(reader: Expressions, name: str, node: ast.Call) -> Made:
    named = {keyword.arg: reader.evaluate(keyword.value) for keyword in node.keywords if keyword.arg}
    order = ("l1", "l2") if name.lower() in ("l1l2", "l1_l2") else (name.lower(),)
    positional = dict(zip(order, [reader.evaluate(value) for value in node.args], strict=False))
    return Made(name, {**positional, **named})


def reshape(reader: Expressions, node: ast.Call) -> Held:
    target = shape_of(reader, node, ("target_shape",), flat=True)
    if target is None or len(target) == 1:
        return Held((Flatten(),), node.lineno, shape_of(reader, node, _STATED))
    reader.notes.append(f"Line {node.lineno}: Reshape was left out: the input is taken as {target}.")
    return Held((), node.lineno, target, reshape=True)


def shape_of(reader: Expressions, node: ast.Call, words: tuple[str, ...], *, flat: bool = False) -> SourceShape:
    """Return the shape that a call states by one of the words, or without a name if the first is the call's own."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    own = node.args[:1] if words[0] in ("shape", "target_shape") else []
    given = next((named[word] for word in words if word in named), own[0] if own else None)
    if given is None:
        return None
    batched = any(word.startswith("batch") and word in named for word in words)
    try:
        value = reader.evaluate(given)
        sides = value if isinstance(value, tuple) else (value,)
        if not all(side is None or (isinstance(side, int) and not isinstance(side, bool)) for side in sides):
            reader.unknown(given)
        if flat and len(sides) == 1:
            return None
        return image_shape(sides[1:] if batched else sides)
    except RefusedError as error:
        if not error.plain:
            raise
        reader.notes.append(f"{error.problem.rstrip('.')}: the input shape comes from the data.")
        return None
    except ModelError as error:
        reader.refuse(given, error.problem, error.remedy)
