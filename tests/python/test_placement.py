"""Do recomputation, mapping and relayouts leave what a step computes alone?"""

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from waferflow import _waferflow, paths

OPT = Path(sys.executable).parent / "waferflow-opt"
INPUTS = Path(__file__).parents[1] / "lit" / "compiler" / "Inputs"
INLINE = ("--inline-kernels", "--canonicalize", "--cse")


def opt(text: str, *passes: str) -> str:
    """Runs passes over MLIR text."""
    run = subprocess.run(
        [str(OPT), *passes], input=text, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def graph_of(name: str) -> str:
    """A training step: imported, or built of the shipped tiny model with changes."""
    if name == "imported":
        text = (INPUTS / "tiny-joint.mlir").read_text()
        return opt(text, f"--attach-weights=names={INPUTS / 'tiny-joint.json'}")
    config = json.loads((paths.configs_dir() / "tiny.json").read_text())
    changes = {"deep": {"tie_word_embeddings": True, "num_hidden_layers": 3}}
    return _waferflow.build_graph(json.dumps(config | changes.get(name, {})), 2, 8)


Step = tuple[str, list[np.ndarray], list[np.ndarray]]


@functools.cache
def step_of(name: str) -> Step:
    """A step as labelled kernels, its inputs, and its results by the kernels as they stand."""
    kernels = opt(graph_of(name), "--graph-to-flow")
    inputs = arrays(kernels)
    return kernels, inputs, results(opt(kernels, *INLINE), inputs)


def arrays(text: str) -> list[np.ndarray]:
    """Random inputs of the step; one label is ignored."""
    signature = next(line for line in text.splitlines() if "@train_step(" in line)
    random = np.random.default_rng(11)
    found: list[np.ndarray] = []
    for dims in re.findall(r"%arg\d+: tensor<([^>]*)>", signature):
        *shape, dtype = dims.split("x")
        sizes = [int(size) for size in shape]
        if dtype == "i64":
            found.append(random.integers(0, 256, sizes))
        else:
            found.append(random.normal(0, 0.2, sizes).astype(np.float32))
    found[-1][0, -3] = -100
    return found


def results(text: str, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Loss and gradients of the step on the CPU."""
    return _waferflow.run_on_cpu(text, "train_step", inputs)


def sized(text: str, keep_every: int = 0) -> str:
    """The step of 16 tokens on the tiny machine."""
    seq = 16 if "tensor<1x16xi64>" in text else 8
    attr = f"#flow.step<tokens = 16, seq = {seq}, type = f16, keep_every = {keep_every}>"
    lines = [
        re.sub(r"\{$", f"attributes {{flow.step = {attr}}} {{", line)
        if "@train_step(" in line
        else line
        for line in text.splitlines()
    ]
    machine = f"--attach-machine=machine=tiny directory={paths.machines_dir()}"
    return opt("\n".join(lines), machine)


def expect_same(got: list[np.ndarray], want: list[np.ndarray]) -> None:
    """Equal but for the order in which gradients of one value are added."""
    for one, other in zip(got, want, strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(other).max())


@pytest.mark.parametrize(("name", "keep_every"), [("imported", 1), ("built", 2), ("deep", 2)])
def test_recomputed_values_are_the_first_ones(name: str, keep_every: int) -> None:
    kernels, inputs, want = step_of(name)
    recomputed = opt(kernels, f"--recompute=keep-every={keep_every}")
    assert "phase<recompute>" in recomputed
    expect_same(results(opt(recomputed, *INLINE), inputs), want)


@pytest.mark.parametrize(("name", "keep_every"), [("imported", 2), ("built", 0)])
def test_mapped_and_placed_kernels_compute_the_same(name: str, keep_every: int) -> None:
    kernels, inputs, want = step_of(name)
    placed = opt(
        sized(kernels, keep_every),
        "--choose-mapping=go=2",
        "--insert-relayouts",
        "--plan-sram",
        "--place-kernels",
    )
    assert "flow.relayout" in placed
    expect_same(results(opt(placed, *INLINE), inputs), want)


@pytest.mark.parametrize("name", ["imported", "deep"])
def test_backward_kernels_take_only_block_inputs_and_scalars(name: str) -> None:
    kernels = opt(graph_of(name), "--graph-to-flow")
    recomputed = opt(kernels, "--recompute=keep-every=2")
    made: dict[str, str] = {}
    crossing: set[str] = set()
    for line in recomputed.splitlines():
        found = re.search(r"phase = #flow.phase<(\w+)>", line)
        if not found:
            continue
        names, rest = line.strip().split(" = ", 1)
        operands = re.findall(r"%\d+", rest.split("{")[0])
        if found[1] != "forward":
            crossing |= {name for name in operands if made.get(name) == "forward"}
        made[names.split(":")[0]] = found[1]
    layers = len(set(re.findall(r"layer = (\d+)", recomputed)))
    wide = {name for name in crossing if re.search(rf"{name} = .*-> tensor<16x64xf32>", recomputed)}
    assert len(wide) == (layers + 1) // 2 + 1  # every second input, and the last output
    for name in crossing - wide:
        kind = re.search(rf"{name}(?::\d+)? = .*-> (.*) {{", recomputed)
        assert kind
        assert not re.search(r"x(?!1x|1>)\d+xf32", kind[1]), kind[0]
