"""Do fidelity cycle's commands execute programs, and say what is wrong in one line?"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import programs
import waferflow
from waferflow import cli, cycle, native, paths
from waferflow.errors import WaferflowError

SCHEMA = json.loads(paths.schema("cycle").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both programs, and good inputs of the product."""
    folder = tmp_path_factory.mktemp("cycle")
    for name in ("spmm", "through"):
        programs.program(name, folder)
    np.savez(folder / "x.npz", **inputs())
    return folder


def inputs() -> dict[str, np.ndarray]:
    """Of spmm.mlir: small whole numbers, which f32 adds exactly."""
    x = (np.arange(50) % 11).reshape(2, 5, 5).astype(np.float32)
    return {"x": x, "w": np.arange(1, 16).reshape(3, 5).astype(np.float32)}


def expected(program: Path, given: dict[str, np.ndarray]) -> np.ndarray:
    mask = cycle.Program(program.read_bytes()).mask("w")
    return 2 * given["x"].reshape(10, 5) @ (given["w"] * mask).T


def test_python_executes_a_program(folder: Path) -> None:
    given = inputs()
    result = waferflow.simulate(folder / "spmm.mlir", fidelity="cycle", inputs=given)
    assert result.outputs.keys() == {"y"}
    np.testing.assert_array_equal(result.outputs["y"], expected(folder / "spmm.mlir", given))
    report = result.report
    assert [kernel.name for kernel in report.kernels] == ["k0_spmm", "k1_double"]
    assert report.cycles == report.totals.cycles + report.reroute_cycles
    assert report.totals.axpys == 2 * report.totals.nonzeros
    assert report.weights == "given"
    assert report.machine == "tiny"


def test_command_line_executes_a_program(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["simulate", str(folder / "spmm.mlir"), "--fidelity", "cycle"]
    command += ["--inputs", str(folder / "x.npz"), "--outputs", str(tmp_path / "y.npz")]
    command += ["--json", str(tmp_path / "out.json")]
    assert cli.main(command) == 0
    y = np.load(tmp_path / "y.npz")["y"]
    np.testing.assert_array_equal(y, expected(folder / "spmm.mlir", inputs()))
    report = json.loads((tmp_path / "out.json").read_text())
    jsonschema.validate(report, SCHEMA)
    assert cycle.CycleResults.from_json(json.dumps(report))[0].fidelity == "cycle"
    out = capsys.readouterr().out
    assert "k0_spmm" in out
    assert "fidelity cycle" in out
    first = (tmp_path / "y.npz").read_bytes()
    assert cli.main(command) == 0
    assert (tmp_path / "y.npz").read_bytes() == first


def test_two_at_a_time_wait_for_each_other(folder: Path) -> None:
    """SystemC is one in a process; whoever runs a program has it until the program ends."""
    code = (folder / "spmm.mlir").read_bytes()
    alone = cycle.Program(code).run(inputs())

    def run(_: int) -> bool:
        result = cycle.Program(code).run(inputs(), progress=lambda *what: None)
        same = np.array_equal(result.outputs["y"], alone.outputs["y"])
        return same and result.report.kernels == alone.report.kernels

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(run, range(12)))


def changed(**changes) -> dict[str, np.ndarray]:
    return {name: value for name, value in (inputs() | changes).items() if value is not None}


BAD = [
    (changed(x=None), "input 'x': expected f32 [2, 5, 5], got none"),
    (changed(w=None), "input 'w': expected f32 [3, 5], got none; the program names no checkpoint "
     "for this weight"),
    (changed(z=np.zeros(3, np.float32)), "input 'z': no argument of that name; the program takes "
     "x and 1 weights"),
    (changed(x=np.zeros((10, 5), np.float32)), "input 'x': expected f32 [2, 5, 5], got f32 "
     "[10, 5]"),
    (changed(x=np.zeros((2, 5, 5))), "input 'x': expected float32, int64 or int32, got float64"),
    (changed(x=np.zeros((2, 5, 5), np.int64)), "input 'x': expected f32 [2, 5, 5], got integer "
     "[2, 5, 5]"),
    (changed(x=np.array(["a"])), "input 'x': expected float32, int64 or int32, got <U1"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), BAD, ids=lambda value: str(value)[:30])
def test_bad_inputs_are_one_line(
    given: dict, message: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "bad.npz", **given)
    command = ["simulate", str(folder / "spmm.mlir"), "--fidelity", "cycle"]
    assert cli.main([*command, "--inputs", str(tmp_path / "bad.npz")]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


def test_files_that_are_no_inputs(folder: Path, tmp_path: Path) -> None:
    program = folder / "spmm.mlir"
    (tmp_path / "text.npz").write_text("no arrays")
    np.save(tmp_path / "one.npy", np.zeros(3))
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object))
    for name, message in [
        ("none.npz", "can't read inputs '.*none.npz': no such file or directory"),
        ("text.npz", "can't read inputs '.*text.npz': no .npz file of plain arrays"),
        ("one.npy", "can't read inputs '.*one.npy': expected a .npz file"),
        ("objects.npz", "can't read inputs '.*objects.npz': no .npz file of plain arrays"),
    ]:
        with pytest.raises(WaferflowError, match=message):
            waferflow.simulate(program, fidelity="cycle", inputs=tmp_path / name)


