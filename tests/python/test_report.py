"""Is a report the same as JSON, as data and as tables that fit?"""

import io
import json
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

import waferflow
from conftest import FakeModule, point
from waferflow import cli, models, paths, plot
from waferflow.results import Results
from waferflow.tables import compare, lists, report, style

SCHEMA = json.loads(paths.schema("report").read_text())


def results(*sparsity: float) -> Results:
    """Points of a made-up report."""
    return Results.from_json(json.dumps({"results": [point(s) for s in sparsity]}))


def rendered(what: Results, width: int = 100) -> str:
    """The report as text."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    report.show(what, console)
    return console.file.getvalue()


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_json_file_follows_the_schema(fake: FakeModule, tmp_path: Path) -> None:
    assert cli.main(["run", "tiny", "--json", "out.json"]) == 0
    jsonschema.validate(json.loads((tmp_path / "out.json").read_text()), SCHEMA)


def test_json_of_simulate_follows_the_schema(fake: FakeModule, tmp_path: Path) -> None:
    (tmp_path / "x.mlirbc").write_bytes(b"")
    assert cli.main(["simulate", "x.mlirbc", "--json", "out.json"]) == 0
    data = json.loads((tmp_path / "out.json").read_text())
    jsonschema.validate(data, SCHEMA)
    assert data["results"][0]["speedup"] is None
    assert data["results"][0]["ledger"] is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda p: p.pop("cycles"),
        lambda p: p["ledger"]["entries"].update(other=1),
        lambda p: p["ledger"]["entries"].pop("fill"),
        lambda p: p.update(sparsity=1.2),
        lambda p: p.update(extra=1),
        lambda p: p["kernels"][0].pop("ledger"),
        lambda p: p["host"].pop("wall_s"),
    ],
)
def test_schema_refuses_another_shape(damage) -> None:
    data = {"results": [point(0.5)]}
    jsonschema.validate(data, SCHEMA)
    damage(data["results"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_data_goes_to_json_and_back() -> None:
    plain = {"results": [point(s) for s in (0.0, 0.5)]}
    read = Results.from_json(json.dumps(plain))
    assert json.loads(read.to_json()) == plain
    assert Results.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: p.pop("mask"), "report.results[0]: key 'mask' is missing"),
        (lambda p: p.update(maks=1), "report.results[0]: unknown key 'maks'"),
        (lambda p: p.update(cycles="9"), "report.results[0].cycles: expected int, got str"),
        (lambda p: p.update(cycles=True), "report.results[0].cycles: expected int, got bool"),
        (
            lambda p: p["utilization"].update(useful_4=None),
            "report.results[0].utilization.useful_4: expected float, got NoneType",
        ),
    ],
)
def test_wrong_data_is_named(damage, message: str) -> None:
    data = {"results": [point(0.5)]}
    damage(data["results"][0])
    with pytest.raises(waferflow.WaferflowError) as caught:
        Results.from_json(json.dumps(data))
    assert str(caught.value) == message


@pytest.mark.parametrize("width", [100, 120])
def test_tables_fit(width: int) -> None:
    text = rendered(results(0, 0.5, 0.7, 0.9), width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text


def test_tables_say_every_figure() -> None:
    shown = results(0, 0.5)
    text = rendered(shown)
    sparse = shown[1]
    for expected in (
        f"{sparse.cycles:,}",
        f"{sparse.speedup.measured:.3f}",
        f"{sparse.speedup.linears:.3f}",
        f"{sparse.ledger.expected_cycles:,}",
        f"{sparse.ledger.entries['columns']:,}",
        f"{sparse.ledger.entries['io']:,}",
        "SYNTHETIC MASKS",
        "mask at 50 %: uniform 0.5, seed 0 (synthetic)",
        "15,048",
        "29,160",
        "keep every 4th block input: 43,524",
        "mlp.down_proj",
        "host: 25.0 s",
        "812 MB",
    ):
        assert expected in text, expected


def test_real_masks_are_not_called_synthetic() -> None:
    data = point(0.5)
    data["mask"] = "magnitude 0.5 of model.safetensors"
    text = rendered(Results.from_json(json.dumps({"results": [data]})))
    assert "SYNTHETIC" not in text


def test_simulated_program_has_no_speedup() -> None:
    text = rendered(Results.from_json(json.dumps({"results": [point(0.5, compared=False)]})))
    assert "where the rest went" not in text
    assert "–" in text


def test_layers_are_folded() -> None:
    text = rendered(results(0, 0.9))
    assert "layers.0" not in text
    assert "layer 0" not in text
    line = next(line for line in text.splitlines() if "mlp.down_proj" in line)
    assert line.split()[:4] == ["mlp.down_proj", "spmm", "forward", "2"]


def test_sensitivity_table() -> None:
    data = point(0.5)
    row = {
        "parameter": "pe.row_end_cycles",
        "value": 43.0,
        "default": 8.0,
        "cycles": 9,
        "measured": 1.234,
        "linears": 1.345,
        "over_bytes": None,
        "tokens_that_fit": None,
    }
    over = row | {
        "parameter": "pe.code_bytes",
        "cycles": None,
        "measured": None,
        "linears": None,
        "over_bytes": 4321,
        "tokens_that_fit": 65536,
    }
    speed = data["speedup"]
    still = row | {"parameter": "fabric.switch_advance_cycles"}
    still |= {"measured": speed["measured"], "linears": speed["linears"]}
    data["sensitivity"] = [row, over, still]
    jsonschema.validate({"results": [data]}, SCHEMA)
    text = rendered(Results.from_json(json.dumps({"results": [data]})))
    assert "1.234 (1.345)" in text
    assert "4,321 B over; 65,536 tokens fit" in text
    assert "neither end moves it: fabric.switch_advance_cycles" in text


def test_masks_side_by_side() -> None:
    table = compare.masks({"magnitude": results(0, 0.5), "uniform": results(0, 0.5)})
    console = Console(file=io.StringIO(), width=100)
    style.show(table, console)
    text = console.file.getvalue()
    assert text.index("magnitude") < text.index("uniform")
    assert text.count("+11.1 %") == 2


@pytest.mark.parametrize(
    ("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("html", b"<!doctype html>")]
)
def test_picture(format: str, start: bytes) -> None:
    picture = plot.render(results(0, 0.5, 0.9), format)
    assert picture.startswith(start)
    assert picture == plot.render(results(0, 0.5, 0.9), format)
    if format == "html":
        assert b"http" not in picture


def test_shipped_models_are_listed_whole() -> None:
    sizes = [models.sizes(name) for name in models.names()]
    console = Console(file=io.StringIO(), width=100, highlight=False)
    lists.show_models(sizes, console)
    text = console.file.getvalue()
    assert "…" not in text
    for name in models.names():
        assert f"{name} " in text
    assert {"llama-2-7b", "smollm2-135m", "tiny"} <= set(models.names())
    parameters = {size.name: size.parameters for size in sizes}
    assert parameters["llama-2-7b"] == 6_738_415_616
    assert parameters["smollm2-135m"] == 134_515_008
