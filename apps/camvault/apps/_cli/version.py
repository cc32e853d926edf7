"""Composition root, shared part: the version."""


def version() -> str:
    """The installed version."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 10 ms

    try:
        return version("camvault")
    except PackageNotFoundError:
        return "unknown"
