"""Pure: how many bytes a medium leaves for the outputs of a batch, and whether they are copied or encoded."""

import attrs

from camvault.ports.batch_record import Mode

IMAGE_BASE_BYTES = 2 * 1024 * 1024
"""Volume structures, path tables and padding of a bridge image, rounded up generously."""

IMAGE_BYTES_PER_FILE = 4 * 2048
"""One file's share of the image beyond its content: its UDF entry, its names in three trees, the last sector's rest."""


def _leaves_something(budget: "Budget", _: object, safety_bytes: int) -> None:
    if safety_bytes >= budget.disc_bytes:
        msg = f"safety bytes ({safety_bytes:,}) must be less than disc bytes ({budget.disc_bytes:,})"
        raise ValueError(msg)


@attrs.frozen
class Budget:
    """A medium's capacity and the part of it that stays free."""

    disc_bytes: int = attrs.field(default=25_000_000_000, validator=attrs.validators.ge(1))
    safety_bytes: int = attrs.field(default=500_000_000, validator=[attrs.validators.ge(0), _leaves_something])

    @property
    def usable_bytes(self) -> int:
        """The specification's limit for the sum of all outputs."""
        return self.disc_bytes - self.safety_bytes


def image_overhead_bytes(file_count: int) -> int:
    """An upper bound of what a bridge image needs beside the content of `file_count` files in one folder."""
    return IMAGE_BASE_BYTES + IMAGE_BYTES_PER_FILE * file_count


def kept_free_bytes(wished_bytes: int, *, clip_count: int, beside_bytes: int = 0) -> int:
    """The safety bytes where an image is made of the outputs: as wished, but at least what the image needs beside them.

    `prepare_bodycam` alone keeps what the user wishes. The image of its outputs must fit the disc, too: with the
    default safety bytes it does, with `--safety-bytes 0` it would not. `beside_bytes` is what else goes onto the
    disc (INV-46).
    """
    return max(wished_bytes, image_overhead_bytes(clip_count) + beside_bytes)


def choose_mode(*, total_bytes: int, limit_bytes: int) -> Mode:
    """Copy clips that fit as they are, encode others."""
    return Mode.COPY if total_bytes <= limit_bytes else Mode.ENCODE
