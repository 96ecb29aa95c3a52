"""The tables of `waferflow run` and `waferflow simulate`."""

from itertools import chain

from rich.console import Console
from rich.table import Table
from rich.text import Text

from waferflow.results import LEDGER_KEYS, Result, Results
from waferflow.tables import kernels, style


def show(results: Results, console: Console) -> None:
    """Prints a whole report."""
    if not len(results):
        return
    console.print(heading(results[0]))
    for line in masks(results):
        console.print(line)
    console.print()
    parts: list[Table | None] = [
        points(results),
        ledger(results),
        kernels.lost(results),
        choices(results),
        sram(results),
        sensitivity(results),
    ]
    for part in parts:
        if part is not None:
            style.show(part, console)
            console.print()
    for line in [*reasons(results), *host(results)]:
        console.print(line)


def heading(point: Result) -> Text:
    """One line that says what ran."""
    sequences = point.tokens // point.seq
    text = Text(f"{point.model}, {point.step} step on {point.machine}", style="bold")
    text.append(
        f": {point.tokens:,} tokens ({sequences:,} x {point.seq:,}), fidelity {point.fidelity}, "
        f"seed {point.seed}",
        style="not bold",
    )
    return text


def masks(results: Results) -> list[Text]:
    """Where the zeros come from; made-up masks are said loudly."""
    lines = []
    for point in results:
        if point.sparsity == 0:
            continue
        lines.append(Text(f"mask at {style.sparsity(point.sparsity)}: {point.mask}"))
    if any(point.synthetic for point in results):
        lines.append(
            Text(
                "SYNTHETIC MASKS: made up, not found in the model's weights. Uniform masks flatter "
                "the machine: real ones load its columns unevenly.",
                style="bold yellow",
            )
        )
    return lines


def points(results: Results) -> Table:
    """One row a sparsity: time, utilization, measured and theoretical speedup."""
    table = style.table(
        "speedup over the dense step, measured and in theory",
        "zeros",
        "cycles",
        "ms\na step",
        "tokens/s",
        "use/exec\n%",
        "meas.\nstep",
        "meas.\nlinears",
        "theory\nmatmul",
        "theory\nstep",
        "theory\nexec.",
        "% of\nexec.",
    )
    for point in results:
        use, speed = point.utilization, point.speedup
        table.add_row(
            style.sparsity(point.sparsity),
            style.count(point.cycles),
            f"{1e3 * point.seconds:,.2f}",
            style.count(point.tokens_per_second),
            f"{100 * use.useful_4:.1f}/{100 * use.executed_4:.1f}",
            Text(style.ratio(speed.measured if speed else None), style="bold"),
            style.ratio(speed.linears if speed else None),
            style.ratio(speed.theory_matmul if speed else None),
            style.ratio(speed.theory_step if speed else None),
            style.ratio(speed.theory_executed if speed else None),
            Text(f"{100 * speed.ratio:.1f}" if speed else style.DASH, style="bold"),
        )
    table.caption = (
        "use/exec: multiply-adds without/with recomputation, of 4 a core-cycle (half that of 8)"
    )
    return table


def ledger(results: Results) -> Table | None:
    """Where the cycles above the expected ones went, a column a sparsity."""
    shown = [point for point in results if point.ledger and point.sparsity > 0]
    if not shown:
        return None
    columns = [style.sparsity(point.sparsity) for point in shown]
    table = style.table("where the rest went: cycles, and % of the expected cycles", "", *columns)
    ledgers = [point.ledger for point in shown if point.ledger]
    table.add_row("expected (dense / executed)", *(cell(e.expected_cycles, None) for e in ledgers))
    zero = []
    for key in LEDGER_KEYS:
        values = [e.entries.get(key, 0) for e in ledgers]
        if any(values):
            pairs = zip(values, ledgers, strict=True)
            table.add_row(
                f"  {key}", *(cell(value, value / e.expected_cycles) for value, e in pairs)
            )
        else:
            zero.append(key)
    table.add_section()
    table.add_row(
        "measured",
        *(
            cell(point.cycles, point.cycles / e.expected_cycles - 1)
            for point, e in zip(shown, ledgers, strict=True)
        ),
        style="bold",
    )
    if zero:
        table.caption = f"nothing lost to: {', '.join(zero)}"
    return table


