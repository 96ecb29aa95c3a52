"""The one error that a user of the package sees."""


class WaferflowError(ValueError):
    """Bad input or a machine that can't hold it: what, where and the limit, in one line."""


def choices(what: str, got: str, known: list[str] | tuple[str, ...]) -> WaferflowError:
    """`unknown model 'x'; choose one of: a, b`."""
    return WaferflowError(f"unknown {what} '{got}'; choose one of: {', '.join(known)}")
