"""Where the walk stops: what a learner calls a layer, its normalisation and activation with it.

A station begins with one step that mixes values (a convolution, a pooling, a sum, …). What then changes every value on
its own, and is all that its value goes into, belongs to it: those are its stages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .recording import Place, Recording
from .step import Sides, Step, sides
from .steps import steps_of

ALONE = {"normalization", "constant", "activation"}


@dataclass(eq=False)
class Station:
    """``main`` mixes its sources; ``stages`` follow, each on its own value. ``output``: the value after the last."""

    main: Step
    name: str
    stages: list[tuple[str, Step]] = field(default_factory=list)
    output: int = 0

    @property
    def parameters(self) -> int:
        return self.main.parameters + sum(stage.parameters for _, stage in self.stages)


def stations_of(recording: Recording) -> tuple[list[Station], int]:
    """Return the stations in the order of computing, the input first, and the value that is the network's answer."""
    same: dict[int, int] = {}

    def original(value: int) -> int:
        return same.get(value, value)

    steps: list[Step] = []
    quiet: list[tuple[int, Place]] = [(entry.value, entry.place) for entry in recording.quiet]
    for operation in recording.operations:
        for step in steps_of(operation, recording):
            moved = replace(step, sources=tuple(original(source) for source in step.sources))
            if moved.kind == "rearrangement" and moved.settings["same"] and _alike(moved, recording):
                same[moved.output] = moved.sources[0]
                flat = recording.values[moved.output].ndim < recording.values[moved.sources[0]].ndim
                if flat and moved.places and moved.places[-1].kind == "Flatten":
                    quiet.append((moved.output, moved.places[-1]))
            else:
                steps.append(moved)
    answer = original(recording.result)
    steps = _together(_used(steps, answer), answer)
    uses = Counter(source for step in steps for source in step.sources)
    found = [Station(Step("input", (), (), 0), "input", output=0)]
    holding = {0: found[0]}
    for step in steps:
        holder = holding.get(step.sources[0]) if step.sources else None
        joins = (
            step.kind in ALONE
            and holder is not None
            and holder.main.kind not in ("unknown", "input")
            and holder.output == step.sources[0]
            and uses[step.sources[0]] == 1
            and sides(recording.values[step.output].shape) == sides(recording.values[step.sources[0]].shape)
        )
        if joins and holder is not None:
            holder.stages.append((_name(step), step))
        else:
            head = replace(step, kind="same", settings={}, arrays={}, parameters=0) if step.kind in ALONE else step
            holder = Station(head, _name(step), [(_name(step), step)] if step.kind in ALONE else [])
            found.append(holder)
        holder.output = step.output
        holding[step.output] = holder
    for value, place in quiet:
        told = holding.get(original(value))
        if told is not None:
            after = [stage.output for _, stage in told.stages]
            at = after.index(original(value)) + 1 if original(value) in after else 0
            nothing = Step("nothing", (place,), (original(value),), original(value), {"module": place.kind})
            told.stages.insert(_after_quiet(told.stages, at), (place.name, nothing))
    return _named_apart(found), answer


def _after_quiet(stages: Sequence[tuple[str, Step]], at: int) -> int:
    while at < len(stages) and stages[at][1].kind == "nothing":
        at += 1
    return at


def _alike(step: Step, recording: Recording) -> bool:
    before, after = (recording.values[value] for value in (step.sources[0], step.output))
    return sides(before.shape) == sides(after.shape) and bool((before.ravel() == after.ravel()).all())


def _used(steps: Sequence[Step], result: int) -> list[Step]:
    """Leave out what the answer does not depend on, such as the places of largest values."""
    needed = {result}
    kept = []
    for step in reversed(steps):
        if step.output in needed:
            needed.update(step.sources)
            kept.append(step)
    return kept[::-1]


def _together(steps: Sequence[Step], result: int) -> list[Step]:
    """Put all that a module does in one step where some of it is unknown, as in attention: one that is only named."""
    users: dict[int, list[int]] = {}
    inside: dict[Place, list[int]] = {}
    for index, step in enumerate(steps):
        for source in step.sources:
            users.setdefault(source, []).append(index)
        for place in step.places:
            inside.setdefault(place, []).append(index)
    found: list[Step | None] = list(steps)
    unknown = {step.places[-1]: len(step.places) for step in steps if step.kind == "unknown" and step.places}
    for place, depth in sorted(unknown.items(), key=lambda item: item[1]):  # outer ones hold inner ones
        group = inside[place]
        if not place.path or len(group) < 2 or any(found[i] is not steps[i] for i in group):
            continue
        made, last = {steps[i].output for i in group}, steps[group[-1]].output
        within = set(group)
        leaving = {value for value in made if value == result or not within.issuperset(users.get(value, ()))}
        if leaving - {last}:
            continue
        sources = tuple(dict.fromkeys(s for i in group for s in steps[i].sources if s not in made))
        parameters = sum(steps[i].parameters for i in group)
        for i in group:
            found[i] = None
        whole = Step("unknown", steps[group[0]].places[:depth], sources, last, parameters=parameters)
        found[group[-1]] = replace(whole, operator=place.kind)
    return [step for step in found if step is not None]


def _name(step: Step) -> str:
    """Return the module's path; of an operation between modules, the path and what it does."""
    place = step.places[-1] if step.places else None
    if place is None:
        return step.operator
    leaf = (
        step.operator == place.kind
        or place.kind in ("Add", "Concatenate")
        or step.kind not in ("combination", "concatenation", "unknown")
    )
    if leaf and place.path:
        return place.name
    said = {"combination": step.settings.get("way"), "concatenation": "concatenate"}.get(step.kind) or step.operator
    said = said.removesuffix("_").removesuffix("2d_with_indices").strip("_")
    return f"{place.name}.{said}" if place.path else said


def _named_apart(stations: list[Station]) -> list[Station]:
    """Give each a name of its own: what a module does last has the module's name, what it does before says what."""
    last = {station.name: station for station in stations}
    times: Counter[str] = Counter()
    for station in stations:
        operator = "pad" if station.main.kind == "padding" else station.main.operator.strip("_")
        if last[station.name] is not station and not station.name.endswith(operator):
            station.name = f"{station.name}.{operator}"
        times[station.name] += 1
        if times[station.name] > 1:
            station.name = f"{station.name} ({times[station.name]})"
    return stations


def shape_of(recording: Recording, value: int) -> Sides:
    return sides(recording.values[value].shape)
