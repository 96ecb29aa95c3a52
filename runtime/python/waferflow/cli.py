"""The command line `waferflow`."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from rich.console import Console

from waferflow import api, cycle, models, parser, plot, requests, traces
from waferflow.errors import WaferflowError
from waferflow.outputs import Output
from waferflow.progress import shown
from waferflow.results import Results
from waferflow.tables import collective as collective_table
from waferflow.tables import cycle as cycle_tables
from waferflow.tables import kernel as kernel_table
from waferflow.tables import lists, report, theory
from waferflow.tables import training as training_table

STEP_OPTIONS = [
    "sparsity",
    "machine",
    "tokens",
    "seq",
    "mask",
    "step",
    "type",
    "accumulate",
    "loss_scale",
    "seed",
    "set",
    "threads",
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code: 0, 2 for bad input, 130 when interrupted."""
    try:
        options = parser.build().parse_args(arguments)
        COMMANDS[options.command](options)
        sys.stdout.flush()
    except WaferflowError as error:
        return fail(str(error), 2)
    except KeyboardInterrupt:
        return fail("interrupted", 130)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:
        if os.environ.get("WAFERFLOW_TRACEBACK"):
            traceback.print_exc()
        return fail(
            f"internal: {type(error).__name__}: {error} "
            "(a defect; WAFERFLOW_TRACEBACK=1 shows where)",
            70,
        )
    return 0


def fail(message: str, code: int) -> int:
    """One line on stderr, whatever the number of things that are wrong; returns `code`."""
    lines = (" ".join(line.split()) for line in message.splitlines())
    print(f"error: {'; '.join(line for line in lines if line)}", file=sys.stderr)
    return code


def run(options: argparse.Namespace) -> None:
    """`waferflow run`."""
    with ExitStack() as stack:
        plot_format = plot.format_of(options.plot) if options.plot else ""
        if options.plot and options.fidelity == "cycle":
            raise WaferflowError("--plot: only fidelity tile has a picture")
        json_file = open_output(stack, options.json, "--json")
        picture = open_output(stack, options.plot, "--plot")
        request = step_options(options)
        with shown() as progress:
            results = api.run(
                options.model,
                fidelity=options.fidelity,
                sensitivity=options.sensitivity,
                progress=progress,
                **trace_options(options),
                **request,
            )
        if isinstance(results, Results):
            report.show(results, console())
            if picture:
                picture.write(plot.render(results, plot_format))
        else:
            cycle_tables.show(results, console())
        if json_file:
            json_file.write(results.to_json())


def show_theory(options: argparse.Namespace) -> None:
    """`waferflow theory`."""
    with ExitStack() as stack:
        json_file = open_output(stack, options.json, "--json")
        result = api.theory(
            options.model, seq=options.seq, sparsity=options.sparsity, attention=options.attention
        )
        theory.show(result, console())
        if json_file:
            json_file.write(result.to_json())


def compile(options: argparse.Namespace) -> None:
    """`waferflow compile`."""
    if not options.output.endswith((".mlir", ".mlirbc")):
        raise WaferflowError(
            f"-o: expected a file that ends in .mlirbc or .mlir, got '{options.output}'"
        )
    with Output(options.output, "-o") as file:
        text = options.output.endswith(".mlir")
        file.write(api.compile(options.model, to=options.to, text=text, **step_options(options)))


def simulate(options: argparse.Namespace) -> None:
    """`waferflow simulate`."""
    with ExitStack() as stack:
        if options.outputs and options.fidelity != "cycle":
            raise WaferflowError("--outputs: only fidelity cycle computes values")
        json_file = open_output(stack, options.json, "--json")
        arrays = open_output(stack, options.outputs, "--outputs")
        with shown() as progress:
            results = api.simulate(
                options.program,
                fidelity=options.fidelity,
                inputs=options.inputs,
                progress=progress,
                set=options.set,
                threads=options.threads,
                **trace_options(options),
            )
        if isinstance(results, Results):
            report.show(results, console())
        else:
            if arrays:
                arrays.write(cycle.npz_of(results.outputs))
            results = cycle.CycleResults([results.report])
            cycle_tables.show(results, console())
        if json_file:
            json_file.write(results.to_json())


