"""The fault matrix: what burn_iso says, which code it ends with, and what became of the disc.

For everything that can go wrong, with real xorriso and real growisofs on the emulated writer.

`python -m tests.bodycam.burn.fault_matrix > docs/design/fault-matrix.md` writes the page anew from a run.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from tests.bodycam.burn.writer import DEVICE, Ended, Run, Writer, build_image, build_library, wait_for

TOOLS = ("xorriso", "growisofs")
DOCUMENT = Path(__file__).parents[3] / "docs" / "design" / "fault-matrix.md"

HEAD = f"""\
# The fault matrix of burning

Each row is a run of the real `burn_iso` with a real burner on an emulated BD-R writer (`tests/rig/vburn.c`). The
column "disc" is the state of the emulated medium afterwards, as the emulator says. A test runs every row and compares
it with this page; `python -m tests.bodycam.burn.fault_matrix > docs/design/fault-matrix.md` writes it anew.

Exit codes: 0 burned and read back equal, 1 not burned or failed, 2 the disc does not hold the image, 130 stopped by the
user. {DEVICE} is the drive, IMAGE stands for the path of the image.

| case | burner | exit | disc | what the user reads |
|---|---|---|---|---|
"""


@attrs.frozen
class Case:
    """Something that goes wrong (or, to compare, does not).

    Attributes:
        name: As the page calls it.
        exit_code: What burn_iso must end with.
        disc: What the disc must be afterwards, for each tool in the order of `TOOLS`, or for both.
        knobs: Of the emulated writer.
        arguments: Of burn_iso.
        during: What happens while it runs.
        image_bytes: The image is filled up to this size.
    """

    name: str
    exit_code: int
    disc: str | tuple[str, str]
    knobs: dict[str, object] = attrs.field(factory=dict)
    arguments: tuple[str, ...] = ()
    during: Callable[[Run, Writer, Path], None] = lambda *_: None
    image_bytes: int = 0

    def disc_of(self, tool: str) -> str:
        """What the disc must be after this tool."""
        return self.disc if isinstance(self.disc, str) else self.disc[TOOLS.index(tool)]


def _insert_disc(run: Run, writer: Writer, _: Path) -> None:
    run.wait_for_log("No disc detected")
    writer.turn("media", "bdr")


def _ctrl_c_while_waiting(run: Run, *_: object) -> None:
    run.wait_for_log("No disc detected")
    run.press_ctrl_c()


def _ctrl_c_once(run: Run, writer: Writer, _: Path) -> None:
    wait_for(lambda: writer.written_sectors > 64 or not run.is_running)
    run.press_ctrl_c()
    run.wait_for_log("stopping now would lose the disc")


def _ctrl_c_twice(run: Run, writer: Writer, image: Path) -> None:
    _ctrl_c_once(run, writer, image)
    run.press_ctrl_c()


def _change_content(run: Run, writer: Writer, image: Path) -> None:
    """In place, size and time as before: only the content tells."""
    wait_for(lambda: writer.written_sectors > 64 or not run.is_running)
    status = image.stat()
    with image.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"changed meanwhile")
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))


def _change_file(run: Run, writer: Writer, image: Path) -> None:
    """Another file under the same name."""
    wait_for(lambda: writer.written_sectors > 64 or not run.is_running)
    other = image.with_suffix(".new")
    other.write_bytes(image.read_bytes() + bytes(2048))
    other.replace(image)


FINISHED = ("closed", "appendable")
SLOW: dict[str, object] = {"kbps": 1000}
SLOWER: dict[str, object] = {"kbps": 3000, "blocks": 30_000}
"""For an image larger than what growisofs reads ahead: having read it all, it hears no signal any more."""
LARGE_BYTES = 23_438 * 2048

CASES = (
    Case("nothing goes wrong", 0, FINISHED),
    Case("no such drive", 1, "blank", arguments=("--device", "/dev/sr9")),
    Case("no disc, then one is inserted", 0, FINISHED, {"media": "none"}, during=_insert_disc),
    Case("closed disc", 1, "closed", {"state": "closed"}),
    Case("appendable disc", 1, "appendable", {"state": "appendable"}),
    Case("disc too small", 1, "blank", {"blocks": 1024}),
    # growisofs closes what it has begun, xorriso leaves the track open
    Case("write error at the start", 1, "blank", {"fail_lba": 0}),
    Case("write error in the middle", 1, ("incomplete", "appendable"), {"fail_lba": 600}),
    Case("write error at the end", 1, ("incomplete", "appendable"), {"fail_lba": 1200}),
    Case("a bit flips silently", 2, FINISHED, {"flip_lba": 900}),
    Case("a sector cannot be read", 2, FINISHED, {"rfail_lba": 901}),
    Case("drive gone while writing", 1, "incomplete", {"gone_lba": 600}),
    Case("drive gone while reading back", 1, FINISHED, {"rgone_lba": 600}),
    Case("Ctrl-C while waiting for a disc", 130, "blank", {"media": "none"}, during=_ctrl_c_while_waiting),
    Case("slow drive, Ctrl-C once", 0, FINISHED, SLOW, during=_ctrl_c_once),
    Case(
        "slow drive, Ctrl-C twice",
        130,
        "incomplete",
        SLOWER,
        during=_ctrl_c_twice,
        image_bytes=LARGE_BYTES,
    ),
    Case("image content changed while writing", 1, FINISHED, SLOW, during=_change_content),
    Case("another image under the name while writing", 1, FINISHED, SLOW, during=_change_file),
)


@attrs.frozen
class Outcome:
    """A run of a case."""

    case: Case
    tool: str
    image: Path
    ended: Ended
    disc: str
    is_equal: bool

    @property
    def said(self) -> str:
        """The last warning or error, or else the last thing before the end."""
        lines = [line for line in self.ended.log.splitlines() if "Script exited" not in line]
        loud = [line for line in lines if " ▶ WARNING ▶ " in line or " ▶ ERROR ▶ " in line]
        chosen = loud[-2:] if self.ended.exit_code else [*loud[-1:], *lines[-1:]]
        return " … ".join(line.split(" ▶ ", 2)[2] for line in chosen)

    @property
    def is_said_spoiled(self) -> bool | None:
        """Whether the user is told that the disc is spoiled; None if it is not spoken of."""
        if "is spoiled" in self.ended.log:
            return True
        return False if "is untouched" in self.ended.log else None

    @property
    def row(self) -> str:
        """The line of the page."""
        said = self.said.replace(str(self.image), "IMAGE").replace("|", "\\|")
        return f"| {self.case.name} | {self.tool} | {self.ended.exit_code} | {self.disc} | {said} |"


def run_case(case: Case, tool: str, *, library: Path, image: Path, folder: Path) -> Outcome:
    """Run one case in a folder of its own."""
    writer = Writer.new(library, folder / "drive", **case.knobs)
    own_image = folder / "image.iso"
    shutil.copy(image, own_image)
    os.truncate(own_image, max(case.image_bytes, image.stat().st_size))
    content = own_image.read_bytes()
    run = writer.start(folder / "cwd", "--iso-path", str(own_image), "--burner", tool, *case.arguments)
    case.during(run, writer, own_image)
    ended = run.end()
    written = writer.content(len(content)) if writer.disc != "blank" else b""
    return Outcome(case, tool, own_image, ended, writer.disc, written == content)


def run_all(tool: str, *, library: Path, image: Path, folder: Path) -> list[Outcome]:
    """Run every case with one tool, some at a time: the burners mostly wait."""
    with ThreadPoolExecutor(5) as pool:
        jobs = [
            pool.submit(run_case, case, tool, library=library, image=image, folder=folder / str(number))
            for number, case in enumerate(CASES)
        ]
        return [job.result() for job in jobs]


def main() -> None:
    """Run everything and print the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library, image = build_library(folder), build_image(folder)
        columns = [run_all(tool, library=library, image=image, folder=folder / tool) for tool in TOOLS]
    outcomes = [outcome for row in zip(*columns, strict=True) for outcome in row]
    sys.stdout.write(HEAD + "".join(f"{outcome.row}\n" for outcome in outcomes))


if __name__ == "__main__":
    main()
