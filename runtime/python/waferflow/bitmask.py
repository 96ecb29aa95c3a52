"""Sparse matrices in compressed-tensors' bit-mask layouts, as published checkpoints have them.

A weight `P.weight` becomes `P.shape`, `P.compressed` (stored values, row by row), `P.bitmask`
(bit j % 8 of byte j // 8 of a row, least significant first) and, for any pattern but 2:4,
`P.row_offsets`.
"""

from pathlib import Path

import numpy as np

from waferflow.errors import WaferflowError

SUFFIX = ".weight"


def compress(name: str, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of "sparse-bitmask" for the matrix [out, in] called `name` (P.weight)."""
    stored = matrix != 0
    counts = stored.sum(axis=1, dtype=np.int64)
    parts = _parts(name, matrix, stored)
    parts[_prefix(name) + ".row_offsets"] = np.cumsum(counts) - counts
    return parts


def compress_24(name: str, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of "sparse-24-bitmask": the two largest of every four, zeros or not.

    Raises WaferflowError where more than two of four are nonzero: they would be lost.
    """
    rows, columns = matrix.shape
    if columns % 4:
        raise WaferflowError(f"{name}: expected a multiple of 4 columns for 2:4, got {columns}")
    fours = np.abs(matrix).reshape(rows, columns // 4, 4)
    most = int((fours != 0).sum(axis=2).max(initial=0))
    if most > 2:
        raise WaferflowError(f"{name}: expected at most 2 nonzeros of every 4, got {most}")
    order = np.argsort(-fours, axis=2, kind="stable")[:, :, :2]
    stored = np.zeros(fours.shape, dtype=bool)
    np.put_along_axis(stored, order, True, axis=2)
    parts = _parts(name, matrix, stored.reshape(rows, columns))
    prefix = _prefix(name)
    parts[prefix + ".compressed"] = parts[prefix + ".compressed"].reshape(rows, columns // 2)
    parts[prefix + ".shape"] = parts[prefix + ".shape"].reshape(2, 1)
    return parts


def write(path: Path, tensors: dict[str, np.ndarray], sparse: set[str], two_four: bool = False):
    """A safetensors file in which the matrices named in `sparse` are in bit-mask form."""
    from safetensors.numpy import save_file

    parts: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        if name not in sparse:
            parts[name] = np.ascontiguousarray(tensor)
        else:
            parts |= (compress_24 if two_four else compress)(name, tensor)
    save_file(parts, path, metadata={"format": "pt"})


def _prefix(name: str) -> str:
    if not name.endswith(SUFFIX):
        raise WaferflowError(f"{name}: expected a name that ends in '{SUFFIX}'")
    return name.removesuffix(SUFFIX)


def _parts(name: str, matrix: np.ndarray, stored: np.ndarray) -> dict[str, np.ndarray]:
    prefix = _prefix(name)
    return {
        prefix + ".shape": np.array(matrix.shape, dtype=np.int64),
        prefix + ".compressed": matrix[stored],
        prefix + ".bitmask": np.packbits(stored, axis=1, bitorder="little"),
    }
