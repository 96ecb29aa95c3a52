"""The tables of `waferflow models` and `waferflow machines`."""

from rich.console import Console

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
    console.print(table)
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
    console.print(table)
    console.print("\n`waferflow machines NAME` shows every parameter with its source.")


def show_machine(machine: MachineTable, console: Console) -> None:
    """Every parameter with its range, unit, source and trust."""
    table = style.table(
        f"machine {machine.name}: {machine.description}".rstrip(": "),
        "key (for --set)",
        "value",
        "low",
        "high",
        "unit",
        "trust",
        "source",
    )
    for column in table.columns[4:]:
        column.justify, column.no_wrap = "left", False
    for p in machine.parameters:
        table.add_row(
            p.key,
            p.value,
            p.low,
            p.high,
            p.unit,
            p.trust,
            p.source,
            style="yellow" if p.low or p.high else None,
        )
    console.print(table)
    console.print(
        "\ntrust: P published by the vendor, S third-party write-up or measurement, I inferred. "
        "Parameters with a low and a high are guesses: `run --sensitivity` shows what they move."
    )
