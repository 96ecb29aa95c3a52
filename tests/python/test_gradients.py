"""Does the builder's training step compute what PyTorch's autograd computes?

Loss and every gradient, in f32, of the module run by the CPU oracle.
"""

import json

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import reference
from waferflow import _waferflow, paths

BATCH, SEQ = 2, 16
LARGEST_ERROR = 1e-5  # largest error over largest gradient, of each tensor


def tiny(**changes) -> dict:
    return json.loads((paths.configs_dir() / "tiny.json").read_text()) | changes


def make_weights(config: dict, zeros: float = 0.0) -> dict[str, np.ndarray]:
    """Random weights by name; the given part of each decoder linear is zero."""
    rng = np.random.default_rng(3)
    weights = {}
    for name, shape, pruned in _waferflow.describe_model(json.dumps(config))["weights"]:
        value = rng.standard_normal(shape).astype(np.float32)
        value = 1 + 0.1 * value if len(shape) == 1 else 0.1 * value
        if pruned:
            value[rng.random(shape) < zeros] = 0
        weights[name] = value.astype(np.float32)
    return weights


def make_tokens(config: dict) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers, and labels some of which take no part in the loss."""
    rng = np.random.default_rng(5)
    ids = rng.integers(0, config["vocab_size"], (BATCH, SEQ))
    labels = ids.copy()
    labels[0, :5] = -100
    labels[1, 9] = -100
    return ids, labels


def oracle_step(
    config: dict, weights: dict[str, np.ndarray], ids: np.ndarray, labels: np.ndarray, at="mask"
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    text = _waferflow.build_graph(json.dumps(config), BATCH, SEQ, "train", at)
    loss, *gradients = _waferflow.run_on_cpu(text, "train_step", [*weights.values(), ids, labels])
    return loss, dict(zip(weights, gradients, strict=True))


def transformers_step(config, weights, ids, labels):
    known = {k: v for k, v in config.items() if k not in ("architectures", "mlp_gated")}
    model = LlamaForCausalLM(LlamaConfig(**known, attn_implementation="eager"))
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    tied = config["tie_word_embeddings"]
    assert (missing, unexpected) == (["lm_head.weight"] if tied else [], [])
    model.tie_weights()
    out = model(input_ids=torch.from_numpy(ids), labels=torch.from_numpy(labels), use_cache=False)
    out.loss.backward()
    return out.loss.detach(), {name: p.grad for name, p in model.named_parameters()}


def reference_step(config, weights, ids, labels):
    p = {name: torch.from_numpy(value).requires_grad_() for name, value in weights.items()}
    loss = reference.loss_of(torch.from_numpy(ids), torch.from_numpy(labels), p, config)
    loss.backward()
    return loss.detach(), {name: value.grad for name, value in p.items()}


def check(step, config: dict, zeros: float = 0.0) -> None:
    weights = make_weights(config, zeros)
    ids, labels = make_tokens(config)
    loss, gradients = oracle_step(config, weights, ids, labels)
    want_loss, want = step(config, weights, ids, labels)
    assert abs(loss - want_loss.numpy()) < 1e-5 * want_loss.numpy()
    assert want.keys() == gradients.keys()
    for name, gradient in gradients.items():
        expected = want[name].numpy()
        scale = np.abs(expected).max()
        assert scale > 0, name
        error = np.abs(gradient - expected).max() / scale
        assert error < LARGEST_ERROR, f"{name}: {error:.1e}"


@pytest.mark.parametrize("zeros", [0.0, 0.7], ids=["dense", "masked"])
def test_llama_equals_transformers(zeros: float) -> None:
    check(transformers_step, tiny(), zeros)


def test_tied_embeddings_add_both_gradients() -> None:
    check(transformers_step, tiny(tie_word_embeddings=True))


def test_own_head_dim_theta_and_no_grouping() -> None:
    config = tiny(head_dim=24, rope_theta=5e5, num_key_value_heads=4, rms_norm_eps=1e-3)
    check(transformers_step, config)


@pytest.mark.parametrize("act", ["gelu_new", "relu"])
def test_mlp_of_two_matrices(act: str) -> None:
    check(reference_step, tiny(mlp_gated=False, hidden_act=act))


@pytest.mark.parametrize("logits", ["last", "all"])
def test_forward_logits_equal_the_reference(logits: str) -> None:
    config = tiny()
    weights = make_weights(config)
    ids, _ = make_tokens(config)
    text = _waferflow.build_graph(json.dumps(config), BATCH, SEQ, "forward", logits=logits)
    (got,) = _waferflow.run_on_cpu(text, "forward", [*weights.values(), ids])
    p = {name: torch.from_numpy(value) for name, value in weights.items()}
    want = reference.logits_of(torch.from_numpy(ids), p, config).numpy()
    if logits == "last":
        want = want[:, -1]
    assert got.shape == want.shape
    assert np.abs(got - want).max() < LARGEST_ERROR * np.abs(want).max()


def test_gradients_at_mask_and_dense_differ_in_attributes_alone() -> None:
    config = json.dumps(tiny())
    mask = _waferflow.build_graph(config, BATCH, SEQ, "train", "mask")
    dense = _waferflow.build_graph(config, BATCH, SEQ, "train", "dense")
    assert mask != dense
    assert mask.replace('at = "mask"', 'at = "dense"') == dense


def test_loss_of_no_label_is_nan_as_in_pytorch() -> None:
    config = tiny()
    weights = make_weights(config)
    ids, labels = make_tokens(config)
    loss, _ = oracle_step(config, weights, ids, np.full_like(labels, -100))
    want, _ = transformers_step(config, weights, ids, np.full_like(labels, -100))
    assert np.isnan(loss)
    assert want.isnan()
