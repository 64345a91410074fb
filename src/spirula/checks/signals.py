"""T009 to T011, D007: what was measured inside the network while it trained."""

from __future__ import annotations

from statistics import median

from .facts import RunFacts
from .finding import Finding

# T009. He et al. (2015, arXiv:1502.01852) and Lu et al. (2019, arXiv:1903.06733): a ReLU whose input is negative for
# every sample has no gradient. Some are usual; half of a layer is capacity that is paid for and not there.
DEAD, FEWEST_UNITS = 0.5, 8
# T010. Pascanu, Mikolov and Bengio (2013, arXiv:1211.5063). Of the weights' norm: healthy gradients are a few
# hundredths to a few tenths of it; at ten times the weights, one plain step would leave nothing of them.
EXPLODED = 10.0
# T011. Glorot and Bengio (2010): gradients that shrink layer by layer. Of the last layers', in relation to the weights.
VANISHED, FEWEST_LAYERS = 1e-3, 3
# D007. LeCun et al. (1998), "Efficient BackProp", 4.3: inputs of mean 0 and variance 1 learn fastest; up to 10 (0…1,
# -1…1, a few standard deviations) networks cope.
UNSCALED, TOO_SMALL = 10.0, 0.01
_SCALES = ("Rescaling", "Normalization", "BatchNormalization", "BatchNorm2d", "LayerNormalization")


def dead_units(facts: RunFacts) -> list[Finding]:
    """T009: at least half of a layer's units are zero for every sample."""
    known = facts.health.get("units") or {}
    layers = [
        row for row in known.get("layers") or [] if row["units"] >= FEWEST_UNITS and row["dead"] >= DEAD * row["units"]
    ]
    if not layers:
        return []
    worst = max(layers, key=lambda row: float(row["dead"] / row["units"]))
    evidence = {
        "layer": str(worst["layer"]),
        "dead": int(worst["dead"]),
        "units": int(worst["units"]),
        "layers": [str(row["layer"]) for row in layers],
        "samples": int(known.get("samples") or 0),
        "file": "insight/health.json",
    }
    return [Finding("T009", "warning", evidence, _slower(facts))]


def exploding(facts: RunFacts) -> list[Finding]:
    """T010: the gradient is many times as large as the weights that it is to change a little.

    Not said beside D007: large inputs make large gradients, and scaling them is the remedy.
    """
    if unscaled(facts):
        return []
    usual = 0.0
    for row in facts.health.get("epochs") or []:
        gradient, weight = row.get("gradient"), row.get("weight")
        infinite = gradient is None or weight is None
        if facts.task == "regression" and not usual and not infinite:
            usual = gradient / weight if weight else 0.0  # the gradient is in the targets' units: it may be any number
        if infinite or gradient > EXPLODED * max(usual, 1.0) * weight:
            evidence = {"epoch": row["epoch"], "gradient": gradient, "weight": weight, "file": "insight/health.json"}
            command = facts.train_again(clip_norm=1.0)
            return [Finding("T010", "warning", evidence, command, "infinite" if infinite else "")]
    return []


def vanishing(facts: RunFacts) -> list[Finding]:
    """T011: what reaches the first layers is a thousandth of what the last ones get."""
    ratios, first = [], ""
    for row in facts.health.get("epochs") or []:
        layers = [layer for layer in row["layers"] if layer["gradient"] is not None and layer["weight"]]
        if len(layers) < FEWEST_LAYERS:
            return []
        relative = [layer["gradient"] / layer["weight"] for layer in layers]
        largest = max(relative[len(relative) // 2 :])
        if largest > 0:
            ratios.append(relative[0] / largest)
            first = str(layers[0]["layer"])
    if not ratios or median(ratios) >= VANISHED or median(ratios) == 0:  # 0: cut off altogether, by dead units
        return []
    evidence = {"layer": first, "ratio": median(ratios), "epochs": len(ratios), "file": "insight/health.json"}
    return [Finding("T011", "warning", evidence, facts.train_again(model=larger_network(facts)))]


def larger_network(facts: RunFacts) -> str:
    """Return a network of the catalogue that learns more than most, and whose gradients reach its input."""
    image = facts.data.get("image") or []
    if len(image) != 3:
        return "dense"
    side = min(image[:2])
    return "resnet18-small" if side <= 64 else "resnet18" if side < 128 else "photo-resnet"


def unscaled(facts: RunFacts) -> list[Finding]:
    """D007: what the network gets is far from mean 0 and variance 1."""
    values = facts.health.get("input") or {}
    if not values or any(row.get("kind") in _SCALES for row in facts.layers[:1]):
        return []
    mean, std = float(values["mean"]), float(values["std"])
    if TOO_SMALL <= std <= UNSCALED and abs(mean) <= UNSCALED:
        return []
    evidence = {**values, "normalize": str(facts.options.get("normalize")), "file": "insight/health.json"}
    return [Finding("D007", "warning", evidence, facts.train_again(normalize="standardize"))]


def _slower(facts: RunFacts) -> str:
    rate = facts.options.get("learning_rate")
    return facts.train_again(learning_rate=f"{rate / 10:.3g}") if rate else facts.command("explain")
