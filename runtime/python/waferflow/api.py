"""The Python API: the commands of the command line as functions, with the same names."""

import itertools
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from waferflow import (
    collectives,
    cycle,
    kernels,
    models,
    native,
    paths,
    requests,
    traces,
    training,
)
from waferflow.collectives import Collective
from waferflow.cycle import Arrays, CycleResult, CycleResults
from waferflow.errors import WaferflowError
from waferflow.kernels import Kernel
from waferflow.machines import MachineTable
from waferflow.results import Results, Theory

#: Called with what is being done, how much of it is done, and how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


def run(
    model: str, *, progress: Progress | None = None, fidelity: str = "tile", **options: Any
) -> Results | CycleResults:
    """Simulates a step of `model` at each sparsity, dense and sparse on the same machine.

    With fidelity `cycle` the step is executed with values: weights of the model's checkpoint, or
    made-up ones (normal 0.02 by `seed`), and made-up tokens. For models that fit such a machine.

    Args:
        model: a shipped model's name, or a directory with config.json (and *.safetensors).
        progress: called now and then; see `Progress`.
        **options: `sparsity` (values in [0, 1)), `machine` (name or YAML path), `tokens` and
            `seq` (tokens; default the largest number that fits, min(2048, model's maximum)),
            `mask` (uniform, magnitude, checkpoint, 2:4), `step` (train, forward), `type` (f16,
            bf16, f32), `accumulate` (storage, f32), `set` ("key=value" strings or a mapping),
            `seed`, `sensitivity` (tile), `threads`; at fidelity cycle with one sparsity, files
            that record it: `trace`, `vcd`, `landings`, with `cores` and `programs` (see `Traces`).
        fidelity: tile or cycle.

    Returns:
        One `Result` (tile) or `CycleReport` (cycle) a sparsity, in the order given.

    Raises:
        WaferflowError: bad input, or a step that doesn't fit the machine: what and by how much.
    """
    requests.one_of("fidelity", fidelity, requests.FIDELITIES)
    if fidelity == "cycle":
        return execute(model, progress=progress, **options)
    traces.taken(options, fidelity)
    request = requests.build(model, **options)
    # Always a callback: it is where a long run notices Ctrl-C.
    return Results.from_json(native.call("run", request.to_json(), progress or silent))


def execute(
    model: str, *, progress: Progress | None = None, sensitivity: bool = False, **options: Any
) -> CycleResults:
    """What `run` does at fidelity `cycle`."""
    if sensitivity:
        raise WaferflowError("sensitivity: only fidelity tile varies parameters")
    recording = traces.taken(options)
    request = requests.build(model, **options)
    if recording and len(request.sparsity) != 1:
        first = next(iter(recording.targets))
        raise WaferflowError(
            f"{first}: records one step, got {len(request.sparsity)} values of sparsity"
        )
    with recording:
        return execute_points(model, request, progress or silent, recording, options)


def execute_points(
    model: str,
    request: requests.Request,
    progress: Progress,
    recording: traces.Traces,
    options: dict[str, Any],
) -> CycleResults:
    """Executes the dense step and those asked for, of which one may be recorded."""
    seed, vocabulary = request.seed, models.vocabulary(request.config)
    options.pop("sparsity", None)
    ran: dict[float | None, cycle.CycleReport] = {}
    for sparsity in dict.fromkeys([0.0, *request.sparsity]):
        own = sparsity is None
        given = None if own else [sparsity]
        # The dense run has no mask that could fix its sparsity.
        unmasked = {k: v for k, v in options.items() if k != "mask"}
        code = compile(
            model, to="fabric", sparsity=given, **(unmasked if sparsity == 0 else options)
        )
        program = cycle.Program(bytes(code))
        weights = program.synthetic_weights(seed)
        inputs = weights | program.synthetic_batch(vocabulary, seed)
        said = program.describe_weights({}, weights, seed)
        chosen = recording if sparsity == request.sparsity[0] else None
        ran[sparsity] = program.run(inputs, said, progress, chosen).report
    dense = ran[0.0]
    return CycleResults([cycle.compared(ran[s], dense) for s in request.sparsity])


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


