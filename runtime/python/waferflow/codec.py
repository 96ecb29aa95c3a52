"""Dataclasses to plain JSON data and back, strict about keys and types."""

import dataclasses
import types
import typing
from typing import Any, TypeVar

from waferflow.errors import WaferflowError

T = TypeVar("T")

#: Field metadata: the key is left out of the JSON while its value is None.
OPTIONAL: dict[str, Any] = {"optional": True}


def to_plain(value: Any) -> Any:
    """A dataclass, list, tuple, dict or scalar as JSON data, keys in the order of the fields."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not (field.metadata.get("optional") and getattr(value, field.name) is None)
        }
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


def from_plain(kind: type[T], data: Any, where: str = "report") -> T:
    """Builds a `kind` from JSON data. Raises WaferflowError that names the path."""
    return typing.cast(T, _decode(kind, data, where))


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(args, data, where)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, where)
    if origin is list:
        _expect(data, list, where)
        return [_decode(args[0], item, f"{where}[{i}]") for i, item in enumerate(data)]
    if origin is dict:
        _expect(data, dict, where)
        return {key: _decode(args[1], item, f"{where}.{key}") for key, item in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    _expect(data, kind, where)
    return data


def _decode_union(kinds: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in kinds:
        return None
    members = [kind for kind in kinds if kind is not type(None)]
    if len(members) == 1:
        return _decode(members[0], data, where)
    if type(data) not in members:
        raise WaferflowError(f"{where}: unexpected {type(data).__name__}")
    return data


def _decode_dataclass(kind: Any, data: Any, where: str) -> Any:
    _expect(data, dict, where)
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(set(data) - set(fields)):
        raise WaferflowError(f"{where}: unknown key '{unknown[0]}'")
    missing = [n for n, f in fields.items() if n not in data and not f.metadata.get("optional")]
    if missing:
        raise WaferflowError(f"{where}: key '{missing[0]}' is missing")
    return kind(**{key: _decode(hints[key], data[key], f"{where}.{key}") for key in data})


def _expect(data: Any, kind: type, where: str) -> None:
    # bool is an int to isinstance, and no number in a report is a truth value.
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise WaferflowError(f"{where}: expected {kind.__name__}, got {type(data).__name__}")
