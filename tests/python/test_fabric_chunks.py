"""Does a vocabulary that is held in pieces give PyTorch's loss and gradients?

One small layer, wavelet by wavelet, with logits that never lie whole in SRAM: the maximum and the
sum of exponentials grow from piece to piece, backward computes each piece's logits again.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import waferflow
from test_fabric_training import LARGEST_ERROR, SPARSITY, start_weights
from test_gradients import tiny, transformers_step
from test_kernels import opt
from waferflow import WaferflowError, cycle

BATCH, SEQ = 2, 8
HEAD = "lm_head.weight"


def small(vocabulary: int) -> dict:
    return tiny(
        vocab_size=vocabulary,
        num_hidden_layers=1,
        hidden_size=32,
        intermediate_size=40,
        num_attention_heads=2,
        num_key_value_heads=1,
    )


def compiled(
    folder: Path,
    vocabulary: int,
    *settings: str,
    to: str = "fabric",
    batch: int = BATCH,
    type_: str = "f32",
    accumulate: str = "storage",
) -> bytes:
    (folder / "config.json").write_text(json.dumps(small(vocabulary)))
    return waferflow.compile(
        str(folder),
        to=to,
        machine="tiny",
        sparsity=[SPARSITY],
        tokens=batch * SEQ,
        seq=SEQ,
        type=type_,
        accumulate=accumulate,
        set=settings,
    )


def batch_of(vocabulary: int) -> dict[str, np.ndarray]:
    """Labels from the whole vocabulary, its first and its last among them; some take no part."""
    ids = np.random.default_rng(7).integers(0, vocabulary, (BATCH, SEQ))
    ids[1] = np.linspace(0, vocabulary - 1, SEQ).astype(int)
    labels = ids.copy()
    labels[0, :3] = -100
    return {"input_ids": ids, "labels": labels}


def check_step(program: cycle.Program, vocabulary: int) -> cycle.CycleReport:
    weights = start_weights(program)
    # Logits grow along the vocabulary, and with them the maximum from piece to piece.
    weights[HEAD] *= np.linspace(1, 20, vocabulary, dtype=np.float32)[:, None]
    batch = batch_of(vocabulary)
    result = program.run(weights | batch)
    loss, gradients = transformers_step(
        small(vocabulary), weights, batch["input_ids"], batch["labels"]
    )
    assert float(result.outputs["loss"]) == pytest.approx(float(loss), rel=1e-5)
    for name, gradient in gradients.items():
        want, got = gradient.numpy(), result.outputs[f"{name}.grad"]
        mask = program.mask(name)
        want = want if mask is None else want * mask
        assert np.abs(got - want).max() < LARGEST_ERROR * np.abs(want).max(), name
    return result.report


def check_pieces(report: cycle.CycleReport, chunks: int, nonzeros: int) -> None:
    """Each pass over the weight streams it once: forward, its recomputation, and transposed."""
    for kernel, passes in (("lm_head", 2), ("lm_head_dX", 1)):
        pieces = [
            k.counters for k in report.kernels if re.fullmatch(rf"k\d+_{kernel}_chunk_\d", k.name)
        ]
        assert len(pieces) == passes * chunks
        assert sum(c.nonzeros for c in pieces) == passes * nonzeros
        assert (
            sum(c.axpys for c in pieces)
            == passes * nonzeros * report.mapping["rows_used"] * (report.mapping["gt"])
        )


@pytest.mark.parametrize(
    ("vocabulary", "chunks", "settings"),
    [(64, 2, ()), (50, 3, ("mapping.gt=2",)), (50, 4, ("mapping.go=2",))],
    ids=["2", "3-of-50-gt=2", "4-of-50-go=2"],
)
def test_loss_and_gradients_equal_pytorchs(
    tmp_path: Path, vocabulary: int, chunks: int, settings: tuple[str, ...]
) -> None:
    code = compiled(tmp_path, vocabulary, f"mapping.chunks={chunks}", *settings)
    report = check_step(cycle.Program(code), vocabulary)
    check_pieces(report, chunks, vocabulary * small(vocabulary)["hidden_size"])


def test_nonzeros_of_the_pieces_are_the_masks(tmp_path: Path) -> None:
    """`compile` leaves the head dense: here it has the mask of another weight."""
    (tmp_path / "placed").write_bytes(compiled(tmp_path, 50, "mapping.chunks=3", to="placed"))
    text = opt("", str(tmp_path / "placed"))
    mask = re.search(r'q_proj.weight"(, pruned = true, mask = [^}]*density = [^>]*)>', text)
    assert mask
    for old, new in (
        (rf'(#flow.weight<name = "{HEAD}")>', rf"\1{mask[1]}>"),
        (rf'(#flow.gradient<weight = "{HEAD}", at = )"dense"', r'\1"mask"'),
        (r'at "dense"( {[^}]*label = "lm_head dW")', r'at "mask"\1'),
    ):
        text, changed = re.subn(old, new, text)
        assert changed == 1, old
    tile = waferflow.simulate(text.encode())[0]
    program = cycle.Program(opt(text, "--lower-to-fabric").encode())
    live = program.mask(HEAD)
    assert live is not None
    assert 0 < live.sum() < live.size
    check_pieces(check_step(program, 50), 3, int(live.sum()))
    # At tile, too: of the product and of its gradients, whose sum two pieces add to.
    head = [k for k in tile.kernels if k.name.startswith("lm_head")]
    for label in ("lm_head chunk", "lm_head dX chunk", "lm_head dW chunk"):
        pieces = [k.nonzeros for k in head if k.name.startswith(label)]
        assert len(pieces) == 3, label
        assert sum(pieces) == live.sum(), label
    assert [k.kind for k in head if k.name.startswith("lm_head dX sum")] == ["map"] * 2


def test_logits_that_do_not_fit_run_in_pieces(tmp_path: Path) -> None:
    """Nobody says how many: two tensors of 2000 logits a token are 10.7 kB a core."""
    (tmp_path / "code").write_bytes(compiled(tmp_path, 2000, "pe.sram_bytes=23400", batch=8))
    names = re.findall(r"fabric.program @k\d+_(lm_head\w*)", opt("", str(tmp_path / "code")))
    once = ["lm_head_chunk_0", "lm_head_chunk_1"]
    assert [name for name in names if "_d" not in name] == 2 * once


def test_sums_of_f32_are_rounded_once(tmp_path: Path) -> None:
    """Of the head's dX, added up over the pieces; rounded at each, 12 are off by 3.9e-3."""
    norms = []
    for chunks in (1, 12):
        settings = (f"mapping.chunks={chunks}", "mapping.gt=1", "mapping.go=1")
        code = compiled(tmp_path, 240, *settings, type_="bf16", accumulate="f32")
        program = cycle.Program(code)
        outputs = program.run(start_weights(program) | batch_of(240)).outputs
        norms.append(outputs["model.norm.weight.grad"])
    whole, pieces = norms
    assert np.abs(pieces - whole).max() < 2.5e-3 * np.abs(whole).max()


def test_pieces_that_cannot_be_are_errors(tmp_path: Path) -> None:
    with pytest.raises(WaferflowError, match=r"mapping.chunks: expected 1 to 50 pieces .* got 51"):
        compiled(tmp_path, 50, "mapping.chunks=51")
    with pytest.raises(WaferflowError, match="expected a positive whole number, got '0'"):
        compiled(tmp_path, 50, "mapping.chunks=0")
