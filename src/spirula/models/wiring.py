"""Which layer of a graph feeds which: names resolved to positions."""

from __future__ import annotations

from ..errors import ModelError, did_you_mean
from ..layers import Graph, Input, Repeat

INPUT = -1


def wire(graph: Graph) -> list[tuple[int, ...]]:
    """Return, per statement, the positions of the statements that feed it (``INPUT`` for the network's input).

    Raises :class:`ModelError` for a name that is not known yet and for a layer whose result nobody uses.
    """
    positions: dict[str, int] = {"input": INPUT, "inputs": INPUT}
    wiring: list[tuple[int, ...]] = []
    for position, statement in enumerate(graph.statements):
        unknown = [name for name in statement.inputs if name not in positions]
        if unknown:
            raise ModelError(
                f'The graph\'s "{statement.name}" uses "{unknown[0]}", which no earlier line makes.',
                f"Name input or an earlier layer.{did_you_mean(unknown[0], positions)}",
            )
        if isinstance(statement.layer, Repeat):
            raise ModelError("Repeat cannot stand in a graph.", "Write the layers out, each with its input.")
        wiring.append(tuple(positions[name] for name in statement.inputs))
        positions[statement.name] = INPUT if isinstance(statement.layer, Input) else position
    used = {position for inputs in wiring for position in inputs}
    for position, statement in enumerate(graph.statements[:-1]):
        if position not in used and not isinstance(statement.layer, Input):
            raise ModelError(
                f'The result of the graph\'s "{statement.name}" is never used.',
                "Remove the line, or give its name to a later layer.",
            )
    if not graph.statements or isinstance(graph.statements[-1].layer, Input):
        raise ModelError("The graph's last line is not a layer.", "End with the line that makes the output.")
    return wiring
