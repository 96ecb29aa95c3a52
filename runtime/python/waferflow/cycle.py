"""Fidelity `cycle`: fabric programs executed with values, and what they counted."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from waferflow import native
from waferflow.codec import OPTIONAL, from_plain, to_plain
from waferflow.energy import Energy
from waferflow.errors import WaferflowError
from waferflow.traces import Traces

Arrays = Mapping[str, np.ndarray]
Progress = Callable[[str, int, int], None]

#: Standard deviation of made-up weights.
WEIGHT_DEVIATION = 0.02


@dataclass(frozen=True)
class Counters:
    """What a program did. Units are in the names; the others count events, of all cores.

    nonzeros: weight elements that entered for the first token group, and nonzero_copies those
    that entered again for the others. deliveries: wavelets into cores. multiply_adds: elements of
    AXPYs and dots. slots: issue slots. stalls: cycles that an instruction waited for a source
    queue, a destination queue or another thread; at routers, wavelets times cycles; at banks, that
    slots were longer since streams met in a bank of the SRAM (machines with core.bank_conflicts).
    multiplies, adds: by the width of the factors, of the sum. functions: exp, log, rsqrt,
    reciprocal.
    """

    cycles: int
    nonzeros: int
    nonzero_copies: int
    wavelets_entered: int
    wavelets_sent: int
    wavelets_left: int
    control_wavelets: int
    hops: int
    deliveries: int
    axpys: int
    dots: int
    multiply_adds: int
    vector_instructions: int
    vector_elements: int
    multiplies_16bit: int
    multiplies_32bit: int
    adds_16bit: int
    adds_32bit: int
    functions: int
    vector_slots: int
    scalar_slots: int
    data_tasks: int
    control_tasks: int
    local_tasks: int
    switch_advances: int
    stalls_input: int
    stalls_output: int
    stalls_slot: int
    stalls_router: int
    stalls_banks: int
    active_core_cycles: int
    sram_read_bytes: int
    sram_write_bytes: int


@dataclass(frozen=True)
class CycleKernel:
    """One program of the step. reroute_cycles: before it, while routes are set; not in counters."""

    name: str
    reroute_cycles: int
    counters: Counters


@dataclass(frozen=True)
class CycleHost:
    """What the simulation cost here. Not deterministic."""

    wall_s: float
    peak_rss_mb: float
    core_cycles_per_s: float


@dataclass(frozen=True)
class CycleSpeedup:
    """Over the dense run of the same step: in cycles, and in multiply-adds that ran."""

    measured: float
    theory_executed: float
    ratio: float


@dataclass(frozen=True)
class CycleReport:
    """One executed step.

    model, step, sparsity, mask and seed are what `compile` said of the program, None where
    nothing was said. cycles: of all programs and, of these, `reroute_cycles` before them.
    weights: where the values came from. loss_scale: what the gradients were multiplied by.
    host_written_bytes, host_read_bytes: what the host wrote into SRAM and read back between
    programs, which takes no cycles here. energy: None where the machine does not give all of its
    parameters.
    """

    model: str | None
    machine: str
    step: str | None
    sparsity: float | None
    mask: str | None
    seed: int | None
    weights: str
    loss: float | None
    loss_scale: float
    tokens: int
    seq: int
    type: str
    accumulate: str
    fidelity: str
    cycles: int
    reroute_cycles: int
    seconds: float
    tokens_per_second: float
    mapping: dict[str, int]
    host_written_bytes: int
    host_read_bytes: int
    kernels: list[CycleKernel]
    totals: Counters
    energy: Energy | None
    host: CycleHost
    speedup: CycleSpeedup | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True)
class CycleResults:
    """The executed points of a run, in the order in which they were asked for."""

    results: list[CycleReport]

    def __iter__(self) -> Iterator[CycleReport]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> CycleReport:
        return self.results[index]

    @staticmethod
    def from_json(text: str) -> "CycleResults":
        """Reads a `--json` file's text. Raises WaferflowError naming the key that is wrong."""
        return from_plain(CycleResults, json.loads(text), "report")

    def to_json(self) -> str:
        """The text of a `--json` file (data/cycle.schema.json)."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"


@dataclass(frozen=True)
class CycleResult:
    """What a program gave: arrays by name, and the report."""

    outputs: dict[str, np.ndarray]
    report: CycleReport


class Program:
    """A module of fabric programs, ready to be executed."""

    def __init__(self, program: bytes) -> None:
        """Parses and verifies what `compile(..., to="fabric")` gave. Raises WaferflowError."""
        self.module = native.call("CycleModule", program)
        self.arguments: list[dict[str, Any]] = self.module.arguments
        self.results: list[dict[str, Any]] = self.module.results

    def run(
        self,
        inputs: Arrays,
        weights: str = "given",
        progress: Progress | None = None,
        traces: Traces | None = None,
    ) -> CycleResult:
        """Executes the programs. `weights` is what the report says of their values.

        `traces` have been entered.
        """
        wanted = traces.to_json() if traces else "null"
        given = arrays(inputs)
        outputs, report, texts = native.invoke(self.module.run, given, weights, progress, wanted)
        if traces:
            traces.write(texts)
        return CycleResult(outputs, from_plain(CycleReport, json.loads(report), "report"))

    def mask(self, weight: str) -> np.ndarray | None:
        """The positions of a pruned weight that exist, bool [rows, columns]; None if all do."""
        return native.invoke(self.module.mask, weight)

    def synthetic_weights(self, seed: int) -> dict[str, np.ndarray]:
        """Values for weights that no checkpoint has: normal 0.02, vectors (norms) 1.

        Each weight has a generator of its own, keyed by the seed and its place.
        """
        made = {}
        for place, argument in enumerate(self.arguments):
            if not argument["weight"] or argument["source"]:
                continue
            shape = argument["shape"]
            if len(shape) == 1:
                made[argument["name"]] = np.ones(shape, np.float32)
                continue
            values = np.random.default_rng([seed, place]).standard_normal(shape)
            made[argument["name"]] = (WEIGHT_DEVIATION * values).astype(np.float32)
        return made

    @property
    def vocabulary(self) -> int:
        """Rows of the table in which token numbers are looked up; 0 without one."""
        return self.module.vocabulary

    def synthetic_batch(self, vocabulary: int, seed: int) -> dict[str, np.ndarray]:
        """Token numbers: the same for inputs and labels, uniform in [0, vocabulary)."""
        rng = np.random.default_rng([seed, len(self.arguments)])
        inputs = [each for each in self.arguments if not each["weight"]]
        if any(each["dtype"] != "int64" for each in inputs):
            raise WaferflowError("the program takes inputs that are no token numbers: give them")
        shapes = {each["shape"] for each in inputs}
        tokens = {shape: rng.integers(0, vocabulary, shape) for shape in sorted(shapes)}
        return {each["name"]: tokens[each["shape"]] for each in inputs}

    def describe_weights(self, given: Arrays, made: Arrays, seed: int) -> str:
        """Where the values of the weights come from, for the report."""
        weights = [each for each in self.arguments if each["weight"]]
        sources = {each["source"] for each in weights if each["source"]}
        parts = []
        if any(each["name"] in given for each in weights):
            parts.append("given")
        if made:
            parts.append(f"normal {WEIGHT_DEVIATION:g}, seed {seed} (synthetic)")
        missing = [w for w in weights if w["name"] not in given and w["name"] not in made]
        if missing and sources:
            parts.append(f"of {'/'.join(Path(sorted(sources)[0]).parts[-2:])}")
        return "; ".join(parts) or "none"


def arrays(inputs: Arrays) -> dict[str, np.ndarray]:
    """The inputs as numpy arrays. Raises WaferflowError at the first that is none."""
    result = {}
    for name, value in inputs.items():
        array = np.asarray(value)
        if array.dtype == object:
            raise WaferflowError(f"input '{name}': expected an array of numbers")
        result[name] = array
    return result


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz file. Raises WaferflowError where it can't be read."""
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise WaferflowError(f"can't read inputs '{path}': expected a .npz file")
        with file:
            return {name: file[name] for name in file.files}
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WaferflowError(f"can't read inputs '{path}': {reason}") from error
    except (ValueError, EOFError) as error:
        if isinstance(error, WaferflowError):
            raise
        raise WaferflowError(f"can't read inputs '{path}': no .npz file of plain arrays") from error


def npz_of(outputs: Arrays) -> bytes:
    """The bytes of a .npz file; equal arrays give equal bytes."""
    file = io.BytesIO()
    np.savez(file, **outputs)
    return file.getvalue()


def compared(report: CycleReport, dense: CycleReport) -> CycleReport:
    """The report with its speedup over the dense run."""
    measured = dense.cycles / report.cycles
    theory = dense.totals.multiply_adds / report.totals.multiply_adds
    return replace(report, speedup=CycleSpeedup(measured, theory, measured / theory))
