"""The kernels that lose most, layers folded together."""

import re
from collections import Counter
from dataclasses import dataclass, field

from rich.table import Table

from waferflow.results import KernelRow, Result, Results
from waferflow.tables import style

ROWS = 10


@dataclass
class Group:
    """The same kernel in every layer: sums of cycles."""

    name: str
    kind: str
    phase: str
    kernels: int = 0
    cycles: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    dense_cycles: float = 0.0
    expected_cycles: float = 0.0

    @property
    def total(self) -> int:
        """Cycles above the expected ones."""
        return sum(self.lost.values())


def lost(results: Results) -> Table | None:
    """The kernels that lost most at the highest sparsity, with their largest entries."""
    compared = [point for point in results if point.ledger and point.sparsity > 0]
    if not compared:
        return None
    point = max(compared, key=lambda candidate: candidate.sparsity)
    groups = sorted(group(point), key=lambda g: -g.total)
    groups = [g for g in groups if g.total > 0][:ROWS]
    if not groups:
        return None
    table = style.table(
        f"kernels that lose most at {style.sparsity(point.sparsity)}, all layers together",
        "kernel",
        "kind",
        "phase",
        "n",
        "cycles",
        "of step",
        "speedup",
        "theory",
        "lost",
        "mostly to",
        left=3,
    )
    table.columns[-1].justify = "left"
    for g in groups:
        worst = [key for key, cycles in g.lost.most_common(2) if cycles > 0.1 * g.total]
        table.add_row(
            g.name,
            g.kind,
            g.phase,
            str(g.kernels),
            style.count(g.cycles),
            style.percent(g.cycles / point.cycles),
            style.ratio(g.dense_cycles / g.cycles if g.dense_cycles and g.cycles else None),
            style.ratio(g.dense_cycles / g.expected_cycles if g.expected_cycles else None),
            style.count(g.total),
            ", ".join(worst),
        )
    return table


def group(point: Result) -> list[Group]:
    """Kernels of all layers that do the same, in order of first appearance."""
    groups: dict[tuple[str, str, str], Group] = {}
    for kernel in point.kernels:
        key = (folded_name(kernel), kernel.kind, kernel.phase)
        entry = groups.setdefault(key, Group(*key))
        entry.kernels += 1
        entry.cycles += kernel.cycles
        entry.lost.update(kernel.ledger or {})
        if kernel.speedup is not None and kernel.theory:
            dense = kernel.cycles * kernel.speedup
            entry.dense_cycles += dense
            entry.expected_cycles += dense / kernel.theory
    return list(groups.values())


def folded_name(kernel: KernelRow) -> str:
    """The kernel's name without its layer's number: `layers.3.mlp.up` is `mlp.up`."""
    if kernel.layer < 0:
        return kernel.name
    number = rf"(^|[._ ])(layers?|blocks?)?[._ ]?{kernel.layer}[._ ]"
    return re.sub(number, r"\1", kernel.name, count=1)
