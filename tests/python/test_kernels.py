"""Does a graph become the right kernels, and do they mean what the graph meant?"""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from waferflow import _waferflow, paths

OPT = Path(sys.executable).parent / "waferflow-opt"
INPUTS = Path(__file__).parents[1] / "lit" / "compiler" / "Inputs"
EXACT = ("spmm", "sddmm", "attention", "gather")
VARIANTS = {
    "tiny": ({}, 1, 16, {}),
    "tied": ({"tie_word_embeddings": True}, 2, 16, {}),
    "one head for each": ({"num_key_value_heads": 4}, 3, 8, {}),
    "as many heads as tokens": ({"num_attention_heads": 8, "num_key_value_heads": 2}, 8, 8, {}),
    "prefill": ({}, 2, 16, {"step": "forward"}),
    "prefill of one": ({}, 1, 16, {"step": "forward"}),
    "all logits": ({}, 2, 16, {"step": "forward", "logits": "all"}),
}


def config(name: str, **changes: Any) -> str:
    """A shipped config, changed, as JSON."""
    return json.dumps(json.loads((paths.configs_dir() / f"{name}.json").read_text()) | changes)


def opt(text: str, *passes: str) -> str:
    """Runs passes over MLIR text."""
    run = subprocess.run(
        [str(OPT), *passes], input=text, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def imported() -> str:
    """The imported training step with its weights named."""
    text = (INPUTS / "tiny-joint.mlir").read_text()
    return opt(text, f"--attach-weights=names={INPUTS / 'tiny-joint.json'}")


def summary(text: str, folder: Path) -> list[dict[str, Any]]:
    """The kernels that a graph becomes."""
    lines = folder / "kernels.json"
    opt(text, "--graph-to-flow", f"--summarize-kernels=output={lines}")
    kernels = [json.loads(line) for line in lines.read_text().splitlines()]
    for kernel in kernels:
        # The importer wraps the model in a module "m".
        kernel["weight"] = kernel.get("weight", "").removeprefix("m.")
        kernel["inputs"].sort()
    return kernels


def identity(kernel: dict[str, Any]) -> str:
    """What has to be equal: all but operation counts and labels."""
    kept = {k: v for k, v in kernel.items() if k not in ("scalar_ops", "label")}
    return json.dumps(kept, sort_keys=True)


def arrays(text: str, entry: str, vocabulary: int) -> list[np.ndarray]:
    """Random inputs of a function; the last label of a training step is ignored."""
    signature = next(line for line in text.splitlines() if f"@{entry}(" in line)
    random = np.random.default_rng(7)
    found: list[np.ndarray] = []
    for dims in re.findall(r"%arg\d+: tensor<([^>]*)>", signature):
        *shape, dtype = dims.split("x")
        sizes = [int(size) for size in shape]
        if dtype == "i64":
            found.append(random.integers(0, vocabulary, sizes))
        else:
            found.append(random.normal(0, 0.2, sizes).astype(np.float32))
    if entry == "train_step":
        found[-1][0, -3] = -100
    return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """The kernels of the imported and of the built step."""
    folder = tmp_path_factory.mktemp("kernels")
    built = _waferflow.build_graph(config("tiny"), 1, 16)
    return [summary(imported(), folder), summary(built, folder)]


def test_an_imported_and_a_built_step_are_the_same_kernels(
    pair: list[list[dict[str, Any]]],
) -> None:
    left, right = (Counter(identity(kernel) for kernel in kernels) for kernels in pair)
    assert left == right
    assert {kernel["kind"] for kernel in pair[0]} == {*EXACT, "map", "reduce"}


def test_their_scalar_operations_differ_by_a_tenth_at_most(
    pair: list[list[dict[str, Any]]],
) -> None:
    left, right = (sorted(kernels, key=identity) for kernels in pair)
    assert len(left) == len(right)
    for a, b in zip(left, right, strict=True):
        counts = [sum(kernel["scalar_ops"].values()) for kernel in (a, b)]
        assert abs(counts[0] - counts[1]) <= 0.1 * max(counts), (a, b)


def test_each_layer_has_its_kernels(pair: list[list[dict[str, Any]]]) -> None:
    for layer in (0, 1):
        mine = [kernel for kernel in pair[0] if kernel.get("layer") == layer]
        counts = Counter((kernel["kind"], kernel["phase"]) for kernel in mine)
        assert counts["spmm", "forward"] == counts["spmm", "backward"] == 7
        assert counts["sddmm", "backward"] == 7
        assert counts["attention", "forward"] == counts["attention", "backward"] == 1
        assert all(kernel["section"] == "block" for kernel in mine)
        named = {kernel["weight"] for kernel in mine if kernel["kind"] == "sddmm"}
        assert len(named) == 7
        assert all(f".layers.{layer}." in name for name in named)


def test_kernels_of_the_import_mean_what_it_meant() -> None:
    graph = imported()
    kernels = opt(graph, "--graph-to-flow", "--inline-kernels", "--canonicalize", "--cse")
    inputs = arrays(graph, "train_step", 256)
    for want, got in zip(
        _waferflow.run_on_cpu(graph, "train_step", inputs),
        _waferflow.run_on_cpu(kernels, "train_step", inputs),
        strict=True,
    ):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * np.abs(want).max())


@pytest.mark.parametrize("variant", VARIANTS)
def test_kernels_of_a_built_step_mean_what_it_meant(variant: str) -> None:
    changes, batch, seq, options = VARIANTS[variant]
    graph = _waferflow.build_graph(config("tiny", **changes), batch, seq, **options)
    entry = "forward" if "step" in options else "train_step"
    kernels = opt(graph, "--graph-to-flow", "--inline-kernels", "--canonicalize", "--cse")
    inputs = arrays(graph, entry, 256)
    for want, got in zip(
        _waferflow.run_on_cpu(graph, entry, inputs),
        _waferflow.run_on_cpu(kernels, entry, inputs),
        strict=True,
    ):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-6 * np.abs(want).max())


@pytest.mark.parametrize(("model", "matrices"), [("llama-2-70b", 7), ("gpt-3-xl", 6)])
def test_a_large_model_has_the_kernels_of_its_layers(
    model: str, matrices: int, tmp_path: Path
) -> None:
    shape = json.loads(config(model))
    layers = shape["num_hidden_layers"]
    kernels = summary(_waferflow.build_graph(config(model), 8, 1024), tmp_path)
    counts = Counter(kernel["kind"] for kernel in kernels)
    assert counts["sddmm"] == matrices * layers + 1
    assert counts["spmm"] == 2 * counts["sddmm"]
    assert counts["attention"] == 2 * layers
    assert {kernel.get("layer") for kernel in kernels} == {None, *range(layers)}
    pairs = 1024 * 1025 // 2
    for kernel in kernels:
        if kernel["kind"] == "attention":
            products = 2 if kernel["direction"] == "forward" else 5
            features = kernel["heads"] * kernel["head_dim"]
            assert kernel["causal"]
            assert features == shape["hidden_size"]
            assert kernel["multiply_adds"] == products * pairs * features * 8
