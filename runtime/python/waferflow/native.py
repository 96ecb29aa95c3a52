"""The C++ side: the compiled module `_waferflow`, and one way to call it."""

import importlib
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
    target = getattr(module(), function)
    try:
        return target(*args)
    except (ValueError, RuntimeError) as error:
        raise WaferflowError(str(error).strip() or type(error).__name__) from error
