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
    dense_cycles: float = 0.0
    own_expected_cycles: float = 0.0
    bottlenecks: Counter[str] = field(default_factory=Counter)

    def lost(self, theory: float) -> float:
        """Cycles above what the step's theory expects of it; all groups' sum is the step's."""
        return self.cycles - self.dense_cycles / theory


def lost(results: Results) -> Table | None:
    """The kernels that lost most at the highest sparsity, and what they waited for."""
    compared = [point for point in results if point.speedup and point.sparsity > 0]
    if not compared:
        return None
    point = max(compared, key=lambda candidate: candidate.sparsity)
    theory = point.speedup.theory_executed if point.speedup else 1.0
    expected = point.cycles - sum(g.lost(theory) for g in group(point))
    groups = sorted(group(point), key=lambda g: -g.lost(theory))
    groups = [g for g in groups if g.lost(theory) > 0][:ROWS]
    if not groups:
        return None
    table = style.table(
        f"kernels that lose most at {style.sparsity(point.sparsity)}, all layers together",
        "kernel",
        "kind",
        "phase",
        "n",
        "cycles",
        "of\nstep",
        "speedup",
        "own\ntheory",
        "lost, of\nexpected",
        "waits for",
        left=3,
    )
    table.columns[-1].justify = "left"
    for g in groups:
        table.add_row(
            g.name,
            g.kind,
            g.phase,
            str(g.kernels),
            style.count(g.cycles),
            style.percent(g.cycles / point.cycles),
            style.ratio(g.dense_cycles / g.cycles if g.dense_cycles and g.cycles else None),
            style.ratio(g.dense_cycles / g.own_expected_cycles if g.own_expected_cycles else None),
            style.share(g.lost(theory) / expected),
            g.bottlenecks.most_common(1)[0][0],
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
        entry.bottlenecks[kernel.bottleneck] += kernel.cycles
        if kernel.speedup is not None and kernel.theory:
            dense = kernel.cycles * kernel.speedup
            entry.dense_cycles += dense
            entry.own_expected_cycles += dense / kernel.theory
    return list(groups.values())


def folded_name(kernel: KernelRow) -> str:
    """The name without its layer, chunk, phase and what every weight's name has.

    `layer 3 recomputed model.layers.3.mlp.up_proj.weight` is `mlp.up_proj`.
    """
    name = re.sub(rf"(model[.])?layers?[. ]{kernel.layer}[. ]", "", kernel.name)
    name = re.sub(r" chunk \d+", "", name)
    return name.replace(".weight", "").removeprefix("recomputed ")
