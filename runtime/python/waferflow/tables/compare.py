"""Two masks of the same densities side by side: what real weights cost."""

from rich.table import Table

from waferflow.results import Ledger, Results
from waferflow.tables import style

IMBALANCE = ("rows", "columns")


def masks(runs: dict[str, Results]) -> Table | None:
    """Speedup and imbalance entries of the ledger, a row a sparsity and mask."""
    table = style.table(
        "what the masks cost: imbalance entries of the ledger, % of the expected cycles",
        "sparsity",
        "mask",
        "cycles",
        "measured\nstep",
        "measured\nlinears",
        "measured\n/ executed",
        "rows",
        "columns",
        left=2,
    )
    points = [(p.sparsity, name, p) for name, results in runs.items() for p in results]
    # By sparsity; the runs keep their order within one.
    for sparsity, name, point in sorted(points, key=lambda entry: entry[0]):
        if sparsity == 0 or not point.speedup or not point.ledger:
            continue
        table.add_row(
            style.sparsity(sparsity),
            name,
            style.count(point.cycles),
            style.ratio(point.speedup.measured),
            style.ratio(point.speedup.linears),
            style.percent(point.speedup.ratio),
            *(entry(point.ledger, key) for key in IMBALANCE),
        )
    return table if table.row_count else None


def entry(ledger: Ledger, key: str) -> str:
    """One entry's share of the expected cycles."""
    return style.share(ledger.entries.get(key, 0) / ledger.expected_cycles)
