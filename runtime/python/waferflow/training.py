"""Several training steps in a row at fidelity `cycle`, the optimizer in the weight store."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from waferflow import native
from waferflow.cycle import Arrays, Program, Progress, arrays
from waferflow.errors import WaferflowError


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


def train(
    program: Program,
    batches: Iterable[Arrays],
    *,
    weights: Arrays | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    **optimizer: Any,
) -> Training:
    """Trains on one batch a step.

    Args:
        program: a training step, compiled with `to="fabric"`.
        batches: the program's arguments that are no weights, by name, for each step.
        weights: f32 start values by name. What is missing comes from the checkpoint that the
            program names, else it is made up: normal 0.02 by `seed`, vectors 1.
        progress: called before each program of each step; see `api.Progress`.
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
    steps = [TrainStep(**native.invoke(trainer.step, arrays(batch), progress)) for batch in batches]
    return Training(steps, native.invoke(trainer.weights))
