"""Does `train` take several steps of a program, and record the one that it is asked for?"""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import waferflow
from test_fabric_chunks import small
from waferflow import WaferflowError, cli, cycle, paths

SEQ, VOCABULARY = 4, 20


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    (folder / "config.json").write_text(json.dumps(small(VOCABULARY)))
    for step in ("train", "forward"):
        code = waferflow.compile(
            str(folder), to="fabric", machine="tiny", tokens=SEQ, seq=SEQ, type="f32", step=step
        )
        (folder / f"{step}.mlirbc").write_bytes(code)
    return folder / "train.mlirbc"


def programs_of(trace: Path) -> list[tuple[str, float, float]]:
    """Name, begin and length of the programs in a trace."""
    events = json.loads(trace.read_text())["traceEvents"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    ran = [e for e in events if e["ph"] == "X" and names[e["pid"]] == "programs"]
    return [(e["name"], e["ts"], e["dur"]) for e in ran]


def test_steps_losses_and_weights(program: Path, tmp_path: Path) -> None:
    out, weights = tmp_path / "t.json", tmp_path / "w.npz"
    command = ["train", str(program), "--steps", "3", "--learning-rate", "0.01"]
    assert cli.main([*command, "--json", str(out), "--outputs", str(weights)]) == 0
    data = json.loads(out.read_text())
    jsonschema.validate(data, json.loads(paths.schema("train").read_text()))
    losses = [step["loss"] for step in data["steps"]]
    assert losses == sorted(losses, reverse=True)  # made-up tokens, the same each step
    assert len(set(losses)) == 3
    # A fourth step from the weights behind the third begins where a run of four has it.
    four = waferflow.train(program, steps=4, learning_rate=0.01)
    again = waferflow.train(program, weights=weights)
    assert again.losses == [pytest.approx(four.losses[3], rel=1e-5)]


def test_batches_come_in_turns(program: Path, tmp_path: Path) -> None:
    loaded = cycle.Program(program.read_bytes())
    files = [tmp_path / f"{seed}.npz" for seed in (1, 2)]
    for seed, file in enumerate(files):
        np.savez(file, **loaded.synthetic_batch(VOCABULARY, seed))
    trained = waferflow.train(program, files, steps=3, learning_rate=0.0)
    assert trained.losses[0] == trained.losses[2] != trained.losses[1]
    assert len(waferflow.train(program, files, learning_rate=0.0).losses) == 2


def test_one_step_is_recorded(program: Path, tmp_path: Path) -> None:
    first, third, lines = tmp_path / "1.json", tmp_path / "3.json", tmp_path / "l.txt"
    names = [name for name, *_ in every_program(program, tmp_path)]
    chosen = next(name for name in names if "lm_head_dX" in name)
    command = ["train", str(program), "--cores", "0,0", "--programs", names[0], chosen]
    assert cli.main([*command, "--trace", str(first), "--landings", str(lines)]) == 0
    steps = ["--steps", "3", "--traced-step", "3", "--learning-rate", "0.1"]
    assert cli.main([*command, "--trace", str(third), *steps]) == 0
    recorded = [programs_of(trace) for trace in (first, third)]
    assert [name for name, *_ in recorded[0]] == [names[0], chosen]
    assert recorded[0] == recorded[1]  # a step's time begins with the step
    assert " P0." in lines.read_text()
    assert "P1." not in lines.read_text()


def every_program(program: Path, folder: Path) -> list[tuple[str, float, float]]:
    trace = folder / "all.json"
    trained = waferflow.train(program, trace=trace, cores=[(0, 0)])
    ran = programs_of(trace)
    assert ran[-1][1] + ran[-1][2] == trained.steps[0].cycles
    return ran


def test_recording_changes_nothing(program: Path, tmp_path: Path) -> None:
    plain = waferflow.train(program, steps=2)
    watched = waferflow.train(
        program, steps=2, vcd=tmp_path / "w", cores=["1,1"], programs=["k000_embed_tokens"]
    )
    assert watched.steps == plain.steps
    assert "core_1_1" in (tmp_path / "w").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "0"], "steps: expected a whole number of at least 1, got 0"),
        (["--traced-step", "2"], "traced_step: expected one of trace, vcd, landings with it"),
        (["--trace", "t", "--traced-step", "0"], "traced_step: expected a whole number of at"),
        (["--trace", "t", "--traced-step", "2"], "traced_step: expected one of 1 steps, got 2"),
        (["--trace", "t", "--programs", "none"], "none"),
        (["--cores", "0,0"], "cores: expected one of trace, vcd, landings with it"),
        (["--loss-scaling", "often"], "expected loss_scaling none, static or dynamic, got 'often'"),
        (["--batches", "none.npz"], "can't read inputs 'none.npz': no such file or directory"),
    ],
)
def test_bad_input_is_one_line(
    program: Path,
    tmp_path: Path,
    options: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", str(program), *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert not (tmp_path / "t").exists()


def test_a_forward_step_can_not_be_trained(program: Path) -> None:
    with pytest.raises(WaferflowError, match="expected a training step with a result 'loss'"):
        waferflow.train(program.with_name("forward.mlirbc"))
