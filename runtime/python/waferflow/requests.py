"""What a user asks for, checked, and as the JSON that the C++ side takes."""

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from waferflow import models, paths
from waferflow.codec import to_plain
from waferflow.errors import WaferflowError, choices

MASKS = ("uniform", "magnitude", "checkpoint", "2:4")
STEPS = ("train", "forward")
TYPES = ("f16", "bf16", "f32")
ACCUMULATES = ("storage", "f32")
FIDELITIES = ("tile", "cycle")
ATTENTIONS = ("full", "causal")
STAGES = ("graph", "flow", "placed", "fabric")

RUN_SPARSITY = (0.0, 0.5, 0.7, 0.9)
THEORY_SPARSITY = (0.5, 0.7, 0.75, 0.9)

Settings = Mapping[str, Any] | Iterable[str]


@dataclass(frozen=True)
class Request:
    """One request to the C++ side; the fields are the command line's, files resolved.

    A sparsity of None is the checkpoint's own.
    """

    model: str
    config: str
    checkpoint: str | None
    sparsity: list[float | None]
    machine: str
    machines_dir: str
    tokens: int | None
    seq: int | None
    mask: str | None
    step: str
    type: str
    accumulate: str
    loss_scale: float
    fidelity: str
    set: list[str]
    seed: int
    sensitivity: bool
    attention: str
    threads: int

    def to_json(self) -> str:
        """The request's text."""
        return json.dumps(to_plain(self))


def build(
    model: str,
    *,
    sparsity: Iterable[float] | None = None,
    machine: str = "cs3",
    tokens: int | None = None,
    seq: int | None = None,
    mask: str | None = None,
    step: str = "train",
    type: str = "f16",
    accumulate: str = "storage",
    loss_scale: float = 1.0,
    fidelity: str = "tile",
    set: Settings = (),
    seed: int = 0,
    sensitivity: bool = False,
    attention: str = "causal",
    threads: int | None = None,
    default_sparsity: Iterable[float] = RUN_SPARSITY,
) -> Request:
    """Checks every argument and finds the files. Raises WaferflowError at the first bad one."""
    one_of("step", step, STEPS)
    one_of("type", type, TYPES)
    one_of("accumulate", accumulate, ACCUMULATES)
    one_of("fidelity", fidelity, FIDELITIES)
    one_of("attention", attention, ATTENTIONS)
    if mask is not None:
        one_of("mask", mask, MASKS)
    whole("tokens", tokens, 1)
    whole("seq", seq, 1)
    whole("seed", seed, 0)
    whole("threads", threads, 1)
    if tokens is not None and seq is not None and tokens % seq:
        raise WaferflowError(f"tokens: {tokens} is not a multiple of the sequence length {seq}")
    settings = check_settings(set)
    points = check_sparsity(sparsity, mask, default_sparsity)
    machine = find_machine(machine)
    found = models.find(model)
    if mask in ("magnitude", "checkpoint") and found.checkpoint is None:
        raise WaferflowError(
            f"mask '{mask}' needs weights and none are at hand for '{model}'; "
            "give a directory with config.json and *.safetensors, or take mask uniform"
        )
    return Request(
        model=found.name,
        config=str(found.config),
        checkpoint=str(found.checkpoint) if found.checkpoint else None,
        sparsity=points,
        machine=machine,
        machines_dir=str(paths.machines_dir()),
        tokens=tokens,
        seq=seq,
        mask=mask,
        step=step,
        type=type,
        accumulate=accumulate,
        loss_scale=check_scale(loss_scale),
        fidelity=fidelity,
        set=settings,
        seed=seed,
        sensitivity=sensitivity,
        attention=attention,
        threads=threads or default_threads(),
    )