def theory(
    model: str,
    *,
    seq: int | None = None,
    sparsity: Iterable[float] | None = None,
    attention: str = "causal",
) -> Theory:
    """Theoretical speedups of a training step, counted from the model's graph.

    Linears are sparse, attention (full or causal), LM head and loss dense, embeddings free: the
    accounting of the sparse-pretraining literature, which gives 2.5x for GPT-3 XL at 75 %.
    """
    request = requests.build(
        model,
        seq=seq,
        sparsity=sparsity,
        attention=attention,
        default_sparsity=requests.THEORY_SPARSITY,
    )
    return Theory.from_json(native.call("theory", request.to_json()))


def compile(model: str, *, to: str = "placed", text: bool = False, **options: Any) -> bytes | str:
    """Compiles one step at one sparsity (default 0, the dense step; 0.5 for mask 2:4).

    Args:
        model: as for `run`.
        to: how far: graph (upstream MLIR), flow (kernels), placed (mapped; fidelity tile
            simulates it) or fabric (what each core is told; fidelity cycle executes it).
        text: MLIR text instead of bytecode.
        **options: as for `run`, with one value of `sparsity`.

    Returns:
        Bytecode, or text.
    """
    requests.one_of("stage", to, requests.STAGES)
    sparsity = options.pop("sparsity", None)
    values = None if sparsity is None else list(sparsity)
    if values is not None and len(values) != 1:
        raise WaferflowError(f"sparsity: a program has one value, got {len(values)}")
    request = requests.build_one(model, values, **options)
    return native.call("compile_text" if text else "compile", request.to_json(), to)


