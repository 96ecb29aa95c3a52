"""Small fabric programs written by hand, for tests that need no lowering."""

import re
import subprocess
import sys
from pathlib import Path

from waferflow import paths

OPT = Path(sys.executable).parent / "waferflow-opt"
FOLDER = Path(__file__).resolve().parents[1] / "unit" / "host"


def small_machine(folder: Path) -> Path:
    """The machine `tiny` with 4 x 3 cores."""
    text = (paths.machines_dir() / "tiny.yaml").read_text()
    text = re.sub(r"\n  width: {value: 12", "\n  width: {value: 4", text)
    text = re.sub(r"\n  height: {value: 10", "\n  height: {value: 3", text)
    path = folder / "small.yaml"
    path.write_text(text)
    return path


def program(name: str, folder: Path) -> Path:
    """A program of tests/unit/host on 4 x 3 cores, as text in `folder`."""
    machine = f"machine={small_machine(folder)} directory={paths.machines_dir()}"
    output = folder / f"{name}.mlir"
    command = [OPT, FOLDER / f"{name}.mlir", f"--attach-machine={machine}"]
    subprocess.run([*command, "-o", output], check=True)
    return output
