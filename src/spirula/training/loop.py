"""The training loop. It reads from top to bottom and yields records of what happened.

Whatever changes the training is an argument or a line here; whoever reads the records cannot change it.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn

from ..errors import InputError, TrainingError
from .averaging import WeightAverage
from .budget import Pace, first_plan, later_plan, measure_pace
from .checkpoints import CheckpointFolder, Loaded
from .device import Machine
from .feed import Feed
from .losses import Objective
from .measures import Measures, measure_names
from .optimizers import UpdateRule
from .records import CheckpointRecord, EpochRecord, Record, StepRecord, StoppedRecord
from .schedules import Schedule
from .state import Position, State, capture, restore
from .step import training_step, validate
from .stopping import BestEpoch, StoppingRule

RECORD_SECONDS = 0.2


def never() -> bool:
    return False


def fit(
    module: nn.Module,
    train: Feed,
    validation: Feed | None,
    *,
    machine: Machine,
    rule: UpdateRule,
    schedule: Schedule,
    objective: Objective,
    stopping: StoppingRule,
    epochs: int | None = None,
    budget: float | None = None,
    clip_norm: float | None = None,
    ema: float | None = None,
    seed: int = 0,
    checkpoints: Path | None = None,
    checkpoint_every: float = 60.0,
    resume: Loaded | None = None,
    interrupted: Callable[[], bool] = never,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Record]:
    """Train ``module`` in place and yield records; at the end it has the best weights, in evaluation mode.

    Parameters
    ----------
    module: returns logits; moved to the machine's device and memory format.
    train, validation: batches, on the same device. Without validation nothing has a ``val_`` name.
    rule, schedule, objective, stopping: update rule, learning rate, what is minimised, what is best.
    epochs: passes over ``train``. At least one of ``epochs`` and ``budget`` is needed; the sooner ends.
    budget: wall-clock seconds for everything that happens here, validation included.
    clip_norm: largest L2 norm of the gradient.
    ema: decay of the moving average of the weights; validation and the result then use the average.
    seed: of dropout, the one thing here that is random. Same seed, same training (bit for bit on a CPU).
    checkpoints: folder for exact-resume state: at the start, after every epoch, every
        ``checkpoint_every`` seconds within one, and when interrupted. None: none are written.
    resume: a checkpoint of this same training to go on from, of ``load_checkpoint(checkpoints)``.
    interrupted: asked before every step and validation batch; True ends the training after a checkpoint.
    clock: seconds, for tests.

    Raises
    ------
    InputError: nothing to end the training, an unknown metric to monitor, a budget that is too small.
    RunError: ``resume`` belongs to another training.
    TrainingError: the loss or a weight is no longer finite. The last checkpoint is from before that.
    SpirulaError: a checkpoint could not be written.
    """
    began = clock()
    if epochs is None and budget is None:
        raise InputError("Nothing says when to stop", "Give epochs, a budget, or both.")
    names = measure_names(objective.loss.name)
    stopping.check([*names, *(f"val_{name}" for name in names if validation is not None)])
    full = len(train)
    wanted = epochs * full if epochs is not None else None

    machine.place(module)
    torch.manual_seed(seed)
    optimizer = rule.optimizer(module)
    average = None if ema is None else WeightAverage(module, ema)
    take_step = training_step(module, optimizer, objective, machine, clip_norm=clip_norm, average=average)
    measures = Measures(objective.loss.name, machine.device)
    state = State(module, optimizer, average, measures, BestEpoch(stopping), Position(steps=wanted or 0))

    identity = {
        "optimizer": repr(rule),
        "schedule": repr(schedule),
        "objective": repr(objective),
        "stopping": repr(stopping),
        "epochs": str(epochs),
        "budget": str(budget),
        "clip_norm": str(clip_norm),
        "ema": str(ema),
        "seed": str(seed),
        "precision": machine.precision,
        "training samples": f"{train.samples} in {full} steps",
        "validation samples": str(validation.samples if validation is not None else 0),
    }
    if resume is not None:
        restore(state, resume.content, identity)
    at, best = state.position, state.best
    deadline = math.inf if budget is None else began + budget - at.seconds
    seconds_before = at.seconds
    pace = Pace(0.0, 0.0)
    if budget is not None and resume is None:
        pace = _measure(module, train, validation, machine, rule, schedule, objective, ema, budget, clock)
        plan = first_plan(deadline - clock(), pace, full, budget)
        at.steps = plan if wanted is None else min(plan, wanted)

    folder = None if checkpoints is None else CheckpointFolder(checkpoints, None if resume is None else resume.serial)
    saved: tuple[int, int] | None = None  # step and epoch of the newest checkpoint

    def save() -> Iterator[CheckpointRecord]:
        nonlocal saved
        if folder is not None and saved != (at.step, at.epoch):
            if not state.finite():
                raise _not_finite("A weight", at, schedule)
            at.seconds = seconds_before + clock() - began
            yield CheckpointRecord(folder.save(capture(state, identity)), at.step)
            saved = (at.step, at.epoch)

    if resume is None:
        yield from save()
    watched = machine.device.type == "cpu"  # elsewhere, looking at every loss would stall the device
    validation_seconds = pace.validation
    stop = False
    next_record, next_checkpoint = clock(), clock() + checkpoint_every
    recorded_step, recorded_time = at.step, clock()

    while not at.done and not best.exhausted and not stop:
        epoch = at.epoch + 1
        epochs_planned = math.ceil(at.steps / full)
        epoch_began, first_step = clock() - at.epoch_seconds, at.epoch_step
        guard = deadline - 1.25 * validation_seconds
        module.train()

        stop = interrupted()
        if not stop and at.epoch_step < at.epoch_steps(full):
            mark = clock()
            for batch in train.epoch(epoch, at.epoch_step):
                at.epoch_waited += clock() - mark
                rate = schedule.at(at.step, at.steps)
                logits, loss, penalty = take_step(batch, rate)
                measures.add(logits, batch.targets, loss, penalty)
                at.step += 1
                at.epoch_step += 1
                if watched and not math.isfinite(loss.item()):
                    raise _not_finite("The loss", at, schedule)
                now = clock()
                if now >= next_record:
                    mean = measures.mean_loss()
                    if not math.isfinite(mean):
                        raise _not_finite("The loss", at, schedule)
                    per_step = (now - epoch_began) / at.epoch_step
                    passes = epochs_planned - at.epoch
                    yield StepRecord(
                        epoch=epoch,
                        epochs=epochs_planned,
                        step=at.step,
                        steps=at.steps,
                        loss=mean,
                        accuracy=measures.accuracy(),
                        images_per_second=(at.step - recorded_step) * train.samples / full / (now - recorded_time),
                        learning_rate=rate,
                        seconds_left=(at.steps - at.step) * per_step + passes * validation_seconds,
                    )
                    recorded_step, recorded_time = at.step, now
                    next_record = clock() + RECORD_SECONDS
                if now >= guard:
                    at.steps = at.step  # the machine became slower than planned: the epoch ends here
                if at.epoch_step >= at.epoch_steps(full):
                    break
                stop = interrupted()
                if stop:
                    break
                if now >= next_checkpoint:
                    at.epoch_seconds = clock() - epoch_began
                    yield from save()
                    next_checkpoint = clock() + checkpoint_every
                mark = clock()
        results = measures.results()  # waits for the device
        if not all(map(math.isfinite, results.values())):
            raise _not_finite("The loss", at, schedule)
        at.epoch_seconds = training_seconds = clock() - epoch_began
        if stop:
            break

        judged = None
        if validation is not None:
            judged = validate(state.evaluated(), validation, objective.loss, machine, interrupted=interrupted)
            if judged is None:
                stop = True
                break
            results |= judged.results("val_")
            if not all(map(math.isfinite, results.values())):
                raise _not_finite("The validation loss", at, schedule)
        validation_seconds = clock() - epoch_began - training_seconds

        metrics = {"step": at.step, **results}
        if objective.penalised:
            metrics["penalty"] = measures.penalty()
        metrics["learning_rate"] = schedule.at(at.step - 1, at.steps)
        metrics["seconds"] = clock() - epoch_began
        metrics["images_per_second"] = measures.samples / max(training_seconds, 1e-9)
        metrics["data_wait"] = min(at.epoch_waited / max(training_seconds, 1e-9), 1.0)
        improved = best.update(epoch, metrics)
        if improved:
            state.keep_best()
        state.history.append({"epoch": epoch, **metrics})
        at.epoch, at.epoch_step, at.epoch_seconds, at.epoch_waited = epoch, 0, 0.0, 0.0
        measures.restore(Measures(objective.loss.name, machine.device).state())
        if budget is not None and first_step == 0:
            pace = Pace(training_seconds / full, validation_seconds)
            at.steps = later_plan(at.steps, at.step, deadline - clock(), pace, full)

        yield EpochRecord(epoch, epochs_planned, metrics, improved)
        yield from save()
        next_checkpoint = clock() + checkpoint_every
        stop = stop or interrupted()

    yield from save()
    state.use_best()
    finished = at.done and (wanted is None or at.step >= wanted)
    ...
