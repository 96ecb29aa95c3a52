"""The command line's grammar."""

import argparse
import sys
import textwrap
from typing import Any, NoReturn

from waferflow import collectives, kernels, requests

RUN_EXAMPLES = """examples:
  waferflow run llama-2-7b --sparsity 0 0.5 0.7 0.9 --tokens 131072 --seq 2048
  waferflow run smollm2-135m --set pe.sram_bytes=65536 --json out.json --plot out.png
"""


class Parser(argparse.ArgumentParser):
    """Argparse whose errors are one line, `error: ...`, with exit code 2."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        if "description" in options:
            options["description"] = textwrap.fill(options["description"], 80)
        super().__init__(*args, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Prints the line and exits."""
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)


def number(text: str) -> float:
    """A sparsity as typed; its range is checked with the rest of the request."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a number in [0, 1), got '{text}' (MODEL comes before the options)"
        ) from None


def scale(text: str) -> float:
    """A loss scale as typed; its range is checked with the rest of the request."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got '{text}'") from None


def setting(text: str) -> str:
    """KEY=VALUE as typed; what keys there are the C++ side knows."""
    if "=" not in text:
        raise argparse.ArgumentTypeError(
            f"expected KEY=VALUE, got '{text}' (MODEL comes before the options)"
        )
    return text


