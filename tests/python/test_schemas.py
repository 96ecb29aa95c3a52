"""Do `kernel --json` and `collective --json` follow their schemas, and do these refuse the rest?"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from waferflow import cli, paths

KERNEL = ["kernel", "spmm", "--rows", "6", "--cols", "9", "--tokens", "8"]
KERNEL += ["--machine", "tiny", "--region", "4x4"]
COLLECTIVE = ["collective", "two-phase", "--pes", "9", "--elements", "16", "--group", "4"]


def schema(kind: str) -> dict[str, Any]:
    return json.loads(paths.schema(kind).read_text())


def written(command: list[str], folder: Path) -> dict[str, Any]:
    out = folder / "out.json"
    assert cli.main([*command, "--json", str(out)]) == 0
    return json.loads(out.read_text())


@pytest.mark.parametrize("kind", ["report", "cycle", "kernel", "collective", "train"])
def test_schemas_are_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(
    "command",
    [
        KERNEL,
        [*KERNEL, "--fidelity", "tile"],
        ["kernel", "gather", "--machine", "tiny", "--region", "4x4", "--fidelity", "tile"],
        ["kernel", "map", "--machine", "tiny", "--region", "4x4", "--tokens", "4"],
        COLLECTIVE,
        ["collective", "2d", "--pes", "4x3", "--elements", "8", "--type", "bf16"],
        ["collective", "broadcast", "--pes", "3", "--elements", "8"],
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_json_follows_the_schema(command: list[str], tmp_path: Path) -> None:
    jsonschema.validate(written(command, tmp_path), schema(command[0]))


def change(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update({key: value})


@pytest.mark.parametrize(
    ("command", "damage"),
    [
        (KERNEL, change("cycles", 0)),
        (KERNEL, change("cycles", "7")),
        (KERNEL, change("error", None)),
        (KERNEL, change("operation", "matmul")),
        (KERNEL, change("parts", [])),
        (KERNEL, change("more", 1)),
        (KERNEL, lambda data: data.pop("density")),
        (KERNEL, lambda data: data["counters"].pop("axpys")),
        (KERNEL, lambda data: data["energy"].pop("edge_pj")),
        ([*KERNEL, "--fidelity", "tile"], change("error", 0.0)),
        (COLLECTIVE, change("wavelets", 0)),
        (COLLECTIVE, change("published", None)),
        (COLLECTIVE, lambda data: data.pop("energy")),
        (COLLECTIVE, lambda data: data["counters"].update(spins=1)),
    ],
)
def test_schemas_refuse_another_shape(
    command: list[str], damage: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    data = written(command, tmp_path)
    whole = copy.deepcopy(data)
    damage(data)
    assert data != whole
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema(command[0]))
