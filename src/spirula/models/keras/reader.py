"""The reader of Keras code: goes through statements as Python would, and knows only networks and plain values."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from .calls import add, shape_of
from .expressions import Expressions
from .values import (
    KERAS_ROOTS,
    Function,
    Functional,
    RefusedError,
    Sequence,
    Tensor,
    Unread,
    Word,
    bounded,
)

MOST_STEPS = 50_000  # statements, loops written out
DEEPEST = 20  # functions inside functions

_GO_ON = object()


class Reader:
    """What a source defines: ``networks`` by variable, in order, and the names at its end."""

    def __init__(self, lines: list[str]) -> None:
        self.known = Expressions(lines, self.call)
        self.networks: list[tuple[str, Sequence | Functional]] = []
        self.last_value: Tensor | None = None
        self.first_problem: RefusedError | None = None
        self._steps = 0
        self._depth = 0

    def run(self, body: list[ast.stmt]) -> Any:
        """Go through statements; return what ``return`` returns, or a mark that there was none."""
        for statement in body:
            self._steps += 1
            if self._steps > MOST_STEPS:
                self.known.refuse(statement, f"more than {MOST_STEPS:,} steps are needed.", "Write the layers out.")
            result = self._step(statement)
            if result is not _GO_ON:
                return result
        return _GO_ON

    def _step(self, node: ast.stmt) -> Any:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case ast.AugAssign(target=ast.Name() as target, op=operator, value=value):
                left = ast.copy_location(ast.Name(target.id, ast.Load()), target)
                self._assign([target], ast.copy_location(ast.BinOp(left, operator, value), node))
            case ast.Expr(value=value):
                self._expression(value)
            case ast.FunctionDef():
                self._bind(node.name, Function(node))
            case ast.ClassDef():
                self._class(node)
            case ast.Return(value=value):
                return None if value is None else self.known.evaluate(value)
            case ast.If(test=test, body=body, orelse=orelse):
                return self._if(node, test, body, orelse)
            case ast.For(target=target, iter=values, body=body):
                return self._for(node, target, values, body)
            case ast.With(body=body) | ast.Try(body=body):
                return self.run(body)
            case ast.While() | ast.AsyncFor() | ast.Match():
                self._skip(node)
        return _GO_ON

    def _bind(self, name: str, value: Any) -> None:
        self.known.scope[name] = value
        if self.known.scope is not self.known.globals:
            return
        if isinstance(value, Sequence | Functional):
            self.networks.append((name, value))
        elif isinstance(value, Tensor):
            self.last_value = value

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                path = f"{node.module or ''}.{alias.name}"
                name = alias.asname or alias.name
            else:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                name = alias.asname or path
            if name != "*":
                self._bind(name, Word(path, path.partition(".")[0] not in KERAS_ROOTS))

    def _assign(self, targets: list[ast.expr], node: ast.expr) -> None:
        try:
            value = self.known.evaluate(node)
        except RefusedError as error:
            value = self._unread(node, error)
        for target in targets:
            if isinstance(target, ast.Name):
                self._bind(target.id, value)
            elif isinstance(target, ast.Tuple | ast.List):
                whole = isinstance(value, tuple) and len(value) == len(target.elts)
                for index, inner in enumerate(target.elts):
                    if isinstance(inner, ast.Name):
                        self._bind(inner.id, value[index] if whole else self._unread(node, None))

    def _unread(self, node: ast.expr, error: RefusedError | None) -> Sequence | Unread:
        if error is not None and error.network:
            return Sequence(node.lineno, problem=error)
        if error is None or error.view:
            error = RefusedError(f"Line {node.lineno}: `{self.known.text(node)}` is not read.", "", plain=True)
        elif not error.plain and self.first_problem is None:
            self.first_problem = error
        return Unread(error, node.lineno, self.known.text(node))

    def _expression(self, node: ast.expr) -> None:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            name, method = node.func.value.id, node.func.attr
            value = self.known.scope.get(name, self.known.globals.get(name))
            if isinstance(value, Sequence):
                self._method(value, method, node)
                return
            if isinstance(value, tuple) and method == "append" and len(node.args) == 1:
                self._assign_appended(name, value, node.args[0])
                return
        try:
            value = self.known.evaluate(node)
        except RefusedError as error:
            value = self._unread(node, error)
        if isinstance(value, Sequence | Functional) and not isinstance(node, ast.Name):
            self._bind("", value)

    def _assign_appended(self, name: str, value: tuple[Any, ...], node: ast.expr) -> None:
        try:
            self._bind(name, bounded((*value, self.known.evaluate(node))))
        except RefusedError as error:
            self._bind(name, self._unread(node, error))
        except ValueError:
            self._bind(name, self._unread(node, None))

    def _method(self, network: Sequence, method: str, node: ast.Call) -> None:
        try:
            if method == "add" and node.args:
                add(self.known, network, self.known.evaluate(node.args[0]), node.args[0])
            elif method == "pop" and network.parts:
                network.parts.pop()
            elif method == "build" and (node.args or node.keywords):
                stated = [keyword for keyword in node.keywords if keyword.arg == "input_shape"]
                whole = stated[0].value if stated else node.args[0]
                batched = ast.copy_location(
                    ast.Call(node.func, [], [ast.copy_location(ast.keyword("batch_shape", whole), whole)]), node
                )
                network.stated = shape_of(self.known, batched, ("batch_shape",)) or network.stated
        except RefusedError as error:
            network.problem = network.problem or error

    def _class(self, node: ast.ClassDef) -> None:
        network = any(ast.unparse(base).rpartition(".")[2] in ("Model", "Sequential") for base in node.bases)
        what = "a network written as a class" if network else "a class of the code"
        remedy = "Write the network as Sequential([…]) or as x = Conv2D(32, 3)(x), with layers of Keras."
        error = RefusedError(
            f"Line {node.lineno}: {node.name} is {what}, and code is never executed.", remedy, network=network
        )
        self._bind(node.name, Unread(error, node.lineno, f"class {node.name}"))

    def _if(self, node: ast.If, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> Any:
        if ast.unparse(test).replace("'", '"') == '__name__ == "__main__"':
            return self.run(body)
        branch: list[ast.stmt] | None
        try:
            branch = body if self.known.plain(test) else orelse
        except RefusedError as error:
            if not error.plain:
                raise
            branch = None
        except ValueError:  # a condition on something that is no plain value: neither branch is known to run
            branch = None
        if branch is not None:
            return self.run(branch)
        self._skip(node)
        return _GO_ON

    def _for(self, node: ast.For, target: ast.expr, values: ast.expr, body: list[ast.stmt]) -> Any:
        try:
            items = self.known.evaluate(values)
        except RefusedError:
            items = None
        if not isinstance(items, tuple):
            self._skip(node)
            return _GO_ON
        for item in items:
            if isinstance(target, ast.Name):
                self._bind(target.id, item)
            elif isinstance(target, ast.Tuple) and isinstance(item, tuple) and len(item) == len(target.elts):
                for inner, value in zip(target.elts, item, strict=True):
                    if isinstance(inner, ast.Name):
                        self._bind(inner.id, value)
            result = self.run(body)
            if result is not _GO_ON:
                return result
        return _GO_ON

    def _skip(self, node: ast.stmt) -> None:
        """What is set or added under a condition that is not known is not known either."""
        error = RefusedError(
            f"Line {node.lineno}: whether this runs, and how often, is known only when the code runs.",
            "Write the layers that it makes without the condition or loop.",
        )
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self._bind(inner.id, Unread(error, node.lineno, self.known.text(node)))
            added = inner.func if isinstance(inner, ast.Call) else None
            if isinstance(added, ast.Attribute) and added.attr == "add" and isinstance(added.value, ast.Name):
                network = self.known.scope.get(added.value.id)
                if isinstance(network, Sequence):
                    network.problem = network.problem or error

    def call(self, function: Function, values: list[Any], named: Mapping[str, Any], node: ast.AST) -> Any:
        """Read a function of the code with its arguments and return what it returns."""
        if self._depth >= DEEPEST:
            self.known.refuse(node, "functions call each other too deeply.", "Write the layers out.")
        spec = function.node.args
        words = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        scope: dict[str, Any] = {}
        defaults = [*zip(words[len(words) - len(spec.defaults) :], spec.defaults, strict=True)]
        defaults += [
            (word.arg, value)
            for word, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
            if value is not None
        ]
        for word, default in defaults:
            try:
                scope[word] = self.known.evaluate(default)
            except RefusedError as error:
                scope[word] = self._unread(default, error)
        scope |= dict(zip(words, values, strict=False)) | dict(named)
        before, self.known.scope = self.known.scope, scope
        self._depth += 1
        try:
            result = self.run(function.node.body)
        finally:
            self.known.scope = before
            self._depth -= 1
        return None if result is _GO_ON else result

    def builds(self, function: Function) -> bool:
        """Whether a function can be called without arguments and speaks of a network."""
        spec = function.node.args
        needed = len(spec.posonlyargs) + len(spec.args) - len(spec.defaults) + spec.kw_defaults.count(None)
        words = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(function.node)}
        return needed == 0 and bool(words & {"Sequential", "Model", "Functional"})