def whole(text: str) -> int:
    """A whole number as typed, `131072` or `131_072`."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got '{text}'") from None


def build() -> Parser:
    """The parser of `waferflow`."""
    parser = Parser(
        prog="waferflow",
        description="How much of sparsity's theoretical speedup does a wafer-scale dataflow "
        "machine deliver, and where does the rest go?",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    add_run(commands)
    add_theory(commands)
    add_compile(commands)
    add_simulate(commands)
    add_train(commands)
    add_kernel(commands)
    add_collective(commands)
    add_lists(commands)
    return parser


def add_run(commands: Any) -> None:
    """`run`: compile and simulate at each sparsity, and compare."""
    command = commands.add_parser(
        "run",
        usage="waferflow run MODEL [options]",
        help="simulate a step at several sparsities: speedup against theory",
        description="Compiles a step of MODEL, simulates it dense and sparse, and prints "
        "measured against theoretical speedup with a ledger of what was lost.",
        epilog=RUN_EXAMPLES,
    )
    add_model(command)
    add_sparsity(command, "0 0.5 0.7 0.9")
    add_step(command)
    command.add_argument(
        "--fidelity", default="tile", metavar="|".join(requests.FIDELITIES), help="default tile"
    )
    command.add_argument(
        "--sensitivity",
        action="store_true",
        help="also the speedup at both ends of every guessed machine parameter",
    )
    add_json(command)
    add_traces(command)
    command.add_argument(
        "--plot", metavar="FILE", help="picture of speedup over sparsity (.png, .svg or .html)"
    )


def add_theory(commands: Any) -> None:
    """`theory`: count multiply-adds."""
    command = commands.add_parser(
        "theory",
        usage="waferflow theory MODEL [options]",
        help="theoretical speedups of a training step",
        description="Counts the multiply-adds of a training step from the model's graph.",
    )
    add_model(command)
    command.add_argument(
        "--seq", type=whole, metavar="S", help="sequence length; default min(2048, the model's)"
    )
    add_sparsity(command, "0.5 0.7 0.75 0.9")
    command.add_argument(
        "--attention", default="causal", metavar="full|causal", help="default causal"
    )
    add_json(command)


def add_compile(commands: Any) -> None:
    """`compile`: one program."""
    command = commands.add_parser(
        "compile",
        usage="waferflow compile MODEL -o FILE [options]",
        help="compile a step to MLIR bytecode or text",
        description="Compiles one step of MODEL at one sparsity.",
    )
    add_model(command)
    command.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="bytecode (.mlirbc) or text (.mlir)",
    )
    command.add_argument(
        "--to", default="placed", metavar="|".join(requests.STAGES), help="how far; default placed"
    )
    add_sparsity(command, "0, one value")
    add_step(command)


def add_simulate(commands: Any) -> None:
    """`simulate`: run a compiled program."""
    command = commands.add_parser(
        "simulate",
        usage="waferflow simulate PROGRAM [options]",
        help="simulate a compiled program",
        description="Simulates what `waferflow compile` wrote. Speedup and ledger need a dense "
        "run beside it: see `waferflow run`.",
    )
    command.add_argument("program", metavar="PROGRAM", help="a .mlirbc file")
    command.add_argument(
        "--fidelity", default="tile", metavar="|".join(requests.FIDELITIES), help="default tile"
    )
    command.add_argument(
        "--inputs",
        metavar="FILE",
        help="arrays by name (.npz), for fidelity cycle; missing weights come from the checkpoint",
    )
    command.add_argument(
        "--outputs", metavar="FILE", help="arrays by name (.npz) that fidelity cycle computed"
    )
    add_set(command)
    add_threads(command)
    add_json(command)
    add_traces(command)


def add_train(commands: Any) -> None:
    """`train`: several steps of a compiled program."""
    command = commands.add_parser(
        "train",
        usage="waferflow train PROGRAM [options]",
        help="run several training steps with AdamW in the weight store",
        description="Executes a training step (compile ... --to fabric) again and again, wavelet "
        "by wavelet, and updates the weights in between. What is not given is made up.",
    )
    command.add_argument("program", metavar="PROGRAM", help="a .mlirbc file")
    command.add_argument(
        "--steps", type=whole, metavar="N", help="default 1, or as many as there are batches"
    )
    command.add_argument(
        "--batches",
        nargs="+",
        metavar="FILE",
        help="token numbers and labels by name (.npz) of the steps, in turns; default made up",
    )
    command.add_argument(
        "--weights",
        metavar="FILE",
        help="start values by name (.npz); default the checkpoint's, or made up",
    )
    for option, text in (
        ("--learning-rate", "of AdamW; default as torch.optim.AdamW"),
        ("--weight-decay", "of AdamW; default as torch.optim.AdamW"),
        ("--clip-norm", "largest norm of all gradients; default no limit"),
    ):
        command.add_argument(option, type=scale, metavar="X", help=text)
    command.add_argument(
        "--loss-scaling",
        metavar="none|static|dynamic",
        help="how the loss scale of the program is used; default as it is",
    )
    command.add_argument(
        "--seed", type=whole, default=0, metavar="N", help="of made-up weights and tokens"
    )
    command.add_argument(
        "--outputs", metavar="FILE", help="weights by name (.npz) behind the last step"
    )
    add_json(command)
    add_traces(command)
    command.add_argument(
        "--traced-step", type=whole, metavar="N", help="that is recorded, from 1; default the first"
    )


def add_kernel(commands: Any) -> None:
    """`kernel`: one kernel alone, with values."""
    command = commands.add_parser(
        "kernel",
        usage="waferflow kernel OPERATION [options]",
        help="what one kernel costs on a machine, its values checked",
        description="Maps one kernel, runs it with random values that are compared with the CPU "
        "(or times it at fidelity tile), and prints cycles and counters.",
    )
    command.add_argument("operation", metavar="OPERATION", help="|".join(kernels.OPERATIONS))
    for option, metavar, text in (
        ("--rows", "R", "of the weight or table; default 64"),
        ("--cols", "K", "of the weight or table, features of map and reduce; default 64"),
        ("--tokens", "N", "one sequence in each token group; default 64"),
    ):
        command.add_argument(option, type=whole, default=64, metavar=metavar, help=text)
    command.add_argument(
        "--density", type=float, default=1.0, metavar="D", help="of the weight; default 1"
    )
    command.add_argument(
        "--type", default="f16", metavar="|".join(requests.TYPES), help="default f16"
    )
    command.add_argument(
        "--region", metavar="WxH", help="cores, default at most 16x16 of the machine"
    )
    command.add_argument(
        "--machine", default="cs3", metavar="MACHINE", help="a name or a YAML file; default cs3"
    )
    command.add_argument("--fidelity", default="cycle", metavar="cycle|tile", help="default cycle")
    add_set(
        command,
        "machine parameter (pe.launch_cycles=0), mapping.gt, mapping.go, "
        "or at tile a cost switched off (cost.launch=off)",
    )
    command.add_argument("--seed", type=whole, default=0, metavar="N", help="of mask and values")
    add_json(command)
    add_traces(command)


def add_collective(commands: Any) -> None:
    """`collective`: one collective, wavelet by wavelet."""
    names = "|".join(collectives.OPERATIONS)
    command = commands.add_parser(
        "collective",
        usage="waferflow collective OPERATION [options]",
        help="what a broadcast or reduction costs, beside the published formula",
        description="Simulates one collective wavelet by wavelet, checks its values, and prints "
        "cycles and counters beside the published formula.",
    )
    command.add_argument("operation", metavar="OPERATION", help=names)
    command.add_argument(
        "--pes", metavar="P", help="cores in a row, default 64; of 2d WxH, default 8x8"
    )
    command.add_argument(
        "--elements", type=whole, default=1024, metavar="B", help="a core; default 1024"
    )
    command.add_argument(
        "--group",
        type=whole,
        metavar="S",
        help="cores a group: of two-phase, default the root of P; of 2d, default chains",
    )
    command.add_argument(
        "--type", default="f32", metavar="|".join(requests.TYPES), help="default f32"
    )
    command.add_argument(
        "--machine", default="cs3", metavar="MACHINE", help="a name or a YAML file; default cs3"
    )
    add_set(command, "machine parameter (pe.setup_cycles=13)")
    add_json(command)
    add_traces(command, programs=False)


def add_lists(commands: Any) -> None:
    """`models` and `machines`."""
    commands.add_parser("models", help="list the models that ship with waferflow")
    command = commands.add_parser(
        "machines", help="list the machines, or every parameter of one with its source"
    )
    command.add_argument("machine", nargs="?", metavar="MACHINE", help="a name or a YAML file")
    add_json(command)


def add_model(command: argparse.ArgumentParser) -> None:
    """The MODEL argument."""
    command.add_argument(
        "model",
        metavar="MODEL",
        help="a name from `waferflow models`, or a directory with config.json",
    )


def add_sparsity(command: argparse.ArgumentParser, default: str) -> None:
    """--sparsity with several values after one flag."""
    command.add_argument(
        "--sparsity",
        type=number,
        nargs="+",
        metavar="S",
        help=f"fraction of the decoder linears that is zero; default {default}",
    )


def add_step(command: argparse.ArgumentParser) -> None:
    """The options that say which step on which machine."""
    command.add_argument(
        "--machine", default="cs3", metavar="MACHINE", help="a name or a YAML file; default cs3"
    )
    command.add_argument(
        "--tokens", type=whole, metavar="N", help="tokens a step; default the most that fit"
    )
    command.add_argument(
        "--seq", type=whole, metavar="S", help="sequence length; default min(2048, the model's)"
    )
    command.add_argument(
        "--mask",
        metavar="|".join(requests.MASKS),
        help="default magnitude where weights are at hand, else uniform",
    )
    command.add_argument(
        "--step", default="train", metavar="|".join(requests.STEPS), help="default train"
    )
    command.add_argument(
        "--type", default="f16", metavar="|".join(requests.TYPES), help="storage; default f16"
    )
    command.add_argument(
        "--accumulate",
        default="storage",
        metavar="|".join(requests.ACCUMULATES),
        help="type of partial sums; default storage",
    )
    command.add_argument(
        "--loss-scale",
        type=scale,
        default=1.0,
        metavar="X",
        help="what gradients are multiplied by, so that small ones survive 16 bits; default 1",
    )
    command.add_argument("--seed", type=whole, default=0, metavar="N", help="of uniform masks")
    add_set(command)
    add_threads(command)


def add_set(
    command: argparse.ArgumentParser,
    keys: str = "machine parameter (pe.sram_bytes=65536), mapping choice (mapping.gt=2) or a cost "
    "switched off (cost.launch=off)",
) -> None:
    """--set, any number of times, several values after one flag; `keys` says which."""
    command.add_argument(
        "--set",
        type=setting,
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help=keys,
    )


def add_traces(command: argparse.ArgumentParser, programs: bool = True) -> None:
    """What records an execution cycle by cycle, at fidelity cycle."""
    group = command.add_argument_group("traces, at fidelity cycle")
    group.add_argument(
        "--trace", metavar="FILE", help="tasks and instructions as JSON for Perfetto or Chrome"
    )
    group.add_argument("--vcd", metavar="FILE", help="task, issue slot and arrivals as waves")
    group.add_argument(
        "--landings",
        metavar="FILE",
        help="a line for each wavelet at a router, for viewers of the vendor's simulator",
    )
    group.add_argument("--cores", nargs="+", metavar="X,Y", help="that are recorded; default all")
    if programs:
        group.add_argument(
            "--programs", nargs="+", metavar="NAME", help="that are recorded; default all"
        )


def add_threads(command: argparse.ArgumentParser) -> None:
    """--threads; results do not depend on it."""
    command.add_argument(
        "--threads", type=whole, metavar="N", help="default all cores; results are the same"
    )


def add_json(command: argparse.ArgumentParser) -> None:
    """--json."""
    command.add_argument("--json", metavar="FILE", help="write the result as JSON")
