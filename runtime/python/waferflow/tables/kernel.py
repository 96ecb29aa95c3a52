"""The tables of `waferflow kernel`."""

from rich.console import Console

from waferflow.kernels import Kernel
from waferflow.tables import collective, energy, style

#: Counters of fidelity cycle that a collective has no use for.
ROWS = {
    "wavelets_entered": "wavelets that entered at the edge",
    "wavelets_left": "wavelets that left at the edge",
    "axpys": "AXPYs",
    "dots": "dots",
    "multiply_adds": "multiply-adds",
    "data_tasks": "data tasks",
    "control_tasks": "control tasks",
    **collective.ROWS,
}


def show(result: Kernel, console: Console) -> None:
    """Prints the programs or kernels with their cycles, then the counters in all and a core."""
    cores = result.width * result.height
    sizes = {
        "map": f"{result.cols:,} features",
        "reduce": f"{result.cols:,} features",
        "gather": f"table of {result.rows:,} x {result.cols:,}",
    }.get(
        result.operation,
        f"{result.rows:,} x {result.cols:,}, {result.nonzeros:,} nonzeros",
    )
    times = style.table(
        f"{result.operation} on {result.machine}: {result.width} x {result.height} cores, {sizes}, "
        f"{result.tokens:,} tokens, {result.type}, fidelity {result.fidelity}",
        "",
        "cycles",
    )
    for part in result.parts:
        times.add_row(part.name, style.count(part.cycles))
    times.add_row(f"in all, {1e6 * result.seconds:.3f} us", style.count(result.cycles))
    if result.error is not None and result.allowed_error is not None:
        times.caption = (
            f"Values equal the CPU's within {result.error:.2g} of what their terms' absolute "
            f"values add up to; rounding to {result.type} allows {result.allowed_error:.2g}."
        )
    style.show(times, console)
    console.print()
    counts = style.table("counters", "", "in all", "a core")
    rows = ROWS if result.fidelity == "cycle" else {key: key for key in result.counters}
    for key, what in rows.items():
        value = result.counters[key]
        counts.add_row(what, style.count(value), f"{value / cores:,.1f}")
    style.show(counts, console)
    if result.fidelity == "cycle":
        console.print()
        energy.show(result.energy, console)