def simulate(
    program: bytes | str | Path,
    *,
    fidelity: str = "tile",
    inputs: Arrays | str | Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Results | CycleResult:
    """Simulates a compiled program: its bytes, or the path of its file.

    There is no dense run to compare with: `speedup` and `ledger` of the result are None.

    Args:
        program: what `compile` gave, with `to="placed"` for fidelity tile, `to="fabric"` for
            fidelity cycle.
        fidelity: tile or cycle.
        inputs: for fidelity cycle: arrays by name, or the path of a .npz file; float32, and int64
            or int32 where the program takes integers. Weights that are missing come from the
            checkpoint that the program names.
        progress: for fidelity cycle; called before each program. See `Progress`.
        **options: `set` ("cost.<entry>=off", fidelity tile), `threads`; for fidelity cycle files
            that record what happened: `trace`, `vcd`, `landings`, with `cores` and `programs` (see
            `Traces`).

    Returns:
        `Results` of fidelity tile, or a `CycleResult`: outputs by name, and the report.
    """
    requests.one_of("fidelity", fidelity, requests.FIDELITIES)
    threads = options.pop("threads", None)
    requests.whole("threads", threads, 1)
    settings = requests.check_settings(options.pop("set", ()))
    recording = traces.taken(options, fidelity)
    if options:
        raise TypeError(f"simulate() got an unexpected argument '{next(iter(options))}'")
    if not isinstance(program, bytes):
        program = read_program(Path(program))
    if fidelity == "cycle":
        if settings:
            raise WaferflowError(f"set: fidelity cycle has nothing to set, got '{settings[0]}'")
        with recording:
            return execute_program(program, inputs, progress or silent, recording)
    if inputs is not None:
        raise WaferflowError("inputs: only fidelity cycle computes with values")
    request = {
        "fidelity": fidelity,
        "set": settings,
        "threads": threads or requests.default_threads(),
    }
    return Results.from_json(native.call("simulate", program, json.dumps(request)))


def collective(operation: str, **options: Any) -> Collective:
    """Simulates one collective wavelet by wavelet and checks its values.

    Args:
        operation: broadcast, chain, tree, two-phase, star, ring (all-reduce) or 2d (all-reduce of
            a rectangle: chains along x, down the last column, and multicast back).
        **options: `pes` (cores in a row, default 64; for 2d "WxH" or (W, H), default 8x8),
            `elements` (a core, default 1024), `group` (cores a group: of two-phase, default the
            root of pes; of 2d, default none, which is chains), `type` (f16, bf16, f32; default
            f32), `machine` (name or YAML path, default cs3), `set` ("pe.setup_cycles=13"),
            and files that record it: `trace`, `vcd`, `landings`, with `cores` (see `Traces`).

    Returns:
        Cycles, counters, energy, and the published formula beside them.
    """
    with traces.taken(options) as recording:
        request = collectives.request(operation, **options, traces=recording.plain())
        text, recorded = native.call("collective", request)
        recording.write(recorded)
    return Collective.from_json(text)


def kernel(operation: str, **options: Any) -> Kernel:
    """Runs one kernel alone with random values, checked against the CPU, or times it.

    Args:
        operation: spmm (y = x W^T), spmm-t (dx = dy W), sddmm (dW at W's positions), map (silu(a)
            times b), reduce (the sum of squares of each token) or gather (rows of a table).
        **options: `rows` and `cols` (R and K of the weight or table; K features of map and reduce;
            default 64), `tokens` (one sequence in each token group, default 64), `density` (of
            the weight, default 1),
            `type` (f16, bf16, f32; default f16), `region` ("WxH" or (W, H) cores at a corner of
            the machine with their share of its edge, default at most 16x16), `machine` (name or
            YAML path, default cs3), `fidelity` (cycle or tile, default cycle), `set`
            ("pe.launch_cycles=0", "mapping.go=2"; at tile "cost.launch=off"), `seed` (0); at
            fidelity cycle files that record it: `trace`, `vcd`, `landings`, with `cores` (of the
            region) and `programs` (see `Traces`).

    Returns:
        Cycles and counters; at fidelity cycle energy, how far the values are off, and what is
        allowed.
    """
    with traces.taken(options, options.get("fidelity", "cycle")) as recording:
        request = kernels.request(operation, **options, traces=recording.plain())
        text, recorded = native.call("kernel", request)
        recording.write(recorded)
    return Kernel.from_json(text)


def execute_program(
    program: bytes,
    inputs: Arrays | str | Path | None,
    progress: Progress,
    recording: traces.Traces,
) -> CycleResult:
    """What `simulate` does at fidelity `cycle`."""
    if isinstance(inputs, (str, Path)):
        inputs = cycle.load_arrays(Path(inputs))
    given = dict(inputs or {})
    loaded = cycle.Program(program)
    return loaded.run(given, loaded.describe_weights(given, {}, 0), progress, recording)


def train(
    program: bytes | str | Path,
    batches: Iterable[Arrays | str | Path] | None = None,
    *,
    steps: int | None = None,
    weights: Arrays | str | Path | None = None,
    **options: Any,
) -> training.Training:
    """Trains for several steps at fidelity `cycle`, the optimizer in the weight store.

    Args:
        program: a training step, compiled with `to="fabric"`: its bytes, or its file's path.
        batches: token numbers and labels by name, for each step, or paths of .npz files; default
            one that is made up by `seed`.
        steps: how many; batches come in turns. Default one a batch.
        weights: f32 start values by name, or the path of a .npz file.
        **options: `seed`, `progress` and AdamW's options; see `training.train`. Files that record
            one step, the first unless `traced_step` (counted from 1) says another: `trace`, `vcd`,
            `landings`, with `cores` and `programs` (see `Traces`).
    """
    recording = traces.taken(options)
    requests.whole("steps", steps, 1)
    requests.whole("traced_step", options.get("traced_step"), 1)
    if options.get("traced_step") and not recording:
        raise WaferflowError(f"traced_step: expected one of {', '.join(traces.KINDS)} with it")
    if not isinstance(program, bytes):
        program = read_program(Path(program))
    if isinstance(weights, (str, Path)):
        weights = cycle.load_arrays(Path(weights))
    with recording:
        loaded = cycle.Program(program)
        if batches is None:
            batches = [loaded.synthetic_batch(loaded.vocabulary, options.get("seed", 0))]
        given = (
            cycle.load_arrays(Path(batch)) if isinstance(batch, (str, Path)) else batch
            for batch in batches
        )
        turns = given if steps is None else itertools.islice(itertools.cycle(given), steps)
        return training.train(loaded, turns, weights=weights, traces=recording, **options)


def machine_table(machine: str) -> MachineTable:
    """Every parameter of a machine: value, range, unit, source and trust."""
    name = requests.find_machine(machine)
    return MachineTable.from_json(native.call("machine_table", name, str(paths.machines_dir())))


def read_program(path: Path) -> bytes:
    """The bytes of a program file. Raises WaferflowError where it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WaferflowError(f"can't read program '{path}': {reason}") from error
