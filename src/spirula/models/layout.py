"""Where the boxes and arrows of a diagram lie. Computed once; :mod:`spirula.models.diagram` paints it twice.

Ranks go down, branches stand side by side in lanes, and a long network continues in the next column. All numbers are
CSS pixels.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .boxes import Box

WIDTH, SMALL, NARROW = 250.0, 118.0, 22.0  # of a box, of a small box, of a lane in which only arrows run
GAP, GUTTER, MARGIN = 24.0, 40.0, 16.0
COLUMN = 700.0  # height that a column may reach before another one is opened
COLUMNS = 3


@dataclass(frozen=True)
class Place:
    """A box in its place; (x, y) is its upper left corner."""

    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Boxes, and arrows as corner points; the last point is the tip."""

    width: float
    height: float
    places: tuple[Place, ...]
    arrows: tuple[tuple[Point, ...], ...]


def arrange(found: list[Box]) -> Layout:
    """Lay out boxes given in the order of computing."""
    ranks = _ranks(found)
    lanes = _lanes(found, ranks)
    routes = _routes(found, ranks, lanes)
    depth = max(ranks.values()) + 1
    heights = [max(_height(box) for box in found if ranks[box.name] == rank) for rank in range(depth)]
    column = _columns(found, ranks, heights)
    offsets, total = _lane_offsets(found, ranks, lanes, routes, column)
    tops: list[float] = []
    y = MARGIN
    for rank in range(depth):
        y = MARGIN if rank == 0 or column[rank] != column[rank - 1] else y
        tops.append(y)
        y += heights[rank] + GAP
    places: dict[str, Place] = {}
    for box in found:
        rank = ranks[box.name]
        x, wide = offsets[column[rank]][lanes[box.name]]
        own = SMALL if box.small else WIDTH
        height = _height(box)
        places[box.name] = Place(box, x + (wide - own) / 2, tops[rank] + (heights[rank] - height) / 2, own, height)
    arrows = [
        _arrow(places[source], places[box.name], ranks, column, offsets, routes.get((source, box.name)))
        for box in found
        for source in box.sources
    ]
    turn = GAP / 2 if max(column) else 0.0  # below the boxes, the way to the next column
    bottom = max(place.y + place.height for place in places.values()) + turn + MARGIN / 2
    return Layout(total, bottom, tuple(places.values()), tuple(arrows))


def _height(box: Box) -> float:
    if one_line(box):
        return 28.0
    return 44.0 + 16.0 * bool(box.extra)


def one_line(box: Box) -> bool:
    """Whether everything about a box fits beside its title."""
    return not box.detail and not box.parameters and (box.family == "merge" or not box.extra)


