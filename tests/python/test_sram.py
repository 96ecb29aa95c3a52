"""Does a step that was planned fit into the SRAM of a core?"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STEP = ["tiny", "--machine", "tiny", "--tokens", "64", "--seq", "16", "--sparsity", "0.7"]
BIN = Path(sys.executable).parent
HOLDS = re.compile(r"remark: (?:'\S+' op )?(.*) holds (\d+) bytes(?:, planned (\d+))?")


def compile_step(output: Path, to: str, *options: str) -> subprocess.CompletedProcess:
    """`waferflow compile` of the tiny step."""
    command = [BIN / "waferflow", "compile", *STEP, "-o", output, "--to", to, *options]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    "options",
    [
        ["--type", "f32"],
        ["--type", "f16", "--accumulate", "f32", "--set", "mapping.gt=2"],
        ["--type", "f32", "--set", "mapping.go=4"],
        ["--type", "bf16", "--accumulate", "f32", "--set", "mapping.chunks=3"],
        ["--type", "f16", "--set", "mapping.chunks=4", "mapping.gt=3"],
        ["--type", "f16", "--step", "forward"],
    ],
    ids=lambda options: " ".join(options).replace("--", ""),
)
def test_no_kernel_holds_more_than_was_planned(tmp_path: Path, options: list[str]) -> None:
    """Each kernel's bytes as lowered against its plan; copies of a kernel for pieces of a
    vocabulary have no plan of their own and stay below the fullest."""
    placed = tmp_path / "step.mlirbc"
    done = compile_step(placed, "placed", *options)
    assert done.returncode == 0, done.stderr
    opt = shutil.which("waferflow-opt", path=str(BIN))
    lowered = subprocess.run(
        [opt, placed, "--lower-to-fabric=sram-remarks=1", "-o", tmp_path / "fabric.mlirbc"],
        capture_output=True,
        text=True,
    )
    assert lowered.returncode == 0, lowered.stderr
    kernels = [match.groups() for match in HOLDS.finditer(lowered.stderr)]
    assert len(kernels) > (30 if "forward" in options else 100)
    over = [(name, holds, plan) for name, holds, plan in kernels if plan and int(holds) > int(plan)]
    assert over == []
    planned = max(int(plan) for _, _, plan in kernels if plan)
    fullest = max(int(holds) for _, holds, _ in kernels)
    assert fullest <= planned
    if "mapping.chunks=3" not in options and "mapping.chunks=4" not in options:
        assert fullest > 0.98 * planned  # and the plan is no larger than it must be


def test_what_fits_as_planned_is_lowered(tmp_path: Path) -> None:
    """From too little SRAM to enough: the mapping says so, or the step becomes programs."""
    refused = lowered = 0
    for sram in range(14_000, 18_001, 400):
        done = compile_step(
            tmp_path / "step.mlirbc", "fabric", "--type", "f32", "--set", f"pe.sram_bytes={sram}"
        )
        if done.returncode == 0:
            lowered += 1
        else:
            refused += 1
            assert f"expected at most {sram} bytes of SRAM a core" in done.stderr
    assert refused > 0
    assert lowered > 0
