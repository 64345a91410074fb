"""``spirula evaluate``, ``predict``, ``report`` and ``runs``: results to stdout, messages to stderr."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ..errors import InputError
from ..plural import counted
from .train import CustomOption, TrustOption

RunsFolder = Annotated[str, Parameter(help="Folder that holds the run folders.")]
RunName = Annotated[str, Parameter(help="A run folder, its name inside --runs, or the word last.")]
Json = Annotated[bool, Parameter(help="Print JSON instead of a table.", negative=())]


def evaluate(
    run: RunName,
    data: Annotated[
        str | None, Parameter(help="Other data to measure on; the run's own held-out split without it.")
    ] = None,
    /,
    *,
    split: Annotated[str | None, Parameter(help="Which split: validation or test.")] = None,
    predictions: Annotated[Path | None, Parameter(help="Also write one row per sample to this CSV file.")] = None,
    json: Json = False,
    custom: CustomOption = None,
    trust: TrustOption = None,
    runs: RunsFolder = "runs",
) -> int:
    """Measure a trained network on its own or on other data."""
    from ..api.run import open_run
    from ..api.verbs import evaluate as evaluate_verb
    from ..progress import display

    with display("auto") as show:
        opened = open_run(run, runs, custom=custom, trust=trust)
        result = evaluate_verb(opened, data, split=split, progress=show.loading)
    if predictions is not None:
        write_csv(predictions, result.predictions)
    if json:
        print(_json({**result, "per_class": list(result.per_class), "notes": result.notes}))
    else:
        print(result)
    return 0


def predict(
    run: RunName,
    paths: Annotated[list[str], Parameter(help="Pictures, or folders of them.")],
    /,
    *,
    top: Annotated[int | None, Parameter(help="Name this many classes per picture.")] = None,
    calibrated: Annotated[
        bool, Parameter(help="Probabilities with the model card's temperature; see spirula calibrate.", negative=())
    ] = False,
    format: Annotated[Literal["table", "csv", "json"], Parameter(help="How to print the rows.")] = "table",
    custom: CustomOption = None,
    trust: TrustOption = None,
    runs: RunsFolder = "runs",
) -> int:
    """Say what is in pictures: files or folders."""
    import sys

    from ..api.run import open_run
    from ..api.showing.tables import Table
    from ..api.verbs import predict as predict_verb

    opened = open_run(run, runs, custom=custom, trust=trust)
    table = predict_verb(opened, paths, top=top, calibrated=calibrated)
    if format == "json":
        print(_json(list(table)))
    elif format == "csv":
        _print_csv(sys.stdout, [_columns(row) for row in table])
    else:
        print(Table({name: _text(value) for name, value in row.items()} for row in table))
    unread = sum("problem" in row for row in table)
    if unread:
        pictures = counted(len(table), "picture", "pictures")
        print(f"spirula: {unread:,} of {pictures} could not be read; see the column problem.", file=sys.stderr)
    return 1 if unread else 0


def compare(
    base: RunName,
    others: Annotated[list[str], Parameter(help="Runs to compare with the base.")],
    /,
    *,
    split: Annotated[str | None, Parameter(help="Which split: validation or test.")] = None,
    out: Annotated[
        Path | None, Parameter(help="Also write a page with the samples that changed, as pictures, to this .html file.")
    ] = None,
    lang: Annotated[Literal["en", "ko"] | None, Parameter(help="With --out: the language of the page.")] = None,
    json: Json = False,
    runs: RunsFolder = "runs",
) -> int:
    """Compare runs on the same samples, one by one: what was fixed, what was broken, and whether it can be told apart.

    spirula compare first second third --out flips.html
    """
    from ..api.compare import compare as compare_verb
    from ..api.run import open_run

    if lang is not None and out is None:
        raise InputError(f"--lang {lang} would have no effect without --out", "Add --out flips.html.")
    comparison = compare_verb(open_run(base, runs), *(open_run(run, runs) for run in others), split=split)
    print(_json(comparison.to_dict()) if json else comparison)
    if out is not None:
        print(f"Page     {comparison.save(out, lang=lang or 'en').resolve()}", file=sys.stderr if json else sys.stdout)
    return 0


def report(
    run: RunName,
    /,
    *,
    lang: Annotated[
        Literal["en", "ko"] | None, Parameter(help="Its language: en or ko; the run's own without it.")
    ] = None,
    runs: RunsFolder = "runs",
) -> int:
    """Write a run's report.html anew and print its path.

    spirula report last --lang ko
    """
    from ..api.run import open_run

    print(open_run(run, runs).report(lang).resolve())
    return 0


def runs(
    folder: Annotated[str, Parameter(help="Folder that holds the run folders.")] = "runs", /, *, json: Json = False
) -> int:
    """List the runs, best first."""
    from ..api.listing import list_runs

    if folder != "runs" and not Path(folder).is_dir():
        raise InputError(f"{folder} is not a folder", "Check the path.")
    table = list_runs(folder)
    if json:
        print(_json(list(table)))
    elif table:
        print(table)
    else:
        print(f"There is no run in {folder}. Train one: spirula train digits")
    return 0


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(f"{name} {probability:.3f}" for name, probability in value)
    return value


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose ranked classes have columns of their own: ``class_1, probability_1, class_2, …``."""
    flat = {name: value for name, value in row.items() if name != "top"}
    for rank, (name, probability) in enumerate(row.get("top") or [], 1):
        flat |= {f"class_{rank}": name, f"probability_{rank}": probability}
    return flat


def _json(value: Any) -> str:
    from ..runs.files import finite

    return json_format.dumps(finite(value), ensure_ascii=False, indent=1)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            _print_csv(file, rows)
    except OSError as error:
        raise InputError(f"{path} could not be written: {error.strerror}", "Choose another file.") from error


def _print_csv(file: Any, rows: list[dict[str, Any]]) -> None:
    import csv

    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
