"""Are files that are no programs refused with one error, before upstream trusts them?"""

import subprocess
import sys
from pathlib import Path

import pytest

import waferflow
from waferflow import WaferflowError, cli

OPT = Path(sys.executable).parent / "waferflow-opt"


@pytest.fixture(scope="module")
def compiled() -> bytes:
    return waferflow.compile("tiny", machine="tiny", tokens=64, seq=16)


def test_whatever_byte_is_damaged(compiled: bytes) -> None:
    assert compiled[:4] == b"ML\xefR"
    for at in range(4, len(compiled), len(compiled) // 40):
        damaged = bytearray(compiled)
        damaged[at] ^= 0x21
        with pytest.raises(WaferflowError, match=r"^program: expected (checksum|bytecode with) "):
            waferflow.simulate(bytes(damaged))
    with pytest.raises(WaferflowError, match=r"^program: expected .*the file is damaged$"):
        waferflow.simulate(compiled[:-1])


def test_bytecode_of_other_tools(
    compiled: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "p.mlirbc"
    program.write_bytes(compiled)
    text = subprocess.run([OPT, program], check=True, capture_output=True).stdout
    assert waferflow.simulate(text)[0].cycles == waferflow.simulate(compiled)[0].cycles
    other = subprocess.run([OPT, program, "--emit-bytecode"], check=True, capture_output=True)
    foreign = tmp_path / "other.mlirbc"
    foreign.write_bytes(other.stdout)
    for fidelity in ("tile", "cycle"):
        assert cli.main(["simulate", str(foreign), "--fidelity", fidelity]) == 2
        assert capsys.readouterr().err == (
            "error: program: expected bytecode with waferflow's checksum, got that of another "
            "tool: pass what `waferflow compile` wrote, or text (`waferflow-opt FILE -o "
            "program.mlir` makes it)\n"
        )
    # What it says to do works.
    text = tmp_path / "program.mlir"
    subprocess.run([OPT, foreign, "-o", text], check=True)
    assert cli.main(["simulate", str(text)]) == 0


def test_text_that_upstream_does_not_survive() -> None:
    with pytest.raises(WaferflowError, match=r"^program:2: brackets nest deeper than 256 levels"):
        waferflow.simulate(b"\n" + b"[" * 300)
    with pytest.raises(WaferflowError, match=r"^program:1: expected a list of integers "):
        waferflow.simulate(b"%0 = linalg.transpose ins(%a : f32) outs(%b : f32) permutation = [1x]")
