"""Do the options of traces write files that viewers read, and say what is wrong in one line?"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import programs
import waferflow
from waferflow import cli
from waferflow.errors import WaferflowError

LANDING = re.compile(
    r"@(\d+) P(\d+)\.(\d+) data [0-9a-f]{8} ctrl [01] landing C\d+ from link [WESNR]"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traces")
    programs.program("spmm", folder)
    x = (np.arange(50) % 11).reshape(2, 5, 5).astype(np.float32)
    np.savez(folder / "x.npz", x=x, w=np.arange(1, 16).reshape(3, 5).astype(np.float32))
    return folder


def simulate(folder: Path, *options: str) -> list[str]:
    program = str(folder / "spmm.mlir")
    inputs = str(folder / "x.npz")
    return ["simulate", program, "--fidelity", "cycle", "--inputs", inputs, *options]


def test_programs_of_a_step_on_one_time_line(folder: Path, tmp_path: Path) -> None:
    out = {kind: tmp_path / kind for kind in ("trace", "vcd", "landings", "json")}
    options = [text for kind, path in out.items() for text in (f"--{kind}", str(path))]
    assert cli.main(simulate(folder, *options)) == 0
    report = json.loads(out["json"].read_text())["results"][0]
    first, second = (kernel["counters"]["cycles"] for kernel in report["kernels"])
    routes = [kernel["reroute_cycles"] for kernel in report["kernels"]]
    assert routes[0] == report["reroute_cycles"] > 0
    assert routes[1] == 0  # it sends nothing
    begin, end = routes[0], routes[0] + first

    events = json.loads(out["trace"].read_text())["traceEvents"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    ran = [e for e in events if e["ph"] == "X" and names[e["pid"]] == "programs"]
    assert [(e["name"], e["ts"], e["dur"]) for e in ran] == [
        ("k0_spmm", begin, first),
        ("k1_double", report["cycles"] - second, second),
    ]
    assert {f"core ({x}, {y})" for x in range(4) for y in range(2)} <= set(names.values())
    axpys = [e for e in events if e["ph"] == "X" and e["name"].startswith("fmac ")]
    assert len(axpys) == report["totals"]["axpys"]

    lines = out["landings"].read_text().splitlines()
    landings = [LANDING.fullmatch(line) for line in lines]
    assert all(landings)
    cycles = [int(match[1]) for match in landings if match]
    assert max(cycles) < end  # the second program sends nothing
    links = sum("link R" not in line for line in lines)
    assert links == report["totals"]["hops"] + report["totals"]["wavelets_entered"] - sum(
        kernel["counters"]["wavelets_left"] for kernel in report["kernels"]
    )

    waves = out["vcd"].read_text()
    assert "$scope module core_0_0 $end $var wire 8 ! task $end" in waves
    times = [int(line[1:]) for line in waves.splitlines() if line.startswith("#")]
    assert times == sorted(times)
    assert end < times[-1] <= report["cycles"]


def test_watching_changes_nothing_but_what_is_chosen(folder: Path, tmp_path: Path) -> None:
    plain, watched = tmp_path / "plain.json", tmp_path / "watched.json"
    assert cli.main(simulate(folder, "--json", str(plain))) == 0
    chosen = ["--landings", str(tmp_path / "l"), "--trace", str(tmp_path / "t")]
    chosen += ["--cores", "1,0", "2,1", "--programs", "k1_double"]
    assert cli.main(simulate(folder, "--json", str(watched), *chosen)) == 0
    one, two = (json.loads(path.read_text())["results"][0] for path in (plain, watched))
    del one["host"], two["host"]
    assert one == two
    assert (tmp_path / "l").read_text() == ""
    events = json.loads((tmp_path / "t").read_text())["traceEvents"]
    names = {e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {"core (1, 0)", "core (2, 1)", "programs"}
    assert [e["name"] for e in events if e.get("pid") == 10**9 and e["ph"] == "X"] == ["k1_double"]


def test_python_has_the_same_names(folder: Path, tmp_path: Path) -> None:
    inputs = folder / "x.npz"
    program = folder / "spmm.mlir"
    out = tmp_path / "l.txt"
    waferflow.simulate(
        program, fidelity="cycle", inputs=inputs, landings=out, cores=[(1, 0)], programs=["k0_spmm"]
    )
    assert set(re.findall(r" P(\d+)\.", out.read_text())) == {"1"}


def test_kernels_and_collectives(tmp_path: Path) -> None:
    trace, waves = tmp_path / "t.json", tmp_path / "w.vcd"
    command = ["kernel", "reduce", "--machine", "tiny", "--region", "5x4", "--tokens", "14"]
    assert cli.main([*command, "--trace", str(trace), "--vcd", str(waves), "--cores", "4,3"]) == 0
    events = json.loads(trace.read_text())["traceEvents"]
    names = {e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {"core (4, 3)", "programs"}
    assert "core_4_3" in waves.read_text()
    assert "core_0_0" not in waves.read_text()
    lines = tmp_path / "l.txt"
    result = waferflow.collective("broadcast", pes=3, elements=8, landings=lines)
    assert result.counters["hops"] == 16
    found = lines.read_text().splitlines()
    assert sum("from link W" in line for line in found) == 16
    assert sum("from link R" in line for line in found) == 8


def test_run_records_its_one_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "tiny", "--machine", "tiny", "--fidelity", "cycle"]
    out = str(tmp_path / "t.json")
    assert cli.main([*command, "--sparsity", "0", "0.5", "--trace", out]) == 2
    message = "error: trace: records one step, got 2 values of sparsity\n"
    assert capsys.readouterr().err == message
    sizes = ["--tokens", "16", "--seq", "8", "--sparsity", "0"]
    assert cli.main([*command, *sizes, "--trace", out, "--programs", "none_such"]) == 2
    assert "error: program: expected one of k" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_recorded(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "t")
    tile = ["simulate", str(folder / "spmm.mlir")]
    kernel = ["kernel", "map", "--machine", "tiny"]
    for command, message in [
        (simulate(folder, "--trace", "/none/t"), "can't write trace '/none/t': no such file or "
         "directory"),
        (simulate(folder, "--vcd", str(tmp_path)), f"can't write vcd '{tmp_path}': is a directory"),
        (simulate(folder, "--vcd", out, "--cores", "4,0"), "cores: (4, 0) is outside the fabric of "
         "4 x 3 cores"),
        (simulate(folder, "--vcd", out, "--cores", "0,3", "0,0"), "cores: (0, 3) is outside the "
         "fabric of 4 x 3 cores"),
        (simulate(folder, "--vcd", out, "--cores", "4"), "cores: expected X,Y, got '4'"),
        (simulate(folder, "--vcd", out, "--cores", "a,b"), "cores: expected X,Y, got 'a,b'"),
        (simulate(folder, "--cores", "1,1"), "cores: expected one of trace, vcd, landings with it"),
        (simulate(folder, "--programs", "k0_spmm"), "programs: expected one of trace, vcd, "
         "landings with it"),
        (simulate(folder, "--trace", out, "--programs", "k2"), "program: expected one of k0_spmm, "
         "k1_double, got 'k2'"),
        (simulate(folder, "--trace", out, "--landings", out), f"landings: '{out}' is the file of "
         "trace"),
        ([*tile, "--trace", out], "trace: only fidelity cycle records traces"),
        ([*kernel, "--fidelity", "tile", "--vcd", out], "vcd: only fidelity cycle records traces"),
        (["run", "tiny", "--landings", out], "landings: only fidelity cycle records traces"),
        ([*kernel, "--region", "2x2", "--vcd", out, "--cores", "2,0"], "cores: (2, 0) is outside "
         "the fabric of 2 x 2 cores"),
        (["collective", "chain", "--pes", "4", "--vcd", out, "--cores", "0,1"], "cores: (0, 1) is "
         "outside the fabric of 4 x 1 cores"),
    ]:  # fmt: skip
        assert cli.main(command) == 2, command
        assert capsys.readouterr().err == f"error: {message}\n"
        assert not list(tmp_path.iterdir())
    with pytest.raises(WaferflowError, match="cores: expected X,Y"):
        waferflow.collective("chain", pes=4, vcd=out, cores=[(1, 2, 3)])
