"""Do the fidelities agree? Cycles of `tile` over those of `cycle`, by kind of kernel, for a step.

`pytest -s tests/validation/test_fidelities.py` prints the table of README.md.
"""

import re
from collections import defaultdict

import pytest

import waferflow

STEP = {"tokens": 64, "seq": 16, "machine": "tiny", "sparsity": [0.7]}

# Least and most of tile / cycle. Nothing is fitted: what is off is said in README.md.
BOUNDS = {
    "spmm": (0.95, 1.05),
    "map": (0.98, 1.02),
    "reduce": (0.95, 1.05),
    "attention": (0.95, 1.05),
    "gather": (0.95, 1.05),
    "sddmm": (0.95, 1.05),
    "relayout": (0.90, 1.10),
}


def label_of(name: str) -> str:
    """A kernel's name as programs spell it: no layer, no phase, no marks."""
    name = re.sub(r"^(layer \d+ )?(recomputed )?", "", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")


def cycles_by_kind(storage: str) -> dict[str, tuple[int, int]]:
    """(cycle, tile) cycles of one executed and one modelled step, by kind."""
    tile = waferflow.run("tiny", **STEP, type=storage)[0]
    executed = waferflow.run("tiny", **STEP, type=storage, fidelity="cycle")[0]
    kinds = {label_of(k.name): k.kind for k in tile.kernels}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for kernel in tile.kernels:
        sums[kernel.kind][1] += kernel.cycles
    for program in executed.kernels:
        label = re.sub(r"^k\d+_", "", program.name)
        # Attention's exchanges and others' second programs carry on its name.
        owner = max((k for k in kinds if label.startswith(k)), key=len)
        sums[kinds[owner]][0] += program.reroute_cycles + program.counters.cycles
    return {kind: (cycle, modelled) for kind, (cycle, modelled) in sums.items()}


@pytest.mark.parametrize("storage", ["f32", "f16"])
def test_tile_is_close_to_the_executed_step(storage: str) -> None:
    """Every kind within its bounds, and nothing left out."""
    sums = cycles_by_kind(storage)
    print(f"\n{'tiny, ' + storage:12} {'cycle':>9} {'tile':>9} {'ratio':>6}")
    for kind, (cycle, tile) in sorted(sums.items(), key=lambda item: -item[1][0]):
        print(f"{kind:12} {cycle:9,} {tile:9,} {tile / cycle:6.2f}")
    for kind, (least, most) in BOUNDS.items():
        cycle, tile = sums[kind]
        assert least <= tile / cycle <= most, f"{kind}: {tile / cycle:.2f}"
