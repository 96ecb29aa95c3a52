"""What a run says, as typed data: the same shape as its JSON (data/report.schema.json)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from waferflow.codec import OPTIONAL, from_plain, to_plain

#: Ledger entries in the order in which the costs are switched on.
LEDGER_KEYS = (
    "padding",
    "dot",
    "launch",
    "row_end",
    "rows",
    "columns",
    "reduction",
    "ring",
    "gather",
    "relayout",
    "io",
    "contention",
    "attention",
    "head",
    "elementwise",
    "reduce",
    "recomputation",
    "fill",
)

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Utilization:
    """Multiply-adds over cores x cycles x peak, against 4 and against 8 a core-cycle.

    `useful` leaves recomputation out, `executed` counts it.
    """

    useful_4: float
    useful_8: float
    executed_4: float
    executed_8: float


@dataclass(frozen=True)
class Speedup:
    """Measured speedups over the dense run of the same step, and what theory promises.

    measured: dense cycles / sparse cycles of the whole step.
    linears: the same over the kernels of the pruned decoder linears alone.
    theory_step: the published accounting of multiply-adds a step.
    theory_executed: multiply-adds that run, recomputation included, dense over sparse.
    theory_matmul: 1 / (1 - sparsity).
    ratio: measured / theory_executed.
    """

    measured: float
    linears: float | None
    theory_step: float
    theory_executed: float
    theory_matmul: float
    ratio: float


@dataclass(frozen=True)
class Ledger:
    """Where the cycles above the expected ones went; entries add up to cycles - expected_cycles.

    expected_cycles: dense cycles / theory_executed.
    entries: name -> cycles, D(sparse) - D(dense) / theory_executed.
    sparse, dense: name -> D, the change in cycles as that cost is switched on.
    """

    expected_cycles: int
    entries: dict[str, int]
    sparse: dict[str, int]
    dense: dict[str, int]

    def __post_init__(self) -> None:
        """Puts every part into the fixed order of the costs."""
        for part in (self.entries, self.sparse, self.dense):
            ordered = {key: part.pop(key) for key in LEDGER_KEYS if key in part}
            part.update({**ordered, **part})


@dataclass(frozen=True)
class KernelRow:
    """One kernel of the step. `layer` is -1 outside blocks; cycles are its own.

    nonzeros: weight elements streamed. theory: dense over sparse multiply-adds. speedup: dense
    over sparse cycles. ledger: name -> cycles above dense cycles / theory, its own. bottleneck:
    what its critical column waits for.
    """

    name: str
    kind: str
    layer: int
    phase: str
    cycles: int
    nonzeros: int
    theory: float | None
    speedup: float | None
    ledger: dict[str, int] | None
    bottleneck: str
    mapping: dict[str, Scalar]


@dataclass(frozen=True)
class Host:
    """What the simulation cost here: seconds, MB, simulated nonzeros/s. Not deterministic."""

    wall_s: float
    peak_rss_mb: float
    nonzeros_per_s: float


@dataclass(frozen=True)
class SensitivityRow:
    """The point again with one guessed machine parameter at an end of its range, mapping kept.

    An end that does not fit has no cycles but `over_bytes`, and the largest `tokens_that_fit`.
    """

    parameter: str
    value: float
    default: float
    cycles: int | None
    measured: float | None
    linears: float | None
    over_bytes: int | None
    tokens_that_fit: int | None


@dataclass(frozen=True)
class Result:
    """One sparsity point. cycles and seconds are for one step; sram is in bytes a core."""

    model: str
    machine: str
    step: str
    sparsity: float
    tokens: int
    seq: int
    fidelity: str
    seed: int
    mask: str
    cycles: int
    seconds: float
    tokens_per_second: float
    utilization: Utilization
    speedup: Speedup | None
    ledger: Ledger | None
    kernels: list[KernelRow]
    sram: dict[str, int]
    mapping: dict[str, Scalar]
    reasons: list[str]
    host: Host
    sensitivity: list[SensitivityRow] | None = field(default=None, metadata=OPTIONAL)

    @property
    def synthetic(self) -> bool:
        """True where the mask was made up, not found in a model's weights."""
        return "synthetic" in self.mask


@dataclass(frozen=True)
class Results:
    """The points of a run, in the order in which they were asked for."""

    results: list[Result]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> Result:
        return self.results[index]

    @staticmethod
    def from_json(text: str) -> "Results":
        """Reads a `--json` file's text. Raises WaferflowError naming the key that is wrong."""
        return from_plain(Results, json.loads(text), "report")

    def to_json(self) -> str:
        """The text of a `--json` file; equal results give equal text."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"


@dataclass(frozen=True)
class TheoryRow:
    """Theoretical speedups at one sparsity, as fractions of multiply-adds, dense over sparse."""

    sparsity: float
    matmul: float
    step: float


@dataclass(frozen=True)
class Theory:
    """Multiply-adds of a dense training step, counted from the graph, a token; and the speedups."""

    model: str
    seq: int
    attention: str
    rows: list[TheoryRow]
    multiply_adds: dict[str, float]

    @staticmethod
    def from_json(text: str) -> "Theory":
        """Reads the JSON of `waferflow theory`."""
        return from_plain(Theory, json.loads(text), "theory")

    def to_json(self) -> str:
        """The text of `waferflow theory --json`."""
        return json.dumps(to_plain(self), indent=1, allow_nan=False) + "\n"
