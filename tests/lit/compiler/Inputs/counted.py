"""Prints mlp-step.mlir with a counted mask: its first eight inputs hold most nonzeros."""

import sys
from pathlib import Path

COLUMNS = [172 if i < 8 else 73 if i % 2 else 75 for i in range(64)]
ROWS = [33 if i < 16 else 32 for i in range(172)]


def numbers(values: list[int]) -> str:
    """A dense array."""
    return f"[{', '.join(map(str, values))}]"


rows = ROWS[: int(sys.argv[1])] if len(sys.argv) > 1 else ROWS
rows[-1] += sum(COLUMNS) - sum(rows)
counts = f"flow.counts = #flow.counts<columns = {numbers(COLUMNS)}, rows = {numbers(rows)}>"
text = Path(__file__).with_name("mlp-step.mlir").read_text()
print(text.replace("%w: tensor<172x64xf32> {", f"%w: tensor<172x64xf32> {{{counts}, "))