def build_one(model: str, sparsity: list[float] | None, **options: Any) -> Request:
    """A request for one program: one sparsity, by default the mask's own or 0."""
    fixed = options.get("mask") in ("2:4", "checkpoint")
    request = build(model, sparsity=sparsity, default_sparsity=(0.0,), **options)
    # A mask that brings its own sparsity has [0, own]; a program is one point of it.
    keep = request.sparsity[-1:] if fixed and sparsity is None else request.sparsity[:1]
    return replace(request, sparsity=keep)


def one_of(what: str, got: str, known: tuple[str, ...]) -> None:
    """Raises WaferflowError with the choices unless `got` is one of `known`."""
    if got not in known:
        raise choices(what, got, known)


def whole(what: str, value: int | None, least: int) -> None:
    """Raises WaferflowError unless `value` is None or a whole number of at least `least`."""
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise WaferflowError(f"{what}: expected a whole number of at least {least}, got {value}")


def check_sparsity(
    values: Iterable[float] | None, mask: str | None, default: Iterable[float]
) -> list[float | None]:
    """The sparsity points: each in [0, 1), none twice, in agreement with the mask.

    Masks `2:4` and `checkpoint` fix the sparsity of their own point; beside it only 0, the
    dense run, may be asked for. The list then is [0, fixed]; None stands for what a checkpoint
    holds.
    """
    given = None if values is None else [check_point(value) for value in values]
    if given is not None and not given:
        raise WaferflowError("sparsity: expected at least one value")
    for value in given or []:
        if (given or []).count(value) > 1:
            raise WaferflowError(f"sparsity: {value:g} is given twice")
    if mask not in ("2:4", "checkpoint"):
        return list(default if given is None else given)
    return fixed_points(given, mask)


def fixed_points(given: list[float] | None, mask: str) -> list[float | None]:
    """The points of a mask that brings its own sparsity."""
    others = [v for v in given or [] if v != 0 and not (mask == "2:4" and v == 0.5)]
    if others:
        own = "0.5" if mask == "2:4" else "what the weights hold"
        raise WaferflowError(
            f"sparsity: {others[0]:g} contradicts mask {mask}, which fixes it ({own}); "
            "leave --sparsity out or give 0 for the dense run beside it"
        )
    own_point = 0.5 if mask == "2:4" else None
    points: list[float | None] = [0.0] if given is None else [*given]
    return points if own_point in points else [*points, own_point]


def check_point(value: float) -> float:
    """One sparsity as a float in [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WaferflowError(f"sparsity: expected a number in [0, 1), got {value!r}")
    if not math.isfinite(value) or not 0 <= value < 1:
        raise WaferflowError(f"sparsity: expected a number in [0, 1), got {value:g}")
    return float(value)


def check_scale(value: float) -> float:
    """A loss scale as a float above 0, at most 1e30."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value <= 1e30:
        raise WaferflowError(f"loss_scale: expected a number above 0, at most 1e30, got {value!r}")
    return float(value)


def check_settings(settings: Settings) -> list[str]:
    """`key=value` strings from strings or a mapping; which keys there are C++ knows."""
    if isinstance(settings, str):
        settings = [settings]
    if isinstance(settings, Mapping):
        settings = [f"{key}={value}" for key, value in settings.items()]
    result = [str(setting) for setting in settings]
    keys = set()
    for setting in result:
        key, equals, value = setting.partition("=")
        if not key.strip() or not equals or not value.strip():
            raise WaferflowError(f"set: expected KEY=VALUE, got '{setting}'")
        if key in keys:
            raise WaferflowError(f"set: key '{key}' is given twice")
        keys.add(key)
    return result


def machine_names() -> list[str]:
    """Names of the shipped machines, sorted."""
    return sorted(path.stem for path in paths.machines_dir().glob("*.yaml"))


def find_machine(name: str) -> str:
    """A shipped machine's name as it is, or the resolved path of a user's YAML file."""
    if name in machine_names():
        return name
    if Path(name).is_file():
        return str(Path(name).resolve())
    raise WaferflowError(
        f"unknown machine '{name}'; choose one of: {', '.join(machine_names())}; "
        "or give the path of a YAML file"
    )


def default_threads() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0))
