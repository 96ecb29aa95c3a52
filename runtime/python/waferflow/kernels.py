"""What one kernel costs on a machine: the request, and what comes back."""

import json
from dataclasses import dataclass
from typing import Any

from waferflow import paths, requests
from waferflow.codec import from_plain, to_plain
from waferflow.energy import Energy
from waferflow.errors import WaferflowError

OPERATIONS = ("spmm", "spmm-t", "sddmm", "map", "reduce", "gather")


@dataclass(frozen=True)
class Part:
    """A program, or at fidelity tile a kernel, of those that ran one after the other."""

    name: str
    cycles: int


@dataclass(frozen=True)
class Kernel:
    """One kernel alone on a region of a machine.

    Attributes:
        width, height: cores of the region.
        rows, cols: of the weight or table; `cols` features of map and reduce.
        tokens: one sequence in each token group.
        nonzeros: of the weight.
        cycles: from the first program's start to the last one's end.
        error, allowed_error: the element that is furthest from the CPU's, and what rounding
            allows, as fractions of what the terms' absolute values add up to; None at tile.
        counters: wavelets, AXPYs, dots, hops, stalls by cause in cycles; summed over all cores.
        energy: by component; None at tile, or where the machine lacks a parameter of it.
    """

    operation: str
    machine: str
    fidelity: str
    width: int
    height: int
    rows: int
    cols: int
    tokens: int
    density: float
    type: str
    seed: int
    nonzeros: int
    cycles: int
    seconds: float
    error: float | None
    allowed_error: float | None
    parts: list[Part]
    counters: dict[str, int]
    energy: Energy | None

    @staticmethod
    def from_json(text: str) -> "Kernel":
        """Reads what `to_json` or the C++ side wrote."""
        return from_plain(Kernel, json.loads(text), "kernel")

    def to_json(self) -> str:
        """The text of `waferflow kernel --json`."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"


def region_of(region: str | tuple[int, int] | None) -> tuple[int | None, int | None]:
    """Cores as (width, height): "16x8" or (16, 8); None leaves the choice."""
    if region is None:
        return None, None
    parts = region.split("x") if isinstance(region, str) else list(region)
    try:
        width, height = (int(part) for part in parts)
    except ValueError:
        raise WaferflowError(f"region: expected WIDTHxHEIGHT, got '{region}'") from None
    return width, height


def request(
    operation: str,
    *,
    rows: int = 64,
    cols: int = 64,
    tokens: int = 64,
    density: float = 1.0,
    type: str = "f16",
    region: str | tuple[int, int] | None = None,
    machine: str = "cs3",
    fidelity: str = "cycle",
    set: requests.Settings = (),
    seed: int = 0,
    traces: dict[str, Any] | None = None,
) -> str:
    """The text that the C++ side takes. Raises WaferflowError at the first bad argument.

    What fits the machine the C++ side knows.
    """
    requests.one_of("operation", operation, OPERATIONS)
    requests.one_of("type", type, requests.TYPES)
    requests.one_of("fidelity", fidelity, ("cycle", "tile"))
    for what, value, least in (
        ("rows", rows, 1),
        ("cols", cols, 2),
        ("tokens", tokens, 2),
        ("seed", seed, 0),
    ):
        requests.whole(what, value, least)
    if not 0 < density <= 1:
        raise WaferflowError(f"density: expected a number above 0, at most 1, got {density:g}")
    width, height = region_of(region)
    return json.dumps(
        {
            "operation": operation,
            "rows": rows,
            "cols": cols,
            "tokens": tokens,
            "density": density,
            "type": type,
            "width": width,
            "height": height,
            "machine": requests.find_machine(machine),
            "machines_dir": str(paths.machines_dir()),
            "fidelity": fidelity,
            "set": requests.check_settings(set),
            "seed": seed,
            "traces": traces,
        }
    )
