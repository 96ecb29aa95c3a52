"""Does `kernel` give checked cycles and counters, and a clear error for what can't be?"""

import json
import math

import pytest

import waferflow
from waferflow import Kernel, WaferflowError, cli

SMALL = {"machine": "tiny", "region": "5x4", "tokens": 14}
ONE_GROUP = {"mapping.gt": 1}


@pytest.mark.parametrize("type", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("operation", ["map", "reduce", "gather"])
def test_values_are_the_cpus(operation: str, type: str) -> None:
    result = waferflow.kernel(operation, rows=9, cols=17, type=type, **SMALL)
    assert result.cycles > 0
    assert result.error is not None
    assert result.allowed_error is not None
    assert result.error <= result.allowed_error
    assert result.counters["vector_elements"] > 0
    assert result.cycles >= sum(part.cycles for part in result.parts)


@pytest.mark.parametrize("type", ["f32", "f16"])
@pytest.mark.parametrize("operation", ["spmm", "spmm-t", "sddmm"])
def test_sparse_products_send_their_nonzeros(operation: str, type: str) -> None:
    sizes = {"rows": 12, "cols": 15, "density": 0.4}
    result = waferflow.kernel(operation, type=type, set=ONE_GROUP, **sizes, **SMALL)
    assert 0 < result.nonzeros < 12 * 15
    assert result.error is not None
    assert result.allowed_error is not None
    assert result.error <= result.allowed_error
    if operation != "sddmm":
        # Each nonzero starts one AXPY in every row of cores that holds tokens.
        assert result.counters["axpys"] == 4 * result.nonzeros


def test_table_enters_once() -> None:
    """9 rows of 17 features over 5 columns, one f32 a wavelet; nothing else enters."""
    result = waferflow.kernel("gather", rows=9, cols=17, type="f32", set=ONE_GROUP, **SMALL)
    assert result.counters["wavelets_entered"] == 9 * 17


def test_reduction_by_hand() -> None:
    """17 features are 4, 4, 4, 4, 1 a column; 14 tokens are 4, 4, 3, 3 in 4 places a row."""
    result = waferflow.kernel("reduce", cols=17, type="f32", set=ONE_GROUP, **SMALL)
    counters = result.counters
    # Four columns send their sums on; the last one sends the result back to all others.
    assert counters["wavelets_sent"] == 4 * (4 + 1) * 4
    assert counters["deliveries"] == 4 * (4 + 4) * 4
    assert counters["multiply_adds"] == 4 * 17 * 4


def test_tile_runs_the_same_kernels() -> None:
    exact = waferflow.kernel("map", cols=17, **SMALL)
    tile = waferflow.kernel("map", cols=17, fidelity="tile", **SMALL)
    assert tile.error is None
    assert tile.cycles > 0
    assert 0.1 < tile.cycles / exact.cycles < 10


def test_the_plan_of_one_kernel_has_its_input_and_its_result() -> None:
    """In output groups a replica takes the input's place, which nobody reads afterwards."""
    sizes = {"rows": 1024, "cols": 1034, "tokens": 2048, "density": 0.3}
    tile = waferflow.kernel("spmm", region="94x36", fidelity="tile", **sizes)
    assert tile.cycles > 0


def test_settings_reach_machine_and_mapping() -> None:
    sizes = {"cols": 17, "type": "f32", **SMALL}
    base = waferflow.kernel("reduce", set=ONE_GROUP, **sizes)
    slow = waferflow.kernel("reduce", set={**ONE_GROUP, "fabric.hop_cycles": 4}, **sizes)
    assert slow.cycles > base.cycles
    two = waferflow.kernel("reduce", set={"mapping.gt": 2}, **sizes)
    # Two groups of two columns: one chain of one hop a row, and back.
    assert two.counters["wavelets_sent"] < base.counters["wavelets_sent"]


@pytest.mark.parametrize(
    ("operation", "options", "message"),
    [
        ("dot", {}, "unknown operation 'dot'"),
        ("map", {"density": 0.5}, "density: map has no sparse weight"),
        ("spmm", {"density": 0}, "density: expected a number above 0, at most 1, got 0"),
        ("spmm", {"density": math.nan}, "density: expected a number above 0, at most 1, got nan"),
        ("map", {"region": "13x4"}, "region: expected 1x1 to 12x10 cores of machine 'tiny'"),
        ("map", {"region": "13"}, "region: expected WIDTHxHEIGHT, got '13'"),
        ("map", {"tokens": 1}, "tokens: expected a whole number of at least 2, got 1"),
        ("map", {"set": ["mapping.gt=3"]}, "tokens: expected a multiple of mapping.gt = 3"),
        ("map", {"set": ["mapping.gt=x"]}, "mapping.gt: expected a whole number of at least 1"),
        ("map", {"set": ["cost.launch=off"]}, "costs are switched off at fidelity tile only"),
        ("map", {"set": ["pe.sram=1"]}, "pe.sram"),
    ],
)
def test_what_cannot_be_is_one_error(operation: str, options: dict, message: str) -> None:
    with pytest.raises(WaferflowError) as caught:
        waferflow.kernel(operation, machine="tiny", **options)
    assert message in str(caught.value)


def test_command_line(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    arguments = ["kernel", "reduce", "--cols", "17", "--tokens", "14", "--region", "5x4"]
    assert cli.main([*arguments, "--machine", "tiny", "--json", str(out)]) == 0
    text = capsys.readouterr().out
    read = Kernel.from_json(out.read_text())
    assert read == waferflow.kernel("reduce", cols=17, **SMALL)
    assert json.loads(out.read_text())["width"] == 5
    assert f"{read.cycles:,}" in text
    assert "Values equal the CPU" in text
