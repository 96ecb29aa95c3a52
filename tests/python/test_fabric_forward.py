"""Does a step of another form than tiny's training step compute what PyTorch computes?

One small layer, wavelet by wavelet: forward passes, whose logits the host reads whole or in pieces
of the vocabulary, and models whose gradients take other ways.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import reference
import waferflow
from test_fabric_chunks import small
from test_fabric_training import LARGEST_ERROR, SPARSITY, start_weights
from test_gradients import reference_step, tiny
from waferflow import WaferflowError, cycle, training

BATCH, SEQ, VOCABULARY = 2, 8, 50


def compiled(folder: Path, config: dict, *settings: str, **options: object) -> cycle.Program:
    (folder / "config.json").write_text(json.dumps(config))
    options = {"sparsity": [SPARSITY], "type": "f32", "machine": "tiny"} | options
    code = waferflow.compile(
        str(folder), to="fabric", tokens=BATCH * SEQ, seq=SEQ, set=settings, **options
    )
    return cycle.Program(code)


def tokens() -> np.ndarray:
    return np.random.default_rng(7).integers(0, VOCABULARY, (BATCH, SEQ))


def logits_error(program: cycle.Program, config: dict) -> float:
    """The largest error over the largest logit."""
    weights, ids = start_weights(program), tokens()
    result = program.run(weights | {"input_ids": ids})
    assert result.report.loss is None
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    want = reference.logits_of(torch.from_numpy(ids), state, config).numpy()
    got = result.outputs["logits"]
    assert got.shape == (BATCH, SEQ, VOCABULARY)
    return np.abs(got - want).max() / np.abs(want).max()


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("mapping.gt=1",),
        ("mapping.go=2",),
        ("mapping.chunks=3",),
        ("mapping.chunks=2", "mapping.go=3", "mapping.gt=1", "mapping.order=striped"),
    ],
    ids=",".join,
)
def test_logits_equal_pytorchs(tmp_path: Path, settings: tuple[str, ...]) -> None:
    config = small(VOCABULARY)
    program = compiled(tmp_path, config, *settings, step="forward")
    assert [result["name"] for result in program.results] == ["logits"]
    assert logits_error(program, config) < LARGEST_ERROR


@pytest.mark.parametrize(("type_", "limit"), [("f16", 0.01), ("bf16", 0.06)])
def test_narrow_logits_come_near(tmp_path: Path, type_: str, limit: float) -> None:
    config = small(VOCABULARY)
    program = compiled(tmp_path, config, step="forward", type=type_, accumulate="f32")
    assert logits_error(program, config) < limit


def test_a_forward_step_of_tiny_runs_on_a_part_of_a_wafer(tmp_path: Path) -> None:
    """More columns than rings of interleaved groups have colors for."""
    sizes = ("fabric.width=48", "fabric.height=20")
    config = tiny(vocab_size=VOCABULARY, num_hidden_layers=1)
    program = compiled(tmp_path, config, *sizes, step="forward", machine="cs3")
    assert logits_error(program, config) < LARGEST_ERROR


def test_more_cores_than_memory_is_an_error(tmp_path: Path) -> None:
    """4.3e9 cores of 48 KiB are 211 TB."""
    (tmp_path / "config.json").write_text(json.dumps(small(VOCABULARY)))
    options = {"machine": "tiny", "tokens": BATCH * SEQ, "seq": SEQ, "step": "forward"}
    text = waferflow.compile(str(tmp_path), to="fabric", text=True, **options)
    for size in (r"fabric.width = 12\b", r"fabric.height = 10\b"):
        text, changed = re.subn(size, size.split()[0] + " = 65536", text)
        assert changed == 1
    program = cycle.Program(text.encode())
    inputs = program.synthetic_weights(0) | program.synthetic_batch(VOCABULARY, 0)
    with pytest.raises(WaferflowError, match="bytes of memory for each of 65536 x 65536 cores"):
        program.run(inputs)


def gradient_errors(program: cycle.Program, config: dict) -> dict[str, float]:
    weights, ids = start_weights(program), tokens()
    labels = ids.copy()
    labels[0, :3] = -100
    outputs = program.run(weights | {"input_ids": ids, "labels": labels}).outputs
    loss, gradients = reference_step(config, weights, ids, labels)
    found = {"loss": abs(float(outputs["loss"]) - float(loss)) / float(loss)}
    for name, gradient in gradients.items():
        want, mask = gradient.numpy(), program.mask(name)
        want = want if mask is None else want * mask
        found[name] = np.abs(outputs[f"{name}.grad"] - want).max() / np.abs(want).max()
    return found


@pytest.mark.parametrize(
    ("changes", "settings", "options"),
    [
        ({"tie_word_embeddings": True}, (), {}),
        ({"tie_word_embeddings": True}, ("mapping.chunks=3", "mapping.go=2"), {}),
        ({"num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 10}, (), {}),
        ({"mlp_gated": False, "hidden_act": "gelu_new"}, (), {}),
        ({"num_hidden_layers": 3}, ("mapping.keep_every=3", "mapping.gt=1"), {}),
        ({}, (), {"mask": "2:4", "sparsity": None}),
    ],
    ids=["tied", "tied-pieces", "grouped", "two-matrices", "recomputed", "2:4"],
)
def test_gradients_equal_pytorchs(
    tmp_path: Path, changes: dict, settings: tuple[str, ...], options: dict
) -> None:
    config = small(VOCABULARY) | changes
    program = compiled(tmp_path, config, *settings, **options)
    found = gradient_errors(program, config)
    assert max(found.values()) < LARGEST_ERROR, max(found, key=found.get)


def test_tied_embeddings_train(tmp_path: Path) -> None:
    """The store adds up both gradients before it updates."""
    config = small(VOCABULARY) | {"tie_word_embeddings": True}
    program = compiled(tmp_path, config)
    weights = start_weights(program)
    batch = {"input_ids": tokens(), "labels": tokens()}
    trained = training.train(program, [batch] * 3, weights=weights, learning_rate=1e-2)
    assert trained.losses[0] > trained.losses[1] > trained.losses[2]
