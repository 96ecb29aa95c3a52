"""The tables of `waferflow models` and `waferflow machines`."""

from rich.console import Console
from rich.text import Text

from waferflow.machines import MachineTable
from waferflow.models import ModelSizes
from waferflow.tables import style

SUMMARY = ("fabric.width", "fabric.height", "clock.ghz", "pe.sram_bytes", "edge.bytes_per_second")


def show_models(models: list[ModelSizes], console: Console) -> None:
    """One row a shipped model."""
    table = style.table(
        "models",
        "name",
        "layers",
        "hidden",
        "MLP",
        "heads/KV",
        "vocab.",
        "max seq",
        "parameters",
        "weights",
    )
    table.columns[0].no_wrap, table.columns[-1].justify = True, "left"
    for model in models:
        table.add_row(
            model.name,
            str(model.layers),
            str(model.hidden),
            f"{model.mlp}{' ' if model.gated else '*'}",
            f"{model.heads}/{model.kv_heads}",
            str(model.vocabulary),
            str(model.max_seq),
            style.big(model.parameters),
            model.weights or style.DASH,
        )
    style.show(table, console)
    if not all(model.gated for model in models):
        console.print("* two matrices, no gate")
    console.print(
        "\nOr give a LLaMA-family directory: config.json and, for its weights, *.safetensors."
    )


def show_machines(machines: list[MachineTable], console: Console) -> None:
    """One row a shipped machine."""
    table = style.table(
        "machines", "name", "columns", "rows", "GHz", "SRAM a core, bytes", "edge, bytes/s"
    )
    for machine in machines:
        values = {parameter.key: parameter.value for parameter in machine.parameters}
        table.add_row(
            machine.name,
            *(values.get(key, style.DASH) for key in SUMMARY),
        )
    style.show(table, console)
    console.print("\n`waferflow machines NAME` shows every parameter with its source.")


def show_machine(machine: MachineTable, console: Console) -> None:
    """Every parameter with its range, unit, source and trust."""
    table = style.table(
        f"machine {machine.name}: {machine.description}".rstrip(": "),
        "key (for --set)",
        "value",
        "range",
        "unit",
        "trust",
        "from",
    )
    for column in table.columns:
        column.vertical, column.no_wrap = "top", True
    for column in table.columns[3:]:
        column.justify = "left"
    sources: dict[str, int] = {}
    for p in machine.parameters:
        guessed = bool(p.low or p.high)
        table.add_row(
            p.key,
            p.value,
            f"{p.low}..{p.high}" if guessed else "",
            p.unit,
            p.trust,
            rf"\[{sources.setdefault(p.source, len(sources) + 1)}]",
            style="yellow" if guessed else None,
        )
    style.show(table, console)
    console.print(Text("\nsources", style="bold"))
    for source, number in sources.items():
        console.print(Text(f"[{number}] {source}"))
    console.print(
        "\ntrust: P published by the vendor, S third-party write-up or measurement, M from memory, "
        "not checked, I inferred. Parameters with a range are guesses: `run --sensitivity` shows "
        "what they move."
    )
