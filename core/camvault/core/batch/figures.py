"""Pure: sizes and lengths in words, for plans and messages."""


def gigabytes(size_bytes: int) -> str:
    """A size in words: "1.5 TB", "50 GB", "31.2 GB", "640 MB", "980 bytes"."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (1_000, "kB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.4g} {name}"
    return f"{size_bytes} bytes"


def hours(seconds: float) -> str:
    """A length in words: "5 h 12 min", "3 min 20 s"."""
    whole = round(seconds)
    if whole >= 3600:  # noqa: PLR2004 - an hour
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"  # noqa: PLR2004 - a minute
