"""How tables and numbers look."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

DASH = "–"


def table(title: str, *columns: str, left: int = 1) -> Table:
    """An empty table; the first `left` columns are text, the others numbers."""
    result = Table(
        title=title,
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
        pad_edge=False,
        header_style="cyan",
    )
    for i, column in enumerate(columns):
        result.add_column(
            column,
            justify="left" if i < left else "right",
            vertical="bottom",
            no_wrap=i >= left,
        )
    return result


def show(table: Table, console: Console) -> None:
    """Prints a table; its title and caption may be wider than it is."""
    title, caption = table.title, table.caption
    table.title = table.caption = None
    console.print(Text(str(title), style="bold"))
    console.print(table)
    if caption:
        console.print(Text(str(caption), style="dim"))


def count(value: float | None) -> str:
    """`1,234,567`."""
    return DASH if value is None else f"{value:,.0f}"


def ratio(value: float | None) -> str:
    """A speedup: `2.741`."""
    return DASH if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    """`87.4 %` of a fraction."""
    return DASH if value is None else f"{100 * value:.1f} %"


def share(value: float) -> str:
    """A signed share: `+12.3 %`."""
    return f"{100 * value:+.1f} %"


def sparsity(value: float) -> str:
    """`dense`, `50 %`, `62.5 %`."""
    return "dense" if value == 0 else f"{100 * value:.4g} %"


def big(value: float | None) -> str:
    """`1.23 G`, `45.6 M`, `789`."""
    if value is None:
        return DASH
    for limit, suffix in ((1e15, " P"), (1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.3g}"


def plain(value: object) -> str:
    """A parameter or choice as it would be typed, without a float's noise."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
