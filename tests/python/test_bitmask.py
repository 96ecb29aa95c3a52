"""Do bit-mask checkpoints have compressed-tensors' layout?"""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from waferflow import bitmask
from waferflow.errors import WaferflowError


def test_known_parts() -> None:
    matrix = np.zeros((3, 10), np.float16)
    matrix[0, [1, 3, 8]] = 1, 2, 3
    matrix[2, [0, 7, 9]] = 4, 5, 6
    parts = bitmask.compress("p.weight", matrix)
    assert {name: part.tolist() for name, part in parts.items()} == {
        "p.shape": [3, 10],
        "p.compressed": [1, 2, 3, 4, 5, 6],
        "p.bitmask": [[0x0A, 0x01], [0, 0], [0x81, 0x02]],
        "p.row_offsets": [0, 3, 3],
    }
    assert [part.dtype for part in parts.values()] == ["int64", "float16", "uint8", "int64"]


def test_two_of_four_stores_two_whatever_they_are() -> None:
    matrix = np.array([[1, 0, -2, 0, 3, 0, 0, 0]], np.float32)
    parts = bitmask.compress_24("p.weight", matrix)
    assert {name: part.tolist() for name, part in parts.items()} == {
        "p.shape": [[1], [8]],
        "p.compressed": [[1, -2, 3, 0]],
        "p.bitmask": [[0x35]],
    }


def test_nothing_is_lost(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    dense = random.normal(size=(4, 8)).astype(np.float32)
    sparse = dense * (random.random((4, 8)) < 0.3)
    bitmask.write(tmp_path / "m.safetensors", {"a.weight": dense, "p.weight": sparse}, {"p.weight"})
    parts = load_file(tmp_path / "m.safetensors")
    assert sorted(parts) == ["a.weight", "p.bitmask", "p.compressed", "p.row_offsets", "p.shape"]
    stored = np.unpackbits(parts["p.bitmask"], axis=1, bitorder="little", count=8).astype(bool)
    again = np.zeros((4, 8), np.float32)
    again[stored] = parts["p.compressed"]
    np.testing.assert_array_equal(again, sparse)


def test_what_cannot_be_stored() -> None:
    with pytest.raises(WaferflowError, match="expected at most 2 nonzeros of every 4, got 3"):
        bitmask.compress_24("p.weight", np.array([[1, 2, 3, 0]], np.float32))
    with pytest.raises(WaferflowError, match="expected a multiple of 4 columns for 2:4, got 6"):
        bitmask.compress_24("p.weight", np.zeros((1, 6), np.float32))
    with pytest.raises(WaferflowError, match=r"p: expected a name that ends in '\.weight'"):
        bitmask.compress("p", np.zeros((1, 8), np.float32))
