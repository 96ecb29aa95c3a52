"""The tables of fidelity `cycle`: what was executed, and what it counted."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from waferflow.cycle import Counters, CycleReport, CycleResults
from waferflow.tables import energy, style

#: Programs that the table of kernels shows at most, the longest.
KERNELS = 20


def show(results: CycleResults, console: Console) -> None:
    """Prints a whole report."""
    first = results[0]
    console.print(heading(first))
    for line in facts(results):
        console.print(line)
    console.print()
    style.show(points(results), console)
    console.print()
    for point in results:
        style.show(kernels(point), console)
        console.print()
    style.show(totals(results), console)
    for point in results:
        console.print()
        where = "" if point.sparsity is None else f" at {style.sparsity(point.sparsity)}"
        energy.show(point.energy, console, f"energy of the step{where}")
    wall = sum(point.host.wall_s for point in results)
    peak = max(point.host.peak_rss_mb for point in results)
    rate = max(point.host.core_cycles_per_s for point in results)
    text = f"host: {wall:,.1f} s, peak memory {peak:,.0f} MB, up to {style.big(rate)} active "
    console.print(Text(f"{text}core-cycles/s", style="dim"))


def heading(point: CycleReport) -> Text:
    """One line that says what ran."""
    text = Text(f"{point.model or 'a program'}, {point.step or 'a'} step on {point.machine}")
    text.stylize("bold")
    text.append(
        f": {point.tokens:,} tokens ({point.tokens // point.seq:,} x {point.seq:,}), {point.type}, "
        f"accumulating in {point.accumulate}, fidelity cycle",
        style="not bold",
    )
    return text


def facts(results: CycleResults) -> Iterable[Text]:
    """Where zeros and values come from."""
    for point in results:
        if point.sparsity:
            yield Text(f"mask at {style.sparsity(point.sparsity)}: {point.mask}")
    for weights in dict.fromkeys(point.weights for point in results):
        loud = "bold yellow" if "synthetic" in weights else ""
        yield Text(f"weights: {weights}", style=loud)


def points(results: CycleResults) -> Table:
    """One row a sparsity."""
    table = style.table(
        "executed steps",
        "zeros",
        "cycles",
        "between\nprograms",
        "us\na step",
        "loss",
        "meas.",
        "theory\nexec.",
        "% of\nexec.",
    )
    for point in results:
        speed = point.speedup
        table.add_row(
            style.DASH if point.sparsity is None else style.sparsity(point.sparsity),
            style.count(point.cycles),
            style.count(point.reroute_cycles),
            f"{1e6 * point.seconds:,.1f}",
            style.DASH if point.loss is None else f"{point.loss:.6f}",
            style.ratio(speed.measured if speed else None),
            style.ratio(speed.theory_executed if speed else None),
            f"{100 * speed.ratio:.1f}" if speed else style.DASH,
        )
    return table


def kernels(point: CycleReport) -> Table:
    """The longest programs, in the order of execution."""
    longest = sorted(point.kernels, key=lambda kernel: -kernel.counters.cycles)[:KERNELS]
    names = {kernel.name for kernel in longest}
    where = "" if point.sparsity is None else f" at {style.sparsity(point.sparsity)}"
    table = style.table(
        f"programs{where}: the {len(longest)} longest of {len(point.kernels)}",
        "program",
        "cycles",
        "nonzeros",
        "wavelets\nin",
        "wavelets\nout",
        "AXPYs",
        "dots",
        "stalls\ninput",
        "stalls\noutput",
        "stalls\nslot",
    )
    for kernel in point.kernels:
        if kernel.name not in names:
            continue
        c = kernel.counters
        values = [c.cycles, c.nonzeros + c.nonzero_copies, c.wavelets_entered, c.wavelets_left]
        values += [c.axpys, c.dots, c.stalls_input, c.stalls_output, c.stalls_slot]
        table.add_row(kernel.name, *(style.big(value) for value in values))
    return table


def totals(results: CycleResults) -> Table:
    """All counters, a column a sparsity."""
    heads = [style.DASH if p.sparsity is None else style.sparsity(p.sparsity) for p in results]
    table = style.table("counters of the step, all programs and cores", "", *heads)
    for name in Counters.__dataclass_fields__:
        values = [getattr(point.totals, name) for point in results]
        table.add_row(name.replace("_", " "), *(style.count(value) for value in values))
    return table
