"""A small LLaMA in PyTorch whose parameters carry Hugging Face's names.

For what transformers' LlamaForCausalLM does not have: MLPs of two matrices. Written from the
definitions, without a look at the builder.
"""

import torch
from torch.nn import functional


def rms_norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    return x / torch.sqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


def rotate(x: torch.Tensor, theta: float) -> torch.Tensor:
    """RoPE on [batch, heads, seq, dim] as complex numbers (i, i + dim / 2)."""
    dim, seq = x.shape[-1], x.shape[-2]
    frequency = theta ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angle = torch.arange(seq, dtype=torch.float64)[:, None] * frequency
    turn = torch.polar(torch.ones_like(angle), angle).to(torch.complex64)
    low, high = x[..., : dim // 2], x[..., dim // 2 :]
    turned = torch.complex(low.contiguous(), high.contiguous()) * turn
    return torch.cat([turned.real, turned.imag], -1)


def attention(x: torch.Tensor, p: dict[str, torch.Tensor], prefix: str, config: dict):
    batch, seq, _ = x.shape
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]

    def project(name: str, count: int) -> torch.Tensor:
        return (
            functional.linear(x, p[f"{prefix}.{name}.weight"])
            .view(batch, seq, count, -1)
            .transpose(1, 2)
        )

    q = rotate(project("q_proj", heads), config["rope_theta"])
    k = rotate(project("k_proj", kv_heads), config["rope_theta"])
    v = project("v_proj", kv_heads)
    k, v = (t.repeat_interleave(heads // kv_heads, dim=1) for t in (k, v))
    out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return functional.linear(
        out.transpose(1, 2).reshape(batch, seq, -1), p[f"{prefix}.o_proj.weight"]
    )


def mlp(x: torch.Tensor, p: dict[str, torch.Tensor], prefix: str, config: dict) -> torch.Tensor:
    act = {
        "silu": functional.silu,
        "relu": functional.relu,
        "gelu_new": lambda v: functional.gelu(v, approximate="tanh"),
    }[config["hidden_act"]]
    up = functional.linear(x, p[f"{prefix}.up_proj.weight"])
    if config.get("mlp_gated", True):
        up = act(functional.linear(x, p[f"{prefix}.gate_proj.weight"])) * up
    else:
        up = act(up)
    return functional.linear(up, p[f"{prefix}.down_proj.weight"])


def logits_of(ids: torch.Tensor, p: dict[str, torch.Tensor], config: dict) -> torch.Tensor:
    """[batch, seq, vocabulary]"""
    epsilon = config["rms_norm_eps"]
    table = p["model.embed_tokens.weight"]
    x = table[ids]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        h = rms_norm(x, p[f"{at}.input_layernorm.weight"], epsilon)
        x = x + attention(h, p, f"{at}.self_attn", config)
        h = rms_norm(x, p[f"{at}.post_attention_layernorm.weight"], epsilon)
        x = x + mlp(h, p, f"{at}.mlp", config)
    x = rms_norm(x, p["model.norm.weight"], epsilon)
    return functional.linear(x, p.get("lm_head.weight", table))


def loss_of(
    ids: torch.Tensor, labels: torch.Tensor, p: dict[str, torch.Tensor], config: dict
) -> torch.Tensor:
    """Mean cross-entropy of the next token; labels of -100 are left out."""
    logits = logits_of(ids, p, config)[:, :-1]
    return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))