def train(options: argparse.Namespace) -> None:
    """`waferflow train`."""
    with ExitStack() as stack:
        json_file = open_output(stack, options.json, "--json")
        arrays = open_output(stack, options.outputs, "--outputs")
        names = ("learning_rate", "weight_decay", "clip_norm", "loss_scaling", "traced_step")
        given = {name: getattr(options, name) for name in names}
        with shown() as progress:
            result = api.train(
                options.program,
                options.batches,
                steps=options.steps,
                weights=options.weights,
                seed=options.seed,
                progress=progress,
                **{name: value for name, value in given.items() if value is not None},
                **trace_options(options),
            )
        training_table.show(result, console())
        if arrays:
            arrays.write(cycle.npz_of(result.weights))
        if json_file:
            json_file.write(result.to_json())


def collective(options: argparse.Namespace) -> None:
    """`waferflow collective`."""
    with ExitStack() as stack:
        json_file = open_output(stack, options.json, "--json")
        result = api.collective(
            options.operation,
            pes=options.pes,
            elements=options.elements,
            group=options.group,
            type=options.type,
            machine=options.machine,
            set=options.set,
            **trace_options(options),
        )
        collective_table.show(result, console())
        if json_file:
            json_file.write(result.to_json())


def kernel(options: argparse.Namespace) -> None:
    """`waferflow kernel`."""
    with ExitStack() as stack:
        json_file = open_output(stack, options.json, "--json")
        result = api.kernel(
            options.operation,
            rows=options.rows,
            cols=options.cols,
            tokens=options.tokens,
            density=options.density,
            type=options.type,
            region=options.region,
            machine=options.machine,
            fidelity=options.fidelity,
            set=options.set,
            seed=options.seed,
            **trace_options(options),
        )
        kernel_table.show(result, console())
        if json_file:
            json_file.write(result.to_json())


def show_models(options: argparse.Namespace) -> None:
    """`waferflow models`."""
    lists.show_models([models.sizes(name) for name in models.names()], console())


def show_machines(options: argparse.Namespace) -> None:
    """`waferflow machines [MACHINE]`."""
    if options.machine is None:
        if options.json:
            raise WaferflowError("--json: needs a MACHINE")
        tables = [api.machine_table(name) for name in requests.machine_names()]
        lists.show_machines(tables, console())
        return
    with ExitStack() as stack:
        json_file = open_output(stack, options.json, "--json")
        table = api.machine_table(options.machine)
        lists.show_machine(table, console())
        if json_file:
            json_file.write(table.to_json())


def open_output(stack: ExitStack, target: str | None, what: str) -> Output | None:
    """The file behind an option, opened before any work, or None."""
    return stack.enter_context(Output(target, what)) if target else None


def step_options(options: argparse.Namespace) -> dict[str, object]:
    """The options that every command with a step shares."""
    return {name: getattr(options, name) for name in STEP_OPTIONS}


def trace_options(options: argparse.Namespace) -> dict[str, object]:
    """The options of traces that were given."""
    given = {name: getattr(options, name, None) for name in traces.OPTIONS}
    return {name: value for name, value in given.items() if value}


def console() -> Console:
    """Standard output: as wide as the terminal, 110 columns where there is none."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 110
    return Console(width=width, highlight=False)


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "run": run,
    "theory": show_theory,
    "compile": compile,
    "simulate": simulate,
    "train": train,
    "kernel": kernel,
    "collective": collective,
    "models": show_models,
    "machines": show_machines,
}

if __name__ == "__main__":
    sys.exit(main())
