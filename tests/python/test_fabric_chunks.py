"""Does a vocabulary that is held in pieces give PyTorch's loss and gradients?

One layer of `tiny`, wavelet by wavelet, with logits that never lie whole in SRAM: the maximum and
the sum of exponentials grow from piece to piece, backward computes each piece's logits again.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import waferflow
from test_fabric_training import BATCH, LARGEST_ERROR, SEQ, SPARSITY, start_weights
from test_gradients import tiny, transformers_step
from waferflow import WaferflowError, cycle

HEAD = "lm_head"


def compiled(folder: Path, vocabulary: int, settings: tuple[str, ...], **changes) -> cycle.Program:
    config = tiny(num_hidden_layers=1, vocab_size=vocabulary, **changes)
    (folder / "config.json").write_text(json.dumps(config))
    options = {"type": "f32"} | ({"sparsity": [SPARSITY]})
    return cycle.Program(
        waferflow.compile(
            str(folder),
            to="fabric",
            machine="tiny",
            tokens=BATCH * SEQ,
            seq=SEQ,
            set=settings,
            **options,
        )
    )


def batch_of(vocabulary: int) -> dict[str, np.ndarray]:
    """Labels of every piece, its first and its last among them; some take no part."""
    rng = np.random.default_rng(7)
    ids = rng.integers(0, vocabulary, (BATCH, SEQ))
    ids[2, 1:9] = np.linspace(0, vocabulary - 1, 8).astype(int)
    labels = ids.copy()
    labels[0, :5] = -100
    return {"input_ids": ids, "labels": labels}


def pieces_of(report: cycle.CycleReport, kernel: str) -> list[cycle.Counters]:
    """What each piece of a product counted."""
    found = {k.name: k.counters for k in report.kernels if f"{kernel} chunk" in k.name}
    return list(found.values())


@pytest.mark.parametrize(
    ("vocabulary", "chunks", "settings"),
    [(256, 2, ()), (250, 3, ("mapping.gt=2",)), (250, 4, ("mapping.go=2",))],
    ids=["2", "3-of-250-gt=2", "4-of-250-go=2"],
)
def test_loss_and_gradients_equal_pytorchs(
    tmp_path: Path, vocabulary: int, chunks: int, settings: tuple[str, ...]
) -> None:
    program = compiled(tmp_path, vocabulary, (f"mapping.chunks={chunks}", *settings))
    weights = start_weights(program)
    # Later pieces have larger logits, so that the maximum does grow.
    weights["lm_head.weight"] *= np.linspace(0.5, 3, vocabulary, dtype=np.float32)[:, None]
    batch = batch_of(vocabulary)
    result = program.run(weights | batch)
    config = tiny(num_hidden_layers=1, vocab_size=vocabulary)
    loss, gradients = transformers_step(config, weights, batch["input_ids"], batch["labels"])
    assert float(result.outputs["loss"]) == pytest.approx(float(loss), rel=1e-5)
    for name, gradient in gradients.items():
        want, got = gradient.numpy(), result.outputs[f"{name}.grad"]
        mask = program.mask(name)
        want = want if mask is None else want * mask
        assert np.abs(got - want).max() < LARGEST_ERROR * np.abs(want).max(), name
    print([k.name for k in result.report.kernels])
