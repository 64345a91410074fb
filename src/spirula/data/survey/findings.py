"""What in the numbers deserves a look, the gravest first. Facts only: the words are the report's."""

from __future__ import annotations

from typing import Any

from ..pictures.ledger import LEFT_OUT

# Literal limits, so that a reader can see why something was or was not said.
UNEVEN = 3.0  # largest class over smallest
FEW = 20  # training pictures of a class
FAR_SHARE = 0.05  # of all pictures, whose shape is far from the network's
ENLARGED_SHARE = 0.25
EXTREME_SHARE = 0.05  # more dark (bright, blank) pictures than this are how the set is, not a mistake in it

LEVELS = ("stop", "wrong", "look", "know")


def findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return findings of a survey: ``code``, ``level`` and the ``values`` that its sentence needs.

    Levels: "stop", a training would refuse the data; "wrong", figures or labels would be wrong; "look", pictures or
    options that deserve a look; "know", what is taken care of but good to know.
    """
    found = [*_stops(document), *_copies(document), *_files(document), *_classes(document), *_pictures(document)]
    return sorted(found, key=lambda entry: LEVELS.index(entry["level"]))


def _finding(code: str, level: str, **values: Any) -> dict[str, Any]:
    return {"code": code, "level": level, "values": values}


def _stops(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The first line of each problem is enough: what follows names files, which are listed anyway."""
    return [
        _finding("refused-by-training", "stop", problem=entry["problem"].partition("\n")[0], remedy=entry["remedy"])
        for entry in document["problems"]
    ]


def _copies(document: dict[str, Any]) -> list[dict[str, Any]]:
    copies = document["copies"]
    if copies is None:
        return []
    found = [
        _finding("leak", "wrong", split=split, count=number, of=document["counts"]["splits"][split])
        for split, number in copies["leaks"].items()
    ]
    if copies["conflicts"]:
        found.append(_finding("copies-with-other-labels", "wrong", groups=copies["conflicts"]))
    if copies["groups"] and not copies["leaks"]:
        found.append(_finding("copies", "know", pictures=copies["pictures"], groups=copies["groups"]))
    return found


def _files(document: dict[str, Any]) -> list[dict[str, Any]]:
    files = document["files"]
    verdicts = files["verdicts"]
    found = []
    refused = sum(row["verdict"] == "refused" and row["code"] != LEFT_OUT for row in files["rows"])
    if refused and not document["problems"]:
        found.append(_finding("refused", "look", count=refused))
    if verdicts.get("suspect"):
        found.append(_finding("suspect", "look", count=verdicts["suspect"]))
    if verdicts.get("converted"):
        found.append(_finding("converted", "know", count=verdicts["converted"]))
    if files.get("turned"):
        found.append(_finding("turned", "know", count=files["turned"]))
    found += [_finding(f"shortcut-{entry['fact']}", "look", **entry) for entry in document["shortcuts"]]
    return found


def _classes(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    uneven = document["counts"]["imbalance"]
    if uneven is not None and uneven["ratio"] >= UNEVEN:
        found.append(_finding("uneven", "look", **uneven))
    train = document["counts"]["classes"].get("train", {})
    few = [name for name, number in train.items() if 0 < number < FEW]
    if few:
        found.append(_finding("few", "look", names=few, limit=FEW))
    return found


def _pictures(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    resize, light = document["resize"], document["light"]
    if resize and resize["count"]:
        mode, number = resize["mode"], resize["count"]
        far = resize["far"]
        if mode and far > FAR_SHARE * number:
            found.append(_finding(f"reshaped-{mode}", "look", count=far, of=number, **_worst(resize)))
        if resize["enlarged"]["count"] > ENLARGED_SHARE * number:
            values = {"count": resize["enlarged"]["count"], "of": number, "side": resize["shorter_median"]}
            found.append(_finding("enlarged", "look", **values))
    for kind in ("blank", "dark", "bright"):
        number = light[kind]["count"] if light else 0
        if 0 < number <= max(1, EXTREME_SHARE * document["samples"]):
            found.append(_finding(kind, "look", count=number, names=light[kind]["ids"][:3]))
    return found


def _worst(resize: dict[str, Any]) -> dict[str, Any]:
    lost = resize["empty" if resize["mode"] == "pad" else "lost"]
    return {"lost": lost["most"], "times": resize["stretched"]["most"]}
