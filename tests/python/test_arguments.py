"""Does each bad argument give one clear line and exit code 2, before any work?"""

import pytest

from conftest import FakeModule
from waferflow import cli

RUN = ["run", "tiny", "--machine", "tiny"]

BAD = [
    (["run", "gpt9"], "unknown model 'gpt9'; choose one of: smollm2-135m, tiny; or give a "
     "directory with config.json"),
    (["run", "tiny", "--machine", "cs9"], "unknown machine 'cs9'; choose one of: cs3, tiny; or "
     "give the path of a YAML file"),
    ([*RUN, "--mask", "wanda"], "unknown mask 'wanda'; choose one of: uniform, magnitude, "
     "checkpoint, 2:4"),
    ([*RUN, "--type", "f8"], "unknown type 'f8'; choose one of: f16, bf16, f32"),
    ([*RUN, "--accumulate", "f64"], "unknown accumulate 'f64'; choose one of: storage, f32"),
    ([*RUN, "--fidelity", "exact"], "unknown fidelity 'exact'; choose one of: tile, cycle"),
    ([*RUN, "--step", "half"], "unknown step 'half'; choose one of: train, forward"),
    (["theory", "tiny", "--attention", "local"], "unknown attention 'local'; choose one of: full, "
     "causal"),
    (["compile", "tiny", "-o", "x.mlir", "--to", "asm"], "unknown stage 'asm'; choose one of: "
     "graph, flow, placed, fabric"),
    ([*RUN, "--sparsity", "1.2"], "sparsity: expected a number in [0, 1), got 1.2"),
    ([*RUN, "--sparsity", "0", "1"], "sparsity: expected a number in [0, 1), got 1"),
    ([*RUN, "--sparsity", "-0.5"], "sparsity: expected a number in [0, 1), got -0.5"),
    ([*RUN, "--sparsity", "nan"], "sparsity: expected a number in [0, 1), got nan"),
    ([*RUN, "--sparsity", "0.5", "0.5"], "sparsity: 0.5 is given twice"),
    ([*RUN, "--sparsity", "half"], "argument --sparsity: expected a number in [0, 1), got 'half' "
     "(MODEL comes before the options)"),
    ([*RUN, "--sparsity"], "argument --sparsity: expected at least one argument"),
    ([*RUN, "--tokens", "1000", "--seq", "300"], "tokens: 1000 is not a multiple of the sequence "
     "length 300"),
    ([*RUN, "--tokens", "0"], "tokens: expected a whole number of at least 1, got 0"),
    ([*RUN, "--seed", "-1"], "seed: expected a whole number of at least 0, got -1"),
    ([*RUN, "--loss-scale", "0"], "loss_scale: expected a number above 0, at most 1e30, got 0.0"),
    ([*RUN, "--loss-scale", "big"], "argument --loss-scale: expected a number, got 'big'"),
    ([*RUN, "--tokens", "many"], "argument --tokens: expected a whole number, got 'many'"),
    ([*RUN, "--set", "pe.sram_bytes"], ("argument --set: expected KEY=VALUE, got "
     "'pe.sram_bytes' (MODEL comes before the options)")),
    ([*RUN, "--set", "=3"], "set: expected KEY=VALUE, got '=3'"),
    ([*RUN, "--set", "a=1", "--set", "a=2"], "set: key 'a' is given twice"),
    ([*RUN, "--mask", "2:4", "--sparsity", "0.7"], "sparsity: 0.7 contradicts mask 2:4, which "
     "fixes it (0.5); leave --sparsity out or give 0 for the dense run beside it"),
    ([*RUN, "--mask", "magnitude"], "mask 'magnitude' needs weights and none are at hand for "
     "'tiny'; give a directory with config.json and *.safetensors, or take mask uniform"),
    (["run", "smollm2-135m", "--mask", "checkpoint", "--sparsity", "0", "0.5"], "sparsity: 0.5 "
     "contradicts mask checkpoint, which fixes it (what the weights hold); leave --sparsity out "
     "or give 0 for the dense run beside it"),
    (["compile", "tiny", "--machine", "tiny", "-o", "x.mlirbc", "--sparsity", "0", "0.5"],
     "sparsity: a program has one value, got 2"),
    (["compile", "tiny", "-o", "x.bin"], "-o: expected a file that ends in .mlirbc or .mlir, got "
     "'x.bin'"),
    ([*RUN, "--json", "no/where.json"], "can't write --json 'no/where.json': no such file or "
     "directory"),
    ([*RUN, "--json", "configs"], "can't write --json 'configs': is a directory"),
    ([*RUN, "--plot", "out.gif"], "--plot: expected a file that ends in one of .png, .svg, .html, "
     "got 'out.gif'"),
    (["simulate", "none.mlirbc"], "can't read program 'none.mlirbc': no such file or directory"),
    (["machines", "--json", "x.json"], "--json: needs a MACHINE"),
    (["fly"], "argument COMMAND: invalid choice: 'fly' (choose from 'run', 'theory', 'compile', "
     "'simulate', 'train', 'kernel', 'collective', 'models', 'machines')"),
    (["collective", "sum"], "unknown operation 'sum'; choose one of: broadcast, chain, tree, "
     "two-phase, star, ring, 2d"),
    (["collective", "ring", "--type", "f64"], "unknown type 'f64'; choose one of: f16, bf16, f32"),
    (["collective", "ring", "--pes", "many"], "pes: expected a number of cores or WIDTHxHEIGHT, "
     "got 'many'"),
    (["collective", "2d", "--pes", "64"], "pes: 2d expects WIDTHxHEIGHT, got '64'"),
    (["collective", "2d", "--pes", "4x4x4"], "pes: expected a number of cores or WIDTHxHEIGHT, "
     "got '4x4x4'"),
    (["collective", "chain", "--elements", "0"], "elements: expected a whole number of at least "
     "1, got 0"),
    (["collective", "two-phase", "--group", "-2"], "group: expected a whole number of at least "
     "1, got -2"),
    (["collective", "ring", "--machine", "cs9"], "unknown machine 'cs9'; choose one of: cs3, "
     "tiny; or give the path of a YAML file"),
    (["run", "tiny", "--spars", "0.5"], "unrecognized arguments: --spars 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: " ".join(value)[:40])
def test_bad_argument_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, fake: FakeModule, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(arguments)
    except SystemExit as exit_:  # argparse's own
        code = exit_.code
    out, err = capsys.readouterr()
    assert err == f"error: {message}\n"
    assert code == 2
    assert out == ""
    assert fake.requests == []


@pytest.mark.parametrize("kind", [ValueError, RuntimeError])
def test_error_of_the_compiled_side_is_one_line(
    kind: type[Exception], fake: FakeModule, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.error = kind("kernel 'up' needs 51,732 bytes a core\n  the machine has 49,152\n")
    assert cli.main(RUN) == 2
    expected = "error: kernel 'up' needs 51,732 bytes a core; the machine has 49,152\n"
    assert capsys.readouterr().err == expected


def test_failed_run_leaves_no_output_file(fake: FakeModule, tmp_path) -> None:
    before = sorted(tmp_path.iterdir())
    fake.error = RuntimeError("does not fit")
    assert cli.main([*RUN, "--json", "out.json", "--plot", "out.png"]) == 2
    assert sorted(tmp_path.iterdir()) == before


def test_failed_run_keeps_the_old_output_file(fake: FakeModule, tmp_path) -> None:
    (tmp_path / "out.json").write_text("old")
    fake.error = RuntimeError("does not fit")
    assert cli.main([*RUN, "--json", "out.json"]) == 2
    assert (tmp_path / "out.json").read_text() == "old"


def test_interrupt_is_130(fake: FakeModule, capsys: pytest.CaptureFixture[str]) -> None:
    fake.error = KeyboardInterrupt()
    assert cli.main(RUN) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_defect_is_one_line_too(fake: FakeModule, capsys: pytest.CaptureFixture[str]) -> None:
    fake.error = KeyError("lost")
    assert cli.main(RUN) == 70
    err = capsys.readouterr().err
    assert err.startswith("error: internal: KeyError: 'lost'")
    assert err.count("\n") == 1
