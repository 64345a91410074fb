"""The training loop. It reads from top to bottom and yields records of what happened.

Whatever changes the training is a setting or a line here; whoever reads the records cannot change it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from ..errors import InputError
from .checkpoints import CheckpointFolder, Loaded
from .compiling.forward import compiled_forward
from .feed import Feed
from .measures import Measures, measured
from .parts import Parts
from .phases import Phases
from .records import CheckpointRecord, EpochRecord, Record, ShortageRecord, StartRecord, StoppedRecord
from .reporting import StepReporter, account, epoch_metrics, stop_reason, time_record
from .searching.budget import Pace, later_plan, plan_budget
from .searching.rate_search import with_found_rate
from .settings import Settings
from .state import Position, State, capture, restore
from .step import training_step, validate
from .stopping import BestEpoch
from .updates.averaging import WeightAverage
from .watch import Watch


def never() -> bool:
    return False


def fit(
    module: nn.Module,
    train: Feed,
    validation: Feed | None,
    settings: Settings,
    *,
    checkpoints: Path | None = None,
    checkpoint_every: float = 60.0,
    resume: Loaded | None = None,
    interrupted: Callable[[], bool] = never,
    clock: Callable[[], float] = time.perf_counter,
    spent: float = 0.0,
) -> Iterator[Record]:
    """Train ``module`` in place and yield records; at the end it has the best weights, in evaluation mode.

    Parameters
    ----------
    module: returns logits; moved to the machine's device and memory format.
    train, validation: batches, on the same device. Without validation nothing has a ``val_`` name.
    settings: everything that decides what is learned.
    checkpoints: folder for exact-resume state: written at the start, after every epoch, every
        ``checkpoint_every`` seconds within one, and when interrupted. None: nothing is written.
    resume: the checkpoint of this same training to go on from, of ``load_checkpoint(checkpoints)``.
    interrupted: asked after every step and before every validation batch; True ends the training.
    clock: seconds, for tests.
    spent: seconds of the budget that are gone already.

    Raises
    ------
    InputError: a metric to monitor that is not measured, a budget that is too small, a step that cannot be compiled.
    RunError: ``resume`` belongs to another training.
    NotFiniteError: the loss, a gradient or a weight is no longer finite: says which layer and operation were first.
        The module is left as it was before that step, and so is the last checkpoint.
    SpirulaError: a checkpoint could not be written.
    """
    began = clock() - spent
    found = yield from with_found_rate(module, train, settings, interrupted)
    if found is None:
        return
    settings = found
    machine, objective, schedule = settings.machine, settings.objective, settings.schedule
    settings.stopping.check(measured(objective.loss.name, settings.metrics, validation=validation is not None))
    full = len(train)
    wanted = None if settings.epochs is None else settings.epochs * full

    machine.place(module)
    torch.manual_seed(settings.seed)
    settings.tuning.hold(module)
    optimizer = settings.rule.optimizer(module, settings.tuning.rate_factors(module))
    average = None if settings.ema is None else WeightAverage(module, settings.ema)
    measures = Measures(objective.loss.name)
    state = State(
        machine.device,
        module,
        optimizer,
        average,
        measures,
        BestEpoch(settings.stopping),
        Position(steps=wanted or 0, micro=settings.micro_batch or 0),
        machine.scaler(),
    )
    identity = {
        **settings.identity(),
        "training samples": f"{train.samples} in {full} steps",
        "validation samples": str(0 if validation is None else validation.samples),
    }
    if resume is not None:
        restore(state, resume.content, identity)
    at, best = state.position, state.best
    parts = Parts(at, settings.halves)
    over = resume is not None and at.done
    compiled = None if over else (yield from compiled_forward(module, train, settings, parts, clock))
    watch = Watch(state, settings, train, validation, identity, checkpoints, interrupted, compiled=compiled)
    # On a CPU the loss is there; on a GPU, looking at every one would make it wait.
    look = watch.look if machine.device.type == "cpu" else None
    phases = Phases(machine.device, full, clock)
    step = training_step(
        module,
        optimizer,
        objective,
        machine,
        clip_norm=settings.clip_norm,
        average=average,
        look=look,
        phases=phases,
        parts=parts,
        compiled=compiled,
        scaler=state.scaler,
    )

    def judge(held_out: Feed) -> Measures | None:
        loss, metrics = objective.loss, settings.metrics
        return validate(
            state.evaluated(), held_out, loss, machine, interrupted=interrupted, metrics=metrics, parts=parts
        )

    seconds_before = at.seconds
    deadline = math.inf if settings.budget is None else began + settings.budget - seconds_before
    if settings.from_start and validation is not None and at.step == 0 and best.epoch is None:
        judged = judge(validation)
        if judged is None:
            yield StoppedRecord("interrupted", 0, 0, None, None, None)
            return
        results = judged.results("val_")
        watch.results(results)
        best.update(0, results)
        state.keep_best()
        yield StartRecord(results)
    if settings.budget is not None and resume is None:
        try:
            at.steps, at.validation_seconds = plan_budget(module, train, validation, settings, began, clock, compiled)
        except InputError:
            if best.epoch is None:
                raise
            at.steps = 0  # there is a result already: the weights that it began with

    folder = None if checkpoints is None else CheckpointFolder(checkpoints, resume.serial if resume else None)
    saved = None
    if resume is not None and folder is not None:
        saved, watch.begun = at.place, True

    def save() -> Iterator[CheckpointRecord]:
        nonlocal saved
        if saved == at.place:
            return
        watch.weights()
        saved, save_began = at.place, clock()
        if folder is not None:
            at.seconds = seconds_before + save_began - began
            path = folder.save(capture(state, identity))
            at.checkpoint_seconds = clock() - save_began
            at.spent["checkpoints"] = at.spent.get("checkpoints", 0.0) + at.checkpoint_seconds
            yield CheckpointRecord(path, at.step)
        watch.keep()

    yield from save()
    reporter = StepReporter(train, clock)
    next_checkpoint = clock() + checkpoint_every
    stop = False

    while not (at.done or best.exhausted or stop):
        epoch_began = clock() - at.epoch_seconds
        guard = deadline - 1.25 * at.validation_seconds - 2 * at.checkpoint_seconds
        reporter.begin(at)
        settings.tuning.into_training(module)
        rate = schedule.at(max(at.step - 1, 0), at.steps)
        mark = clock()
        phases.begin()
        for batch in islice(train.epoch(at.epoch + 1, at.epoch_step), at.epoch_steps(full) - at.epoch_step):
            at.epoch_waited += clock() - mark
            rate = schedule.at(at.step, at.steps)
            logits, loss, penalty = step(batch, rate)
            measures.add(logits, batch.targets, loss, penalty)
            at.step += 1
            at.epoch_step += 1
            while parts.news:
                yield ShortageRecord(at.step, parts.news.pop(0))
            now = clock()
            one_more, mark = now + (now - mark), now
            if now >= reporter.due:
                watch.loss(measures.mean_loss())
                yield reporter.record(at, measures, rate, epoch_began, now)
                mark = clock()
            if one_more >= guard:
                at.steps = at.step  # slower than planned: the budget's last epoch ends here
                break
            if interrupted():
                stop = True
                break
            if now >= next_checkpoint:
                at.epoch_seconds = now - epoch_began
                yield from save()
                mark = clock()
                next_checkpoint = mark + checkpoint_every
            phases.begin()

        results = measures.results()  # waits for the device
        watch.loss(results["loss"])
        watch.weights()
        at.epoch_seconds = clock() - epoch_began
        if stop:
            break
        if validation is not None:
            judged = judge(validation)
            if judged is None:
                stop = True
                break
            results |= judged.results("val_")
            at.validation_seconds = clock() - epoch_began - at.epoch_seconds
        if objective.penalised:
            results["penalty"] = measures.penalty()
        watch.results(results)

        account(at, phases)
        metrics = epoch_metrics(at, results, rate, measures.samples)
        epochs = math.ceil(at.steps / full)
        improved = best.update(at.epoch + 1, metrics)
        if improved:
            state.keep_best()
        if settings.budget is not None:
            pace = Pace(at.epoch_seconds / at.epoch_step, at.validation_seconds + at.checkpoint_seconds)
            at.steps = later_plan(at.steps, at.step, deadline - clock(), pace, full)
        state.end_epoch(metrics)
        yield EpochRecord(at.epoch, epochs, metrics, improved)
        yield from save()
        next_checkpoint = clock() + checkpoint_every
        stop = interrupted()

    yield from save()
    state.use_best()
    where = time_record(at, machine.device)
    if where is not None:
        yield where
    yield StoppedRecord(
        reason=stop_reason(at, wanted, best.exhausted),
        epoch=at.epoch,
        step=at.step,
        best_epoch=best.epoch,
        monitor=None if best.epoch is None else settings.stopping.monitor,
        best_value=best.value,
    )