def cell(cycles: int, part: float | None) -> str:
    """Cycles and their share, aligned."""
    return f"{cycles:,} {'' if part is None else style.share(part):>9}"


def choices(results: Results) -> Table | None:
    """The mapping, a column a sparsity; one column where all agree."""
    return by_point(results, "mapping", [point.mapping for point in results])


def sram(results: Results) -> Table | None:
    """The SRAM plan in bytes a core."""
    plans = [{item: style.count(n) for item, n in point.sram.items()} for point in results]
    sums = [{"sum": style.count(sum(p.sram.values()))} if p.sram else {} for p in results]
    return by_point(results, "SRAM plan, bytes a core", plans, sums)


def by_point(results: Results, title: str, *parts: list) -> Table | None:
    """A table of what may differ between points, folded where it does not."""
    keys = list(dict.fromkeys(key for part in parts for column in part for key in column))
    columns = [dict(chain(*(one.items() for one in column))) for column in zip(*parts, strict=True)]
    if not keys:
        return None
    same = all(column == columns[0] for column in columns)
    heads = ["every point"] if same else [style.sparsity(point.sparsity) for point in results]
    table = style.table(title, "", *heads)
    for key in keys:
        values = [style.plain(c.get(key, style.DASH)) for c in columns[: 1 if same else None]]
        table.add_row(key, *values)
    return table


def reasons(results: Results) -> list[Text]:
    """Why the mapping is as it is; a reason that several points share is said once."""
    points: dict[str, list[str]] = {}
    for point in results:
        for reason in point.reasons:
            points.setdefault(reason, []).append(style.sparsity(point.sparsity))
    lines = []
    for reason, where in points.items():
        mark = "" if len(where) == len(results) else f" ({', '.join(where)})"
        lines.append(Text(f"- {reason}{mark}"))
    return [Text("why this mapping", style="bold"), *lines, Text()] if lines else []


def host(results: Results) -> list[Text]:
    """What the simulation cost on this computer."""
    wall = sum(point.host.wall_s for point in results)
    peak = max(point.host.peak_rss_mb for point in results)
    rate = max(point.host.nonzeros_per_s for point in results)
    return [
        Text(
            f"host: {wall:,.1f} s, peak memory {peak:,.0f} MB, "
            f"up to {style.big(rate)} simulated nonzeros/s",
            style="dim",
        )
    ]


def sensitivity(results: Results) -> Table | None:
    """Speedup at the ends of the guessed parameters, the mapping kept."""
    asked = [point for point in results if point.sensitivity is not None and point.sparsity > 0]
    if not asked:
        return None
    columns = [style.sparsity(point.sparsity) for point in asked]
    table = style.table(
        "sensitivity: measured speedup of the step (linears) at the ends of guessed parameters",
        "parameter",
        "value",
        *columns,
    )
    base = [
        f"{style.ratio(p.speedup.measured)} ({style.ratio(p.speedup.linears)})"
        if p.speedup
        else style.DASH
        for p in asked
    ]
    table.add_row("all at their defaults", "", *base, style="bold")
    rows: dict[tuple[str, float], list[str]] = {}
    for i, point in enumerate(asked):
        for row in point.sensitivity or []:
            cells = rows.setdefault((row.parameter, row.value), [style.DASH] * len(asked))
            if row.over_bytes is not None:
                fits = row.tokens_that_fit
                cells[i] = f"{row.over_bytes:,} B over" + (f"; {fits:,} tokens fit" if fits else "")
            else:
                cells[i] = f"{style.ratio(row.measured)} ({style.ratio(row.linears)})"
    moving = {parameter for (parameter, _), cells in rows.items() if cells != base}
    for (parameter, value), cells in rows.items():
        if parameter in moving:
            table.add_row(parameter, style.plain(value), *cells)
    still = dict.fromkeys(parameter for parameter, _ in rows if parameter not in moving)
    if still:
        table.caption = f"neither end moves it: {', '.join(still)}"
    return table