def test_options_of_the_other_fidelity(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = str(folder / "spmm.mlir")
    for arguments, message in [
        (["--inputs", "x.npz"], "inputs: only fidelity cycle computes with values"),
        (["--outputs", "y.npz"], "--outputs: only fidelity cycle computes values"),
        (
            ["--fidelity", "cycle", "--set", "cost.io=off"],
            "set: fidelity cycle has nothing to set, got 'cost.io=off'",
        ),
    ]:
        assert cli.main(["simulate", program, *arguments]) == 2
        assert capsys.readouterr().err == f"error: {message}\n"
    assert cli.main(["run", "tiny", "--fidelity", "cycle", "--plot", "x.png"]) == 2
    assert capsys.readouterr().err == "error: --plot: only fidelity tile has a picture\n"
    assert cli.main(["run", "tiny", "--fidelity", "cycle", "--sensitivity"]) == 2
    message = "error: sensitivity: only fidelity tile varies parameters\n"
    assert capsys.readouterr().err == message


def test_a_placed_program_is_no_fabric_program(tmp_path: Path) -> None:
    placed = waferflow.compile("tiny", machine="tiny", tokens=64, seq=16)
    with pytest.raises(WaferflowError, match=r"^program: expected fabric programs .*, got none$"):
        waferflow.simulate(placed, fidelity="cycle")
    with pytest.raises(WaferflowError, match=r"^program:1:1: "):
        waferflow.simulate(b"no program", fidelity="cycle")


def test_training_steps_are_the_stores_own(folder: Path) -> None:
    # In through.mlir a weight's gradient is what was streamed, and the loss is 0.
    program = folder / "through.mlir"
    rng = np.random.default_rng(3)
    weights = {"w": rng.standard_normal((3, 6)), "v": rng.standard_normal(6)}
    weights = {name: value.astype(np.float32) for name, value in weights.items()}
    batches = [{"ids": np.zeros((1, 2), np.int64)}] * 3
    trained = waferflow.train(program, batches, weights=weights, learning_rate=0.01)
    mask = cycle.Program(program.read_bytes()).mask("w")
    store = native.module().MasterStore(learning_rate=0.01)
    store.add("w", weights["w"] * mask, "f16", mask)
    store.add("v", weights["v"], "f16")
    for step in trained.steps:
        store.step({name: store.streamed(name) for name in weights})
        assert step.loss == 0
        assert step.applied
        assert step.updates == mask.sum() + 6
        assert step.cycles > 0
    assert trained.losses == [0, 0, 0]
    for name in weights:
        np.testing.assert_array_equal(trained.weights[name].ravel(), store.master(name))


def test_what_cannot_be_trained(folder: Path) -> None:
    batch = {"ids": np.zeros((1, 2), np.int64)}
    for program, batches, options, message in [
        ("spmm", [batch], {}, "program: expected a training step with a result 'loss'"),
        ("through", [batch], {"betas": (1.0, 0.9)}, "expected 'beta1' in"),
        ("through", [batch], {"rate": 0.1}, "unknown or ill-typed optimizer option among: rate"),
        (
            "through",
            [batch],
            {"loss_scaling": "dynamic"},
            "loss scaling: expected a training step compiled with a loss scale other than 1",
        ),
        ("through", [{}], {}, r"input 'ids': expected integer \[1, 2\], got none"),
        ("through", [batch], {"weights": {"q": np.zeros(2, np.float32)}}, "input 'q': no argument"),
        ("through", [batch], {"weights": batch}, "input 'ids': expected a weight"),
    ]:
        with pytest.raises(WaferflowError, match=message):
            waferflow.train(folder / f"{program}.mlir", batches, **options)


def test_made_up_weights_follow_the_seed(folder: Path) -> None:
    program = cycle.Program((folder / "through.mlir").read_bytes())
    one, again, other = (program.synthetic_weights(seed) for seed in (1, 1, 2))
    for name in ("w", "v"):
        np.testing.assert_array_equal(one[name], again[name])
    assert (one["w"] != other["w"]).all()
    assert (one["v"] == 1).all()
    assert program.describe_weights({}, one, 1) == "normal 0.02, seed 1 (synthetic)"


def test_the_loss_scale_shrinks_and_grows(tmp_path: Path) -> None:
    """f16 overflows at 2^22; the step is left out, and the next ones run with smaller scales."""
    model = json.loads((paths.configs_dir() / "tiny.json").read_text())
    model |= {"num_hidden_layers": 1, "vocab_size": 24, "hidden_size": 24}
    model |= {"intermediate_size": 36, "num_attention_heads": 2, "num_key_value_heads": 1}
    (tmp_path / "config.json").write_text(json.dumps(model))
    sizes = {"machine": "tiny", "tokens": 16, "seq": 8, "sparsity": [0.9], "type": "f16"}
    code = waferflow.compile(str(tmp_path), to="fabric", loss_scale=2.0**22, **sizes)
    program = cycle.Program(bytes(code))
    batches = [program.synthetic_batch(24, 0)] * 4
    settings = {"backoff": 2.0**-7, "growth_interval": 2, "learning_rate": 3e-3}
    trained = waferflow.train(code, batches, loss_scaling="dynamic", **settings)
    steps = trained.steps
    assert [step.applied for step in steps] == [False, True, True, True]
    assert [step.scale for step in steps] == [2.0**22, 2.0**15, 2.0**15, 2.0**16]
    assert steps[0].updates == 0
    assert steps[0].optimizer_done_cycle < steps[1].optimizer_done_cycle
    assert steps[0].loss == steps[1].loss > steps[2].loss > steps[3].loss
    assert len({step.cycles for step in steps}) == 1
    # The same gradient as with a small scale that stays.
    static = waferflow.train(code, batches[:1], loss_scaling="static", scale=1024.0)
    assert static.steps[0].applied
    assert steps[1].gradient_norm == pytest.approx(static.steps[0].gradient_norm, rel=0.01)
