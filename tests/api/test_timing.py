"""What a run says of where its time went: numbers, one line, and a sentence for what starves."""

from __future__ import annotations

from pathlib import Path

import pytest

import spirula as sp
from spirula.api.timing import Circumstances, Stages, speed_lines, starving
from spirula.recipe import make_recipe

FAST = {"data": 0.02, "forward": 0.38, "backward": 0.5, "update": 0.08, "rest": 0.02}


def known(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "images_per_second": 5431.2,
        "stages": {},
        "training_seconds": 100.0,
        "validation_seconds": 10.0,
        "checkpoint_seconds": 0.5,
        "total_seconds": 110.0,
        "peak_memory_bytes": 612_000_000,
        "steps": 900,
        "timed_steps": 60,
        "step_seconds": 90.0,
        "shares": FAST,
    }
    return {**plain, **changes}


def around(*, crowded: bool = False, on_gpu: bool = False, **options: object) -> Circumstances:
    return Circumstances(make_recipe(**options), crowded, on_gpu)


def test_a_training_that_starves_for_nothing_says_nothing() -> None:
    assert starving(known(), around()) == []


WAITING = {"data": 0.61, "forward": 0.2, "backward": 0.15, "update": 0.02, "rest": 0.02}


@pytest.mark.parametrize(
    ("changes", "circumstances", "words"),
    [
        (
            {"shares": WAITING},
            around(threads=1),
            ["61 %", "waits for batches", "--image-size", "more than 1 --threads"],
        ),
        ({"shares": WAITING}, around(rotate=20, flip="horizontal"), ["61 %", "rotate", "Fewer of these"]),
        ({"shares": WAITING}, around(resized_crop=0.3, train_size=96), ["resized-crop", "--train-size"]),
        ({"shares": WAITING}, around(saturation=0.3, resized_crop=0), ["by saturation.", "--image-size"]),
        ({"shares": WAITING}, around(rotate=0), ["the network is faster than its input"]),
        ({"shares": WAITING}, around(augment="custom.wobble"), ["custom.wobble", "whole batch"]),
        ({"shares": WAITING}, around(crowded=True), ["do not fit into memory", "--image-size"]),
        ({"shares": WAITING}, around(on_gpu=True), ["the GPU idles", "--batch-size"]),
        ({"shares": {**FAST, "update": 0.55}}, around(), ["55 %", "updates the weights", "--batch-size"]),
        ({"shares": {**FAST, "rest": 0.3}}, around(), ["30 %", "between them", "--batch-size"]),
        ({"validation_seconds": 90.0}, around(), ["50 %", "judges validation samples"]),
        ({"checkpoint_seconds": 40.0}, around(), ["writes checkpoints"]),
        (
            {"stages": {"decoding images": 70.0, "reading image sizes": 5.0}},
            around(),
            ["64 % of the whole time", "decoding images", "the next run finds them decoded"],
        ),
        (
            {"stages": {"compiling": 70.0}},
            around(),
            ["64 % of the whole time", "compiling", "the next run of this network"],
        ),
    ],
)
def test_what_starves_is_named_with_what_helps(
    changes: dict[str, object], circumstances: Circumstances, words: list[str]
) -> None:
    (sentence,) = starving(known(**changes), circumstances)
    for word in words:
        assert word in sentence


def test_less_than_a_second_is_nobody_s_problem() -> None:
    assert starving(known(step_seconds=1.0, shares=WAITING, validation_seconds=0.0), around()) == []


def test_the_line_has_speed_parts_and_memory() -> None:
    (line,) = speed_lines(known(peak_device_memory_bytes=2_500_000_000))
    assert line == (
        "Speed      5,431 images/s; data 2 %, forward 38 %, backward 50 %, update 8 %, rest 2 % of the steps' time "
        "(60 of 900 timed); memory up to 612 MB, 2.5 GB on the GPU"
    )
    assert speed_lines(known(starving=["61 % of …"]))[1].strip() == "61 % of …"
    assert speed_lines({}) == []


def test_stages_add_up_and_are_told_on() -> None:
    ticks = iter(float(second) for second in range(100))
    told: list[tuple[str, int, int]] = []
    stages = Stages(lambda *words: told.append(words), lambda: next(ticks))
    for done in (1, 2, 3):
        stages("decoding images", done, 3)
    stages("reading", 1, 1)
    assert stages.seconds == {"decoding images": 2.0}
    assert told == [("decoding images", done, 3) for done in (1, 2, 3)] + [("reading", 1, 1)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sp.Run:
    runs = tmp_path_factory.mktemp("runs")
    return sp.train("digits", model="Flatten()", epochs=2, runs=runs, name="timed", progress="quiet")


def test_every_run_stores_where_its_time_went(run: sp.Run) -> None:
    timing = run.folder.document()["timing"]
    assert set(timing["shares"]) == set(FAST)
    assert sum(timing["shares"].values()) == pytest.approx(1.0, abs=1e-6)
    assert 0 < timing["timed_steps"] < timing["steps"] == 82
    assert timing["step_seconds"] + timing["validation_seconds"] == pytest.approx(timing["training_seconds"], rel=1e-6)
    assert timing["total_seconds"] >= timing["loading_seconds"] + timing["evaluation_seconds"]
    assert timing["peak_memory_bytes"] > 10_000_000
    assert timing["starving"] == [] or all("%" in sentence for sentence in timing["starving"])


def test_every_run_says_where_its_time_went(run: sp.Run) -> None:
    (line,) = [line for line in run.closing_lines() if line.startswith("Speed")]
    assert "images/s" in line
    assert "backward" in line
    page = Path(run.report()).read_text(encoding="utf-8")
    assert "Backward: gradients" in page
    assert f"of {run.folder.document()['timing']['steps']} steps were timed" in page


def test_a_run_of_an_older_version_has_its_report(run: sp.Run) -> None:
    from spirula.runs.writer import RunWriter

    with_all = run.folder.document()
    writer = RunWriter.reopen(run.folder)
    try:
        writer.update(timing={"training_seconds": 3.0, "images_per_second": 10.0, "data_wait_share": 0.1})
        assert "Waiting for data" in run.report().read_text(encoding="utf-8")
        assert run.closing_lines()[2].startswith("Speed      10 images/s")
    finally:
        writer.update(timing=with_all["timing"])
        writer.close()
