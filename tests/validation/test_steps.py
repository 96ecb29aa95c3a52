"""Do we believe whole steps? LLaMA-2-7B's shape, cut to two layers, on a whole CS-3."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

import waferflow
from waferflow.errors import WaferflowError
from waferflow.results import Results

CUT = str(Path(__file__).parent / "models" / "llama-2-7b-2-layers")
STEP = {"tokens": 131072, "seq": 2048, "sparsity": [0, 0.5, 0.7, 0.9]}


@pytest.fixture(scope="module")
def results() -> Results:
    """The main job on two layers."""
    return waferflow.run(CUT, **STEP)


def test_measured_speedup_rises_and_stays_below_theory(results: Results) -> None:
    """The linears against 1 / (1 - s), the step against what is executed."""
    speedups = [point.speedup for point in results]
    assert all(s is not None for s in speedups)
    for s, next_s in pairwise(speedups):
        assert s.measured < next_s.measured
        assert s.linears < next_s.linears
    for s in speedups[1:]:
        assert s.linears < s.theory_matmul
        assert s.measured < s.theory_executed


def test_cycles_a_nonzero_are_flat_in_density(results: Results) -> None:
    """Published: near-linear scaling; a nonzero costs the same until fixed costs bite."""

    def cycles_a_nonzero(point: waferflow.Result) -> float:
        linears = [k for k in point.kernels if k.kind == "spmm" and k.layer >= 0]
        return sum(k.cycles for k in linears) / sum(k.nonzeros for k in linears)

    half, most = cycles_a_nonzero(results[1]), cycles_a_nonzero(results[2])
    assert most / half == pytest.approx(1, abs=0.16)


def test_the_ledger_adds_up_to_the_cycle(results: Results) -> None:
    """Entries sum to cycles above the expected ones, for every point."""
    for point in results:
        assert sum(point.ledger.entries.values()) == point.cycles - point.ledger.expected_cycles


def test_no_kernel_beats_theory_without_an_entry_that_says_why(results: Results) -> None:
    """Above 1.00 x its theory a kernel needs negative entries of at least that size."""
    for point in results:
        for kernel in point.kernels:
            if not kernel.ledger or not kernel.theory or kernel.speedup <= kernel.theory:
                continue
            gain = kernel.cycles * (kernel.speedup / kernel.theory - 1)
            negative = -sum(v for v in kernel.ledger.values() if v < 0)
            assert negative >= gain - 1, f"{kernel.name} at {point.sparsity}"


def test_threads_do_not_change_a_byte(results: Results) -> None:
    """Two runs are the same apart from host figures, on one thread and on two."""
    small = {"tokens": 32768, "seq": 2048, "sparsity": [0.7]}

    def without_host(threads: int) -> list[dict]:
        plain = json.loads(waferflow.run(CUT, threads=threads, **small).to_json())["results"]
        for point in plain:
            del point["host"]
        return plain

    assert without_host(1) == without_host(2)


def test_the_largest_micro_batch_of_gpt3_on_a_cs2() -> None:
    """Published: 65 sequences of 2,048 are resident; 56 are here, within a sixth of it."""
    step = {"machine": "cs2", "seq": 2048}
    fits, too_many = 56, 72
    waferflow.compile("gpt-3-6.7b", tokens=fits * 2048, **step)
    with pytest.raises(WaferflowError, match=r"expected at most 49152 bytes .* over by"):
        waferflow.compile("gpt-3-6.7b", tokens=too_many * 2048, **step)
