"""GGUF files of LLaMA models, converted to Hugging Face's config.json and model.safetensors.

Values are kept exactly: quantised weights are written as the f32 numbers they stand for.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from waferflow.errors import WaferflowError

WEIGHTS = "model.safetensors"
CONFIG = "config.json"

# GGUF name -> Hugging Face name; {} is the number of the block.
NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
    "blk.{}.attn_norm.weight": "model.layers.{}.input_layernorm.weight",
    "blk.{}.ffn_norm.weight": "model.layers.{}.post_attention_layernorm.weight",
    "blk.{}.attn_q.weight": "model.layers.{}.self_attn.q_proj.weight",
    "blk.{}.attn_k.weight": "model.layers.{}.self_attn.k_proj.weight",
    "blk.{}.attn_v.weight": "model.layers.{}.self_attn.v_proj.weight",
    "blk.{}.attn_output.weight": "model.layers.{}.self_attn.o_proj.weight",
    "blk.{}.ffn_gate.weight": "model.layers.{}.mlp.gate_proj.weight",
    "blk.{}.ffn_up.weight": "model.layers.{}.mlp.up_proj.weight",
    "blk.{}.ffn_down.weight": "model.layers.{}.mlp.down_proj.weight",
}


@dataclass(frozen=True)
class Tensor:
    """One tensor of the file: Hugging Face name and shape, values in f32 when asked for."""

    name: str
    shape: tuple[int, ...]
    values: Callable[[], np.ndarray]


def convert(source: Path, directory: Path) -> None:
    """Writes CONFIG and WEIGHTS of the GGUF file `source` into an existing directory.

    Tensors are written one at a time, so memory stays at the largest one. Raises WaferflowError
    where the file is damaged, of another architecture, or holds a tensor or an option that the
    conversion does not know (and would otherwise lose).
    """
    reader = _open(source)
    config = _config(reader, source)
    tensors = list(_tensors(reader, config, source))
    (directory / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    _write(directory / WEIGHTS, tensors, source)


def undo_permutation(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a q or k projection in Hugging Face's order, from llama.cpp's.

    llama.cpp rotates neighbours (2i, 2i + 1) of a head, Hugging Face (i, i + half): row
    2i + p of a head there is row p * half + i here. Without this the model still babbles
    plausibly; its perplexity is ten times worse.
    """
    pairs = rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def _open(source: Path) -> Any:
    try:
        import gguf
    except ImportError as error:
        raise WaferflowError(
            f"{source}: reading it takes the package 'gguf' (pip install 'waferflow[gguf]')"
        ) from error
    try:
        return gguf.GGUFReader(source)
    except (ValueError, KeyError, IndexError, OSError, UnicodeDecodeError) as error:
        raise WaferflowError(f"{source}: not a readable GGUF file ({error})") from error


def _config(reader: Any, source: Path) -> dict[str, Any]:
    """The model's config.json from the file's keys."""

    def key(name: str) -> Any:
        field = reader.get_field(name)
        if field is None:
            raise WaferflowError(f"{source}: expected the key '{name}', got none")
        return field.contents()

    architecture = key("general.architecture")
    if architecture != "llama":
        raise WaferflowError(f"{source}: expected architecture 'llama', got '{architecture}'")
    if reader.get_field("llama.rope.scaling.type") is not None:
        raise WaferflowError(f"{source}: rope scaling can't be converted")
    names = {tensor.name for tensor in reader.tensors}
    embedding = next((t for t in reader.tensors if t.name == "token_embd.weight"), None)
    if embedding is None:
        raise WaferflowError(f"{source}: expected the tensor 'token_embd.weight', got none")
    heads = key("llama.attention.head_count")
    hidden = key("llama.embedding_length")
    rope = reader.get_field("llama.rope.freq_base")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": key("llama.feed_forward_length"),
        "num_hidden_layers": key("llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": key("llama.attention.head_count_kv"),
        "head_dim": hidden // heads,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "max_position_embeddings": key("llama.context_length"),
        "rms_norm_eps": _short(key("llama.attention.layer_norm_rms_epsilon")),
        "rope_theta": _short(rope.contents()) if rope is not None else 10000.0,
        "vocab_size": int(embedding.shape[1]),
        "tie_word_embeddings": "output.weight" not in names,
        "torch_dtype": "float32",
    }


def _short(value: float) -> float:
    """The shortest decimal that is the same f32: 1e-05, not 9.99999974737875e-06."""
    return float(str(np.float32(value)))


def _tensors(reader: Any, config: dict[str, Any], source: Path) -> Iterator[Tensor]:
    """Every tensor of the file, and each that the model needs exactly once."""
    expected = _shapes(config)
    for tensor in reader.tensors:
        block = re.fullmatch(r"blk\.(\d+)\.(.+)", tensor.name)
        pattern = f"blk.{{}}.{block[2]}" if block else tensor.name
        name = NAMES.get(pattern, "").format(block[1] if block else "")
        shape = tuple(int(extent) for extent in reversed(tensor.shape))
        if name not in expected:
            raise WaferflowError(f"{source}: unknown tensor '{tensor.name}'")
        if expected.pop(name) != shape:
            wanted = list(_shapes(config)[name])
            raise WaferflowError(
                f"{source}: tensor '{tensor.name}': expected shape {wanted}, got {list(shape)}"
            )
        heads = {
            "blk.{}.attn_q.weight": config["num_attention_heads"],
            "blk.{}.attn_k.weight": config["num_key_value_heads"],
        }.get(pattern)
        yield Tensor(name, shape, _values(tensor, heads))
    if expected:
        raise WaferflowError(f"{source}: expected a tensor for {min(expected)}, got none")


def _values(tensor: Any, heads: int | None) -> Callable[[], np.ndarray]:
    def values() -> np.ndarray:
        import gguf

        dense = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        return dense if heads is None else undo_permutation(dense, heads)

    return values


def _shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of a LLaMA's tensors by Hugging Face name."""
    hidden, mlp = config["hidden_size"], config["intermediate_size"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    vocabulary = config["vocab_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocabulary, hidden),
        "model.norm.weight": (hidden,),
    }
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (vocabulary, hidden)
    block = {
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (mlp, hidden),
        "mlp.up_proj": (mlp, hidden),
        "mlp.down_proj": (hidden, mlp),
    }
    for layer in range(config["num_hidden_layers"]):
        for name, shape in block.items():
            shapes[f"model.layers.{layer}.{name}.weight"] = shape
    return shapes


def _write(path: Path, tensors: list[Tensor], source: Path) -> None:
    """A safetensors file in f32, a tensor at a time (the library wants all in memory)."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "source": source.name}}
    end = 0
    for tensor in tensors:
        begin, end = end, end + 4 * prod(tensor.shape)
        header[tensor.name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the data begins at a multiple of 8
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors:
            values = tensor.values()
            if values.shape != tensor.shape:
                raise WaferflowError(
                    f"{source}: {tensor.name}: expected shape {list(tensor.shape)}, "
                    f"got {list(values.shape)}"
                )
            file.write(np.ascontiguousarray(values, dtype="<f4").data)
