"""The table of `waferflow theory`."""

from rich.console import Console

from waferflow.results import Theory
from waferflow.tables import style


def show(theory: Theory, console: Console) -> None:
    """Prints the speedups and the multiply-adds that they were counted from."""
    table = style.table(
        f"{theory.model}: theoretical speedup of a training step, sequence {theory.seq:,}, "
        f"{theory.attention} attention",
        "sparsity",
        "matmul",
        "step",
    )
    for row in theory.rows:
        table.add_row(style.sparsity(row.sparsity), style.ratio(row.matmul), style.ratio(row.step))
    style.show(table, console)
    console.print()
    counts = style.table("multiply-adds a token of the dense step", "", "count", "share")
    total = sum(theory.multiply_adds.values())
    for what, value in theory.multiply_adds.items():
        counts.add_row(what, style.big(value), style.percent(value / total if total else None))
    style.show(counts, console)
