"""Does what the user typed reach the C++ side as it should?"""

from pathlib import Path

import pytest

import waferflow
from conftest import FakeModule
from waferflow import cli


def request(fake: FakeModule, *arguments: str) -> dict:
    """The one request that a command line sends."""
    assert cli.main(list(arguments)) == 0
    assert len(fake.requests) == 1
    return fake.requests[0]


def test_defaults(fake: FakeModule, tmp_path: Path) -> None:
    sent = request(fake, "run", "tiny", "--threads", "3")
    assert sent == {
        "model": "tiny",
        "config": str(tmp_path / "configs/tiny.json"),
        "checkpoint": None,
        "sparsity": [0.0, 0.5, 0.7, 0.9],
        "machine": "cs3",
        "machines_dir": str(tmp_path / "machines"),
        "tokens": None,
        "seq": None,
        "mask": None,
        "step": "train",
        "type": "f16",
        "accumulate": "storage",
        "loss_scale": 1.0,
        "fidelity": "tile",
        "set": [],
        "seed": 0,
        "sensitivity": False,
        "attention": "causal",
        "threads": 3,
    }


def test_several_values_after_one_flag(fake: FakeModule) -> None:
    sent = request(
        fake, "run", "tiny", "--sparsity", "0", "0.5", "0.7", "--set", "pe.sram_bytes=65536",
        "mapping.gt=2", "--set", "cost.launch=off", "--step", "forward", "--sensitivity",
    )  # fmt: skip
    assert sent["sparsity"] == [0.0, 0.5, 0.7]
    assert sent["set"] == ["pe.sram_bytes=65536", "mapping.gt=2", "cost.launch=off"]
    assert (sent["step"], sent["sensitivity"]) == ("forward", True)


def test_weights_at_hand_are_sent(fake: FakeModule, tmp_path: Path) -> None:
    sent = request(fake, "run", "smollm2-135m")
    assert sent["checkpoint"] == str(tmp_path / "smollm2-135m.safetensors")


@pytest.mark.parametrize(
    ("mask", "given", "sent"),
    [
        ("2:4", None, [0.0, 0.5]),
        ("2:4", ["0"], [0.0, 0.5]),
        ("2:4", ["0.5"], [0.5]),
        ("checkpoint", None, [0.0, None]),
        ("checkpoint", ["0"], [0.0, None]),
    ],
)
def test_masks_that_fix_the_sparsity(
    mask: str, given: list[str] | None, sent: list, fake: FakeModule
) -> None:
    flag = ["--sparsity", *given] if given else []
    assert request(fake, "run", "smollm2-135m", "--mask", mask, *flag)["sparsity"] == sent


@pytest.mark.parametrize(("mask", "sent"), [(None, [0.0]), ("2:4", [0.5]), ("checkpoint", [None])])
def test_a_program_has_one_sparsity(mask: str | None, sent: list, fake: FakeModule) -> None:
    waferflow.compile("smollm2-135m", mask=mask)
    assert fake.requests[0]["sparsity"] == sent


def test_own_model_directory(fake: FakeModule, tmp_path: Path) -> None:
    own = tmp_path / "own-llama"
    own.mkdir()
    (own / "config.json").write_text("{}")
    assert request(fake, "run", "own-llama")["checkpoint"] is None
    (own / "model-00001-of-00002.safetensors").write_bytes(b"")
    assert cli.main(["run", "./own-llama"]) == 0
    sent = fake.requests[1]
    assert (sent["model"], sent["checkpoint"]) == ("own-llama", str(own))
    assert sent["config"] == str(own / "config.json")


def test_own_model_directory_without_config(
    fake: FakeModule, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.main(["run", "empty"]) == 2
    assert capsys.readouterr().err == "error: model directory 'empty' has no config.json\n"


def test_own_machine_file(fake: FakeModule, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("")
    assert request(fake, "run", "tiny", "--machine", "mine.yaml")["machine"] == str(
        tmp_path / "mine.yaml"
    )


def test_theory_defaults(fake: FakeModule) -> None:
    sent = request(fake, "theory", "tiny")
    assert (sent["sparsity"], sent["attention"]) == ([0.5, 0.7, 0.75, 0.9], "causal")


def test_settings_as_a_mapping(fake: FakeModule) -> None:
    waferflow.run("tiny", set={"pe.sram_bytes": 65536, "cost.io": "off"})
    assert fake.requests[0]["set"] == ["pe.sram_bytes=65536", "cost.io=off"]


def test_compile_writes_bytecode_or_text(fake: FakeModule, tmp_path: Path) -> None:
    assert cli.main(["compile", "tiny", "-o", "x.mlirbc", "--to", "flow"]) == 0
    assert (tmp_path / "x.mlirbc").read_bytes() == b"ML\xefRflow"
    assert cli.main(["compile", "tiny", "-o", "x.mlir"]) == 0
    assert (tmp_path / "x.mlir").read_text() == "module {} // placed"
    assert cli.main(["simulate", "x.mlirbc", "--set", "cost.launch=off", "--threads", "1"]) == 0
    assert fake.requests[2] == {"fidelity": "tile", "set": ["cost.launch=off"], "threads": 1}
