"""Do the graph builder and the CPU oracle refuse bad input with one clear error?"""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from waferflow import _waferflow, paths

TINY = (paths.configs_dir() / "tiny.json").read_text()
DOUBLE = """
func.func @double(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %none = tensor.empty() : tensor<2x3xf32>
  %sum = linalg.add ins(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>)
      outs(%none : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %sum : tensor<2x3xf32>
}"""


def test_arrays_need_not_be_contiguous() -> None:
    x = np.arange(6, dtype=np.float32).reshape(3, 2).T
    (doubled,) = _waferflow.run_on_cpu(DOUBLE, "double", [x])
    np.testing.assert_array_equal(doubled, 2 * x)


def test_results_outlive_the_program_and_later_runs() -> None:
    program = _waferflow.CpuProgram(DOUBLE, "double")
    first = program.run([np.ones((2, 3), np.float32)])[0]
    program.run([np.zeros((2, 3), np.float32)])
    del program
    assert (first == 2).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: _waferflow.run_on_cpu(DOUBLE, "double", [np.ones((2, 3))]),
            "@double: expected input 0 to be tensor<2x3xf32>, got tensor<2x3xf64>",
        ),
        (lambda: _waferflow.run_on_cpu(DOUBLE, "triple", []), "expected a public function @triple"),
        (lambda: _waferflow.run_on_cpu("linalg.nonsense", "f", []), "expected an MLIR module"),
        (lambda: _waferflow.build_graph("{}", 1, 8), "config: missing key 'architectures'"),
        (lambda: _waferflow.build_graph(TINY, 0, 8), "got batch 0, sequence 8"),
        (lambda: _waferflow.build_graph(TINY, 1, 129), "expected at most 128 tokens a sequence"),
        (
            lambda: _waferflow.build_graph(TINY, 1, 8, step="tune"),
            "expected step to be 'train' or 'forward', got 'tune'",
        ),
    ],
)
def test_error(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_token_outside_the_vocabulary() -> None:
    weights = _waferflow.describe_model(TINY)["weights"]
    arrays = [np.zeros(shape, np.float32) for _, shape, _ in weights]
    ids = np.full((1, 4), 256)
    text = _waferflow.build_graph(TINY, 1, 4, "forward")
    with pytest.raises(ValueError, match="@forward: index must be smaller than dim size"):
        _waferflow.run_on_cpu(text, "forward", [*arrays, ids])


def test_graph_is_the_same_every_time() -> None:
    assert _waferflow.build_graph(TINY, 1, 8) == _waferflow.build_graph(TINY, 1, 8)


def test_every_shipped_config_builds() -> None:
    for file in sorted(paths.configs_dir().glob("*.json")):
        text = _waferflow.build_graph(file.read_text(), 1, 16)
        layers = json.loads(file.read_text())["num_hidden_layers"]
        assert text.count("call @block_backward(") == layers, file.name