def _ranks(found: list[Box]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for box in found:
        ranks[box.name] = max((ranks[source] + 1 for source in box.sources), default=0)
    return ranks


def _lanes(found: list[Box], ranks: dict[str, int]) -> dict[str, int]:
    lanes: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    for box in found:
        rank = ranks[box.name]
        lane = min((lanes[source] for source in box.sources), default=0)
        while (rank, lane) in taken:
            lane += 1
        lanes[box.name] = lane
        taken.add((rank, lane))
    return lanes


def _routes(found: list[Box], ranks: dict[str, int], lanes: dict[str, int]) -> dict[tuple[str, str], int]:
    """Find a free lane for every arrow that passes other ranks on its way."""
    taken = {(ranks[box.name], lanes[box.name]) for box in found}
    routes: dict[tuple[str, str], int] = {}
    for box in found:
        for source in box.sources:
            between = range(ranks[source] + 1, ranks[box.name])
            if not between:
                continue
            lane = max(lanes[source], lanes[box.name])
            while any((rank, lane) in taken for rank in between):
                lane += 1
            taken |= {(rank, lane) for rank in between}
            routes[source, box.name] = lane
    return routes


def _columns(found: list[Box], ranks: dict[str, int], heights: list[float]) -> list[int]:
    """Assign ranks to columns; a column may only end where a single arrow goes on."""
    crossing: dict[int, set[str]] = defaultdict(set)  # rank → who is read at or after it from before it
    for box in found:
        for source in box.sources:
            for rank in range(ranks[source] + 1, ranks[box.name] + 1):
                crossing[rank].add(source)
    alone = {rank for rank in crossing if sum(1 for box in found if ranks[box.name] == rank) == 1}
    starts = {rank for rank in alone if len(crossing[rank]) == 1}
    # A block must not be torn: the arrow that goes on has to come from the rank directly above.
    whole = {box.name: ranks[box.name] for box in found}
    starts = {rank for rank in starts if whole[next(iter(crossing[rank]))] == rank - 1}
    total = sum(heights) + GAP * (len(heights) - 1)
    wanted = min(COLUMNS, -(-int(total) // int(COLUMN)))
    limit = max(COLUMN, total / wanted + 60.0)
    columns: list[int] = []
    column, used = 0, 0.0
    for rank, height in enumerate(heights):
        following = [later for later in sorted(starts) if later > rank]
        block = sum(heights[rank : following[0] if following else len(heights)])
        if rank in starts and used + block > limit and column + 1 < wanted:
            column, used = column + 1, 0.0
        columns.append(column)
        used += height + GAP
    return columns


def _lane_offsets(
    found: list[Box],
    ranks: dict[str, int],
    lanes: dict[str, int],
    routes: dict[tuple[str, str], int],
    column: list[int],
) -> tuple[list[dict[int, tuple[float, float]]], float]:
    """Return, per column, each lane's left edge and width; and the width of the picture."""
    widths: list[dict[int, float]] = [{} for _ in range(max(column) + 1)]
    for box in found:
        own = widths[column[ranks[box.name]]]
        lane = lanes[box.name]
        own[lane] = max(own.get(lane, 0.0), SMALL if box.small else WIDTH)
    for (source, _), lane in routes.items():
        own = widths[column[ranks[source] + 1]]
        own[lane] = max(own.get(lane, 0.0), NARROW)
    offsets: list[dict[int, tuple[float, float]]] = []
    x = MARGIN
    for own in widths:
        places: dict[int, tuple[float, float]] = {}
        for lane in range(max(own) + 1):
            wide = own.get(lane, 0.0)
            places[lane] = (x, wide)
            x += wide + (12.0 if wide else 0.0)
        offsets.append(places)
        x += GUTTER - 12.0
    return offsets, x - GUTTER + MARGIN


def _arrow(
    source: Place,
    target: Place,
    ranks: dict[str, int],
    column: list[int],
    offsets: list[dict[int, tuple[float, float]]],
    route: int | None,
) -> tuple[Point, ...]:
    start = (source.middle, source.y + source.height)
    tip = (target.middle, target.y)
    first, second = column[ranks[source.box.name]], column[ranks[target.box.name]]
    if first != second:
        edge = offsets[second][0][0] - GUTTER / 2
        below, above = start[1] + GAP / 2, 4.0
        trunk = (start, (start[0], below), (edge, below), (edge, above))
        if route is None:
            return (*trunk, (tip[0], above), tip)
        lane = offsets[second][route][0] + offsets[second][route][1] / 2
        side = (target.x + target.width, target.y + target.height / 2)
        return (*trunk, (lane, above), (lane, side[1]), side)
    if route is not None:
        x, wide = offsets[first][route]
        lane = x + wide / 2
        leave = start[1] + GAP / 2
        side = (target.x + target.width, target.y + target.height / 2)
        if abs(lane - start[0]) < 1:
            return (start, (lane, side[1]), side)
        return (start, (start[0], leave), (lane, leave), (lane, side[1]), side)
    if abs(start[0] - tip[0]) < 1:
        return (start, tip)
    if start[0] > target.x + target.width:
        side = (target.x + target.width, target.y + target.height / 2)
        return (start, (start[0], side[1]), side)
    bend = start[1] + (GAP / 2)
    return (start, (start[0], bend), (tip[0], bend), tip)
