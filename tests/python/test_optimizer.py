"""Does the weight store's AdamW compute what PyTorch's does?"""

import numpy as np
import pytest
import torch

from waferflow import _waferflow

SHAPES = {"attention": (24, 16), "mlp": (48, 24), "norm": (24,)}
PRUNED = ("attention", "mlp")
STEPS = 10
LARGEST_DIFFERENCE = 1e-6  # over the largest value of the weight


def make(rng: np.random.Generator) -> tuple[dict, dict]:
    weights = {n: rng.standard_normal(s).astype(np.float32) for n, s in SHAPES.items()}
    masks = {n: rng.random(SHAPES[n]) < 0.3 for n in PRUNED}
    for name, mask in masks.items():
        weights[name] *= mask
    return weights, masks


def store_with(weights: dict, masks: dict, storage: str = "f32", **options):
    store = _waferflow.MasterStore(**options)
    for name, value in weights.items():
        store.add(name, value, storage, masks.get(name))
    return store


def gradients_of(rng: np.random.Generator, step: int) -> dict[str, np.ndarray]:
    """Of sizes that differ by step, from 1e-4 to 1e4."""
    size = 10.0 ** (step % 9 - 4)
    return {n: (size * rng.standard_normal(s)).astype(np.float32) for n, s in SHAPES.items()}


def compare(store, parameters: dict) -> float:
    worst = 0.0
    for name, parameter in parameters.items():
        want = parameter.detach().numpy().ravel()
        worst = max(worst, np.abs(store.master(name) - want).max() / np.abs(want).max())
    return worst


@pytest.mark.parametrize("clip", [0.0, 1.0])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate": 0.03, "betas": (0.8, 0.95), "epsilon": 1e-6, "weight_decay": 0.1},
        {"learning_rate": 0.01, "betas": (0.3, 0.5), "weight_decay": 0.0},
    ],
)
def test_ten_steps_follow_torch(options: dict, clip: float) -> None:
    rng = np.random.default_rng(7)
    weights, masks = make(rng)
    store = store_with(weights, masks, clip_norm=clip, **options)
    parameters = {n: torch.nn.Parameter(torch.from_numpy(w.copy())) for n, w in weights.items()}
    optimizer = torch.optim.AdamW(
        parameters.values(),
        lr=options.get("learning_rate", 1e-3),
        betas=options.get("betas", (0.9, 0.999)),
        eps=options.get("epsilon", 1e-8),
        weight_decay=options.get("weight_decay", 1e-2),
    )
    for step in range(STEPS):
        gradients = gradients_of(rng, step)
        for name, parameter in parameters.items():
            masked = gradients[name] * masks.get(name, np.float32(1))
            parameter.grad = torch.from_numpy(masked.copy())
        if clip:
            torch.nn.utils.clip_grad_norm_(parameters.values(), clip)
        optimizer.step()
        assert store.step(gradients)["applied"]
        assert compare(store, parameters) <= LARGEST_DIFFERENCE
    for name, mask in masks.items():
        assert (store.master(name)[~mask.ravel()] == 0).all()
        assert (store.master(name)[mask.ravel()] != weights[name][mask]).all()


def test_dynamic_loss_scale_follows_torch() -> None:
    rng = np.random.default_rng(11)
    weights, masks = make(rng)
    settings = {"growth": 2.0, "backoff": 0.5, "growth_interval": 3}
    store = store_with(weights, masks, "f16", loss_scaling="dynamic", scale=256.0, **settings)
    parameters = {n: torch.nn.Parameter(torch.from_numpy(w.copy())) for n, w in weights.items()}
    optimizer = torch.optim.AdamW(parameters.values())
    scaler = torch.amp.GradScaler(
        "cpu", 256.0, growth_factor=2.0, backoff_factor=0.5, growth_interval=3
    )
    scales = []
    for step in range(12):
        gradients = gradients_of(rng, step)
        loss = sum(
            (parameter * torch.from_numpy(gradients[name] * masks.get(name, np.float32(1)))).sum()
            for name, parameter in parameters.items()
        )
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        if step in (2, 7):
            parameters["norm"].grad[3] = float("inf")
        scaled = {n: p.grad.numpy().copy() for n, p in parameters.items()}
        scaler.step(optimizer)
        scaler.update()
        assert store.step(scaled)["applied"] == (step not in (2, 7))
        assert store.scale == scaler.get_scale()
        assert compare(store, parameters) <= LARGEST_DIFFERENCE
        scales.append(store.scale)
    assert set(scales) == {128.0, 256.0}


def test_streams_round_as_torch_does() -> None:
    weights, masks = make(np.random.default_rng(1))
    for storage, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        store = store_with(weights, masks, storage)
        for name, value in weights.items():
            want = torch.from_numpy(value).to(dtype).float().numpy().ravel()
            np.testing.assert_array_equal(store.streamed(name), want)


def test_errors_reach_python() -> None:
    store = _waferflow.MasterStore()
    with pytest.raises(ValueError, match=r"weight 'w': expected 0 outside the mask, got 2"):
        store.add("w", np.array([1, 2], np.float32), mask=np.array([True, False]))
    with pytest.raises(ValueError, match="expected storage f16, bf16 or f32, got 'f8'"):
        store.add("w", np.zeros(2, np.float32), "f8")
    with pytest.raises(ValueError, match=r"expected 'beta1' in \[0, 1\), got 1"):
        _waferflow.MasterStore(betas=(1.0, 0.5))
