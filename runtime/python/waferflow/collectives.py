"""What a collective costs on a machine: the request, and what comes back."""

import json
from dataclasses import dataclass
from typing import Any

from waferflow import paths, requests
from waferflow.codec import from_plain, to_plain
from waferflow.energy import Energy
from waferflow.errors import WaferflowError

OPERATIONS = ("broadcast", "chain", "tree", "two-phase", "star", "ring", "2d")


@dataclass(frozen=True)
class Published:
    """What the literature says: cycles for hops of one cycle, the formula and where it is from.

    `difference` is (simulated - published) / published.
    """

    cycles: int
    difference: float
    formula: str
    source: str


@dataclass(frozen=True)
class Collective:
    """One collective, simulated wavelet by wavelet, its values checked.

    Attributes:
        width, height: cores.
        elements: of the vector that each core has; `wavelets` is its length on a link.
        group: cores a group, where the operation has groups.
        hop_cycles: from router to router on this machine.
        cycles: from the first core's start to the last value in its place.
        counters: wavelets, hops (links crossed), deliveries (into cores), stalls by cause in
            cycles, issue slots, SRAM bytes; summed over all cores.
        energy: by component; None where the machine lacks a parameter of it.
    """

    operation: str
    machine: str
    width: int
    height: int
    elements: int
    type: str
    group: int | None
    wavelets: int
    hop_cycles: int
    cycles: int
    seconds: float
    published: Published
    counters: dict[str, int]
    energy: Energy | None

    @staticmethod
    def from_json(text: str) -> "Collective":
        """Reads what `to_json` or the C++ side wrote."""
        return from_plain(Collective, json.loads(text), "collective")

    def to_json(self) -> str:
        """The text of `waferflow collective --json`."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"


def shape_of(pes: int | str | tuple[int, int]) -> tuple[int, int]:
    """Cores as (width, height): 64, "64", "16x8" or (16, 8)."""
    if isinstance(pes, tuple) and len(pes) == 2:
        parts: list[Any] = list(pes)
    elif isinstance(pes, str):
        parts = pes.split("x")
    else:
        parts = [pes]
    try:
        sizes = [int(part) if isinstance(part, str) else part for part in parts]
    except ValueError:
        sizes = []
    if len(sizes) not in (1, 2) or not all(type(size) is int for size in sizes):
        raise WaferflowError(f"pes: expected a number of cores or WIDTHxHEIGHT, got '{pes}'")
    return sizes[0], sizes[1] if len(sizes) == 2 else 1


def request(
    operation: str,
    *,
    pes: int | str | tuple[int, int] | None = None,
    elements: int = 1024,
    group: int | None = None,
    type: str = "f32",
    machine: str = "cs3",
    set: requests.Settings = (),
    traces: dict[str, Any] | None = None,
) -> str:
    """The text that the C++ side takes. Raises WaferflowError at the first bad argument.

    What fits the machine the C++ side knows.
    """
    requests.one_of("operation", operation, OPERATIONS)
    requests.one_of("type", type, requests.TYPES)
    if pes is None:
        pes = "8x8" if operation == "2d" else 64
    width, height = shape_of(pes)
    if operation == "2d" and isinstance(pes, int | str) and "x" not in str(pes):
        raise WaferflowError(f"pes: 2d expects WIDTHxHEIGHT, got '{pes}'")
    for what, value in (("elements", elements), ("group", group)):
        requests.whole(what, value, 1)
    return json.dumps(
        {
            "operation": operation,
            "cores": width,
            "rows": height,
            "elements": elements,
            "group": group,
            "type": type,
            "machine": requests.find_machine(machine),
            "machines_dir": str(paths.machines_dir()),
            "set": requests.check_settings(set),
            "traces": traces,
        }
    )
