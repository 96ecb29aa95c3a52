"""Are GGUF weights converted to exactly the model they came from?"""

import json
from pathlib import Path

import gguf as library
import numpy as np
import pytest
from safetensors.numpy import load_file

from waferflow import gguf
from waferflow.errors import WaferflowError

LAYERS, HIDDEN, MLP, HEADS, KV_HEADS, VOCABULARY = 2, 64, 96, 4, 2, 160
HEAD_DIM = HIDDEN // HEADS
QUANTISED = {"q_proj": "Q4_1", "k_proj": "Q4_1", "down_proj": "Q4_1", "embed_tokens": "Q8_0"}


def original(seed: int = 0) -> dict[str, np.ndarray]:
    """A tiny model under its Hugging Face names."""
    random = np.random.default_rng(seed)
    shapes = {
        "self_attn.q_proj": (HIDDEN, HIDDEN),
        "self_attn.k_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
        "self_attn.v_proj": (KV_HEADS * HEAD_DIM, HIDDEN),
        "self_attn.o_proj": (HIDDEN, HIDDEN),
        "mlp.gate_proj": (MLP, HIDDEN),
        "mlp.up_proj": (MLP, HIDDEN),
        "mlp.down_proj": (HIDDEN, MLP),
        "input_layernorm": (HIDDEN,),
        "post_attention_layernorm": (HIDDEN,),
    }
    tensors = {"model.embed_tokens.weight": (VOCABULARY, HIDDEN), "model.norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        tensors |= {f"model.layers.{layer}.{name}.weight": s for name, s in shapes.items()}
    return {name: random.normal(size=s).astype(np.float32) for name, s in tensors.items()}


def permuted(rows: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's order, row by row: its 2i + p of a head is Hugging Face's p * half + i."""
    half = rows.shape[0] // heads // 2
    result = np.empty_like(rows)
    for head in range(heads):
        for i in range(half):
            for p in range(2):
                result[head * 2 * half + 2 * i + p] = rows[head * 2 * half + p * half + i]
    return result


def write(path: Path, tensors: dict[str, np.ndarray], architecture: str = "llama", **keys) -> Path:
    """`tensors` as llama.cpp's converter would write them, some of them quantised."""
    writer = library.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_context_length(2048)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(100000.0)
    for key, value in keys.items():
        writer.add_string(key.replace("__", "."), value)
    names = {theirs: ours for ours, theirs in gguf.NAMES.items()}
    for name, values in tensors.items():
        number = name.split(".")[2] if ".layers." in name else ""
        ours = names.get(name.replace(f".{number}.", ".{}."), name).format(number)
        if "q_proj" in name or "k_proj" in name:
            values = permuted(values, HEADS if "q_proj" in name else KV_HEADS)
        kind = next((kind for part, kind in QUANTISED.items() if part in name), None)
        if kind is None:
            writer.add_tensor(ours, values)
        else:
            kind = library.GGMLQuantizationType[kind]
            writer.add_tensor(ours, library.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def rounded(name: str, values: np.ndarray) -> np.ndarray:
    """What quantisation leaves of a tensor; rows are quantised on their own."""
    kind = next((kind for part, kind in QUANTISED.items() if part in name), None)
    if kind is None:
        return values
    kind = library.GGMLQuantizationType[kind]
    return library.dequantize(library.quantize(values, kind), kind)


def test_every_tensor_is_the_original(tmp_path: Path) -> None:
    tensors = original()
    gguf.convert(write(tmp_path / "m.gguf", tensors), tmp_path)
    converted = load_file(tmp_path / "model.safetensors")
    assert converted.keys() == tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(converted[name], rounded(name, values), err_msg=name)


def test_config(tmp_path: Path) -> None:
    gguf.convert(write(tmp_path / "m.gguf", original()), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    expected = {
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": MLP,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_DIM,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "rope_theta": 100000.0,
        "vocab_size": VOCABULARY,
        "tie_word_embeddings": True,
    }
    assert {key: config[key] for key in expected} == expected


def test_untied_head(tmp_path: Path) -> None:
    tensors = original() | {"lm_head.weight": np.ones((VOCABULARY, HIDDEN), np.float32)}
    gguf.convert(write(tmp_path / "m.gguf", tensors), tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["tie_word_embeddings"] is False
    assert "lm_head.weight" in load_file(tmp_path / "model.safetensors")


def test_permutation_is_undone_head_by_head() -> None:
    rows = np.arange(24, dtype=np.float32).reshape(12, 2)
    np.testing.assert_array_equal(gguf.undo_permutation(permuted(rows, 3), 3), rows)
    assert (gguf.undo_permutation(permuted(rows, 3), 1) != rows).any()


def error_of(source: Path) -> str:
    with pytest.raises(WaferflowError) as raised:
        gguf.convert(source, source.parent)
    message = str(raised.value)
    assert message.startswith(f"{source}: ")
    return message.removeprefix(f"{source}: ")


def test_other_architecture(tmp_path: Path) -> None:
    source = write(tmp_path / "m.gguf", original(), architecture="gpt2")
    assert error_of(source) == "expected architecture 'llama', got 'gpt2'"


def test_options_and_tensors_that_would_be_lost(tmp_path: Path) -> None:
    source = write(tmp_path / "a.gguf", original(), llama__rope__scaling__type="yarn")
    assert error_of(source) == "rope scaling can't be converted"
    more = original() | {"rope_freqs.weight": np.ones(8, np.float32)}
    source = write(tmp_path / "b.gguf", more)
    assert error_of(source) == "unknown tensor 'rope_freqs.weight'"


def test_missing_and_misshapen_tensors(tmp_path: Path) -> None:
    name = "model.layers.1.self_attn.o_proj.weight"
    tensors = original()
    kept = tensors.pop(name)
    source = write(tmp_path / "a.gguf", tensors)
    assert error_of(source) == f"expected a tensor for {name}, got none"
    source = write(tmp_path / "b.gguf", tensors | {name: kept[:32]})
    assert error_of(source) == (
        "tensor 'blk.1.attn_output.weight': expected shape [64, 64], got [32, 64]"
    )
    del tensors["model.embed_tokens.weight"]
    source = write(tmp_path / "c.gguf", tensors)
    assert error_of(source) == "expected the tensor 'token_embd.weight', got none"


@pytest.mark.parametrize("bytes_kept", [0, 3, 20, 300, 5000])
def test_damaged_file(tmp_path: Path, bytes_kept: int) -> None:
    whole = write(tmp_path / "m.gguf", original()).read_bytes()
    source = tmp_path / "cut.gguf"
    source.write_bytes(whole[:bytes_kept])
    assert error_of(source).startswith("not a readable GGUF file (")
