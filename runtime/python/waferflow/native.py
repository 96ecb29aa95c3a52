"""The C++ side: the compiled module `_waferflow`, and one way to call it."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from waferflow.errors import WaferflowError


def module() -> ModuleType:
    """The compiled module. Raises WaferflowError with the loader's reason if it can't be loaded."""
    try:
        return importlib.import_module("waferflow._waferflow")
    except ImportError as error:
        raise WaferflowError(
            f"the compiled part of waferflow can't be loaded ({error}); run 'make build'"
        ) from error


def call(function: str, *args: Any) -> Any:
    """Calls `_waferflow.<function>`; its ValueError and RuntimeError become WaferflowError."""
    return invoke(getattr(module(), function), *args)


def invoke(target: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Calls something of `_waferflow`; its ValueError and RuntimeError become WaferflowError."""
    try:
        return target(*args, **options)
    except (ValueError, RuntimeError) as error:
        raise WaferflowError(str(error).strip() or type(error).__name__) from error
