"""The verb ``train``: from a recipe to a finished run folder, stage by stage."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..config import Recipe
from ..custom.library import Library
from ..errors import ConfigError, RunError, SpirulaError
from ..memory import keep_freed_memory
from ..progress import Display, display
from ..recipe import changed, recipe_toml
from ..runs import folder as layout
from ..runs.folder import FOLDS, RunFolder, find_run
from ..runs.provenance import provenance
from ..runs.writer import RunWriter, check_free, timestamp
from ..start import uncollected
from ..threads import share_the_processor
from ..training.records import CompiledRecord, EpochRecord, StoppedRecord, TimeRecord
from .asked import asked_recipe
from .folds import cross_validate, resume_folds
from .keeping.sparing import spared
from .own_data import recipe_of
from .pieces import in_words, with_pieces
from .run import Run
from .session.failing import failure_noted, how_to_go_on
from .session.interrupts import stop_on_signals, terminate_as_interrupt
from .session.noted import note_record
from .session.shortage import batch_facts, evaluable
from .timing import RunClock

if TYPE_CHECKING:
    from ..training.assembly import Assembly
    from ..training.checkpoints import Loaded

ProgressMode = Literal["auto", "bar", "lines", "json", "quiet"]


def train(
    source: Any = None,
    *,
    model: Any = None,
    recipe: str | Path | Recipe | None = None,
    resume: str | Path | None = None,
    custom: Any = None,
    trust: str | None = None,
    progress: ProgressMode = "auto",
    **options: Any,
) -> Run:
    """Train a network and leave a run folder.

    Parameters
    ----------
    source: a named set, a path (folder of classes, table, ``.npz``, IDX folder), a pair of arrays
        ``(x, y)``, a dict of arrays, or any map-style data set of ``(image, label)``.
    model: a catalogue name, ``timm/NAME``, a TOML file, layers in Keras's notation (text or a list
        of :mod:`spirula.layers`), an ``nn.Module`` of your own that returns logits, or a function
        ``(input_shape, classes)`` that makes one.
    recipe: a TOML file or a :class:`~spirula.config.Recipe`; ``options`` win over it.
    resume: a run folder to go on with; nothing else may be given but ``source`` and ``model`` when
        they were Python objects, and ``custom``.
    custom: where ``custom.NAME`` in the options and in the network is found: a Python file, functions
        and classes, or a list of them. Only then, and only now, is the file run.
    trust: when resuming, in place of ``custom``: the SHA-256 of the file's copy in the run, which is run.
    progress: ``auto`` (a live bar on a terminal, lines elsewhere), ``bar``, ``lines``, ``json``, ``quiet``.
    options: any option of :mod:`spirula.config`, such as ``epochs=10``; unknown ones and those
        without effect raise :class:`~spirula.errors.ConfigError`. ``loss``, ``schedule``, ``augment``
        and ``metrics`` (a dict by name) also take functions of your own.

    Returns
    -------
    The finished :class:`~spirula.api.run.Run`; its ``status`` is ``interrupted`` after Ctrl-C or SIGTERM.
    """
    share_the_processor()
    keep_freed_memory()
    with display(progress) as show, terminate_as_interrupt():
        if resume is not None:
            words = {"data": isinstance(source, str | Path), "model": isinstance(model, str | Path)}
            words["recipe"] = recipe is not None
            given = ", ".join([name for name, is_given in words.items() if is_given] + list(options))
            if given:
                raise ConfigError(
                    [f"{given} would have no effect: a resumed run keeps the options it was started with."],
                    "Start a new run to train with other options.",
                )
            return _resume(with_pieces(find_run(resume), custom, trust), source, model, show)
        if trust is not None:
            raise ConfigError(["trust would have no effect: it belongs to --resume."], "Give the file with --custom.")
        words, library = in_words({**options, "model": model}, custom)
        model = words.pop("model")
        asked = asked_recipe(source, model, recipe, words, verb="train")
        if asked.data.folds is not None and asked.data.fold is None:
            return cross_validate(asked, _given(source), _given(model), library, show, _start)
        return _start(asked, source, model, library, show)


def _start(asked: Recipe, source: Any, model: Any, library: Library, show: Display) -> Run:
    with uncollected():
        from ..training.assemble import assemble
        from .session.describe import announcement, facts, summary_of, title

    clock = RunClock(show.loading)
    if asked.run.name:
        check_free(asked.run.runs or "runs", asked.run.name)  # before the data is read, which may take minutes
    assembly = assemble(asked, source=_given(source), model=_given(model), custom=library, progress=clock.stages)
    clock.loaded()
    recipe, summary = assembly.recipe, summary_of(assembly)
    writer = RunWriter.create(
        recipe.run.runs or "runs",
        recipe.run.name,
        title(assembly),
        config=recipe_toml(changed(recipe, name=None), assembly.reasons),
        document={**facts(assembly, summary), **batch_facts(assembly), **provenance()},
    )
    with closing(writer), failure_noted(writer, show, is_new=True):
        if library.file is not None:
            writer.write_source(library.file.content)
        for line in announcement(assembly, summary):
            show.message(line)
        show.message(f"Run folder: {writer.path}")
        return _fit_and_finish(assembly, writer, show, clock, resume=False)


def _resume(run: RunFolder, source: Any, model: Any, show: Display) -> Run:
    if FOLDS in run.document():
        return resume_folds(run, _given(source), _given(model), show, _start, _go_on)
    with closing(RunWriter.reopen(run)) as writer:
        return _go_on(writer, source, model, run.pieces, show)


def _go_on(writer: RunWriter, source: Any, model: Any, library: Library | None, show: Display) -> Run:
    with uncollected():
        from ..training.assemble import assemble
        from ..training.searching.auto_batch import with_halving

    clock = RunClock(show.loading)
    run, document = writer.folder, writer.document
    if document["status"] == "finished":
        raise RunError(f"{run.path} is finished already", "Look at its report.html, or start a new run.")
    asked = recipe_of(run)
    if "device" in document.get("derived", {}):
        asked = changed(asked, device=None)  # nobody asked for it: a run may go on where there is another one
    assembly = assemble(asked, source=_given(source), model=_given(model), custom=library, progress=clock.stages)
    assembly = with_halving(assembly) if "batch" in document else assembly
    clock.loaded()
    fingerprint = assembly.dataset.manifest.fingerprint
    if fingerprint != document["data"]["fingerprint"]:
        raise RunError(
            f"The data of {run.path} has changed since it was started: it could not go on bit for bit",
            "Put the files back as they were, or start a new run.",
        )
    with failure_noted(writer, show):
        run.insight_path(layout.NOT_FINITE).unlink(missing_ok=True)  # of the failure before
        document.pop(layout.LEFT_OUT, None)
        resumed = [*document.get("resumed", []), {"at": timestamp(), **provenance()}]
        writer.update(status="running", failure=None, resumed=resumed)
        return _fit_and_finish(assembly, writer, show, clock, resume=True)


def _fit_and_finish(assembly: Assembly, writer: RunWriter, show: Display, clock: RunClock, *, resume: bool) -> Run:
    """Describe, train, evaluate, save, verify, report. Each stage leaves its part of the run folder complete."""
    from ..evaluation.evaluate import evaluate_into_run
    from ..evaluation.verify import reloading
    from ..models.card import save
    from .calibration import note_temperature
    from .keeping.embedding import embedding
    from .keeping.health import note_gradients
    from .session.afterwards import note_afterwards
    from .session.claim import note_claim
    from .session.describe import summary_of, write_initial, write_pictures
    from .session.judged import judge, views_line

    manifest, summary = assembly.dataset.manifest, summary_of(assembly)
    checkpoint = _checkpoint(writer, show) if resume else None
    if checkpoint is None:  # otherwise these are there, and belong to the weights in it
        writer.write_classes(list(manifest.classes))
        manifest.write_csv(writer.path / layout.MANIFEST)
        write_pictures(writer, assembly, summary)
        write_initial(writer, assembly, summary)
    stopped: StoppedRecord | None = None
    with stop_on_signals() as interrupted:
        writer.rewrite_history(checkpoint.history if checkpoint is not None else [])
        for record in assembly.fit(writer.checkpoints, resume=checkpoint, interrupted=interrupted):
            if isinstance(record, EpochRecord):
                writer.append_epoch({"epoch": record.epoch, **record.metrics})
                note_gradients(writer, assembly, summary, record.epoch)
            elif isinstance(record, TimeRecord):
                clock.spent = record
            elif isinstance(record, CompiledRecord):
                clock.compiled(record.seconds)
                note_record(writer, assembly, record, show)
            elif isinstance(record, StoppedRecord):
                stopped = record
            else:
                note_record(writer, assembly, record, show)
            show.record(record)
    if stopped is None:
        raise SpirulaError("The training ended without saying why.", "Please report this.")
    writer.update(stopped={"reason": stopped.reason, "epoch": stopped.epoch}, best=_best(stopped))
    if stopped.reason == "interrupted":
        writer.update(status="interrupted")
        show.message(how_to_go_on(writer))
        return Run(writer.folder)
    clock.trained()
    for line in note_claim(writer, assembly):
        show.message(line)
    assembly = evaluable(writer, assembly)
    judged, batches, views = judge(assembly)
    if views is not None:
        show.message(views_line(views))
    save(
        assembly.network,
        writer.path / layout.WEIGHTS,
        writer.path / layout.CARD,
        classes=list(manifest.classes),
        task=manifest.task,
        preprocessing=assembly.preprocessing.to_dict(),
        custom=writer.document.get("custom"),
        backbone=writer.document.get("backbone"),
        test_views=None if views is None else views.to_dict(),
    )
    with embedding(writer, assembly, summary, judged, batches, show) as heard:
        results, checked, rows = evaluate_into_run(
            writer, judged, assembly.dataset, heard, output=assembly.network.output, views=views
        )
    with spared(writer, show, "temperature"):
        note_temperature(writer)
    writer.update(results=results)
    own_record, pixels = assembly.own.record, assembly.dataset.pixels
    with reloading(writer.folder, checked, pixels, rows, own_record) as ask:
        note_afterwards(writer, assembly, summary, rows, views, show)
        clock.evaluated()
        verification = ask(_make_report_ready)
    timing = clock.timing(writer.folder.history(), assembly.recipe, assembly.dataset)
    writer.update(status="finished", finished=timestamp(), verification=verification, timing=timing)
    own_module = assembly.network.module if assembly.network.spec.kind == "module" else None
    run = Run(replace(writer.folder, pieces=assembly.own.library), own_module)
    with spared(writer, show, "report"):
        run.report()
    for line in run.closing_lines():
        show.message(line)
    return run


def _make_report_ready() -> None:
    """Load what writing the report needs, while another process is waited for."""
    from ..report.page import make_ready

    make_ready()


def _checkpoint(writer: RunWriter, show: Display) -> Loaded | None:
    """Return where to go on; a run that was killed before its first checkpoint begins anew."""
    from ..training.checkpoints import load_checkpoint

    if not any(writer.checkpoints.glob("*.json")):
        show.message("There is no checkpoint yet: training begins anew.")
        return None
    loaded = load_checkpoint(writer.checkpoints)
    for message in loaded.messages:
        show.message(message)
    return loaded


def _best(stopped: StoppedRecord) -> dict[str, Any]:
    return {"epoch": stopped.best_epoch, "monitor": stopped.monitor, "value": stopped.best_value}


def _given(value: Any) -> Any:
    """Return Python objects as they are; words are in the recipe already."""
    return None if isinstance(value, str | Path) else value
