"""The table of `waferflow train`."""

from rich.console import Console

from waferflow.tables import style
from waferflow.training import Training


def show(result: Training, console: Console) -> None:
    """Prints a line a step."""
    columns = ("step", "loss", "cycles", "optimizer done", "gradient norm", "loss scale", "updates")
    table = style.table("training steps, fidelity cycle", *columns, left=0)
    for number, step in enumerate(result.steps, start=1):
        table.add_row(
            str(number),
            f"{step.loss:.6f}",
            style.count(step.cycles),
            style.count(step.optimizer_done_cycle),
            f"{step.gradient_norm:.4g}",
            f"{step.scale:g}",
            style.count(step.updates) if step.applied else "left out",
        )
    table.caption = "Cycle of a step in which the weight store has made the last update."
    style.show(table, console)
