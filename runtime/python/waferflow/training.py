"""Several training steps in a row at fidelity `cycle`, the optimizer in the weight store."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from waferflow import native
from waferflow.codec import to_plain
from waferflow.cycle import Arrays, Program, Progress, arrays
from waferflow.errors import WaferflowError
from waferflow.traces import Traces


@dataclass(frozen=True)
class TrainStep:
    """One step. loss: of its batch, before the update. cycles: of the fabric.

    optimizer_done_cycle: when the store has made the last update, from the step's begin.
    applied: False where a gradient was not finite and loss scaling left the update out.
    scale: of the loss. gradient_norm: L2, unscaled, before clipping by clip_factor.
    updates: values that were updated, those of the masks.
    """

    loss: float
    cycles: int
    optimizer_done_cycle: int
    applied: bool
    scale: float
    gradient_norm: float
    clip_factor: float
    updates: int


@dataclass(frozen=True)
class Training:
    """The steps, and the f32 master weights behind the last one."""

    steps: list[TrainStep]
    weights: dict[str, np.ndarray]

    @property
    def losses(self) -> list[float]:
        """The loss of each step's batch, before its update."""
        return [step.loss for step in self.steps]

    def to_json(self) -> str:
        """The text of `waferflow train --json` (data/train.schema.json): the steps."""
        steps = [
            {name: finite(value) for name, value in to_plain(step).items()} for step in self.steps
        ]
        return json.dumps({"steps": steps}, indent=1, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """None in place of what JSON has no number for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def train(
    program: Program,
    batches: Iterable[Arrays],
    *,
    weights: Arrays | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    traces: Traces | None = None,
    traced_step: int = 1,
    **optimizer: Any,
) -> Training:
    """Trains on one batch a step.

    Args:
        program: a training step, compiled with `to="fabric"`.
        batches: the program's arguments that are no weights, by name, for each step.
        weights: f32 start values by name. What is missing comes from the checkpoint that the
            program names, else it is made up: normal 0.02 by `seed`, vectors 1.
        progress: called before each program of each step; see `api.Progress`.
        traces: that record one of the steps, and have been entered.
        traced_step: which one, counted from 1.
        **optimizer: AdamW's `learning_rate`, `betas`, `epsilon`, `weight_decay`; `clip_norm`;
            defaults as torch.optim.AdamW. The loss scale is the program's (`loss_scale` of
            `compile`): a step with a gradient that is not finite is then left out. With
            `loss_scaling="dynamic"` it begins there, or at `scale`, is multiplied by `backoff`
            (0.5) whenever a step is left out, and by `growth` (2) behind `growth_interval` (2000)
            finite steps in a row; "static" keeps `scale`. Both need a program compiled with a
            loss scale other than 1, whose code has a constant for it.

    Raises:
        WaferflowError: weights or batches that don't fit the program, a program that is no
            training step.
    """
    if optimizer.get("loss_scaling") in ("static", "dynamic"):
        optimizer = {"scale": program.module.loss_scale} | optimizer
    values = program.synthetic_weights(seed) | arrays(weights or {})
    try:
        options = native.module().StoreOptions(**optimizer)
    except TypeError:
        raise WaferflowError(
            f"unknown or ill-typed optimizer option among: {', '.join(optimizer)}"
        ) from None
    except ValueError as error:
        raise WaferflowError(str(error)) from error
    trainer = native.call("CycleTrainer", program.module, values, options)
    steps: list[TrainStep] = []
    for batch in batches:
        recording = traces if traces and len(steps) + 1 == traced_step else None
        wanted = recording.to_json() if recording else "null"
        fields, texts = native.invoke(trainer.step, arrays(batch), progress, wanted)
        if recording:
            recording.write(texts)
        steps.append(TrainStep(**fields))
    if traces and len(steps) < traced_step:
        raise WaferflowError(f"traced_step: expected one of {len(steps)} steps, got {traced_step}")
    return Training(steps, native.invoke(trainer.weights))
