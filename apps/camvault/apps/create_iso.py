"""Composition root: create_iso."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from camvault.apps._cli.entry import console_script
from camvault.apps._cli.stage import Context, ExitCodes, Log, Stage, YesNo
from camvault.ports.errors import UsageError

if TYPE_CHECKING:
    from camvault.core.disc.builders import ImageTool


class BuildTool(enum.StrEnum):
    """The choices of `--builder`."""

    AUTO = "auto"
    BRIDGE = "bridge"
    GENISOIMAGE = "genisoimage"
    HDIUTIL = "hdiutil"

    @property
    def tool(self) -> "ImageTool | None":
        """The tool that was asked for, None if any will do."""
        from camvault.core.disc.builders import ImageTool  # noqa: PLC0415 - --help must stay fast

        return None if self is BuildTool.AUTO else ImageTool(self.value)


class Reader(enum.StrEnum):
    """The choices of `--verify-with`."""

    BRIDGE = "bridge"
    PYCDLIB = "pycdlib"


@attrs.frozen(kw_only=True)
class Options:
    """The flags of create_iso."""

    build_dir: Annotated[
        Path, typer.Option("--build-dir", metavar="DIR", help="The folder to master, with everything in it.")
    ]
    iso_path: Annotated[
        Path, typer.Option("--iso-path", metavar="PATH", help="The image to make; its folder is created.")
    ]
    volume_label: Annotated[
        str | None,
        typer.Option(
            "--volume-label",
            metavar="TEXT",
            help="At most 32 of A-Z, a-z, 0-9, _ and -; the UTC time of the start by default.",
        ),
    ] = None
    stamp: Annotated[
        str | None,
        typer.Option(
            "--stamp",
            metavar="YYYYMMDDTHHMMSSZ",
            help="The moment in the image: the same input, label and stamp give the same bytes. "
            "By default the one the label names, else the start.",
        ),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace an existing image, once the new one is proven.")] = (
        False
    )
    even_unfinished: Annotated[
        YesNo,
        typer.Option(
            "--even-unfinished",
            help="Image a build directory although prepare_bodycam did not end, or is at work in it.",
        ),
    ] = YesNo.NO
    evidence: Annotated[
        YesNo,
        typer.Option(
            "--evidence",
            help="Put evidence onto the image: README.txt, SHA256SUMS, where each clip came from, and where it lies.",
        ),
    ] = YesNo.NO
    sign: Annotated[
        Path | None,
        typer.Option(
            "--sign",
            metavar="KEY",
            help="Sign the evidence with this SSH key; a key with a passphrase has to be in an agent.",
        ),
    ] = None
    builder: Annotated[
        BuildTool,
        typer.Option("--builder", help="What writes the image; auto takes the writer that is part of camvault."),
    ] = BuildTool.AUTO
    verify_with: Annotated[
        Reader,
        typer.Option(
            "--verify-with",
            help="What reads the trees of the image back; pycdlib is not of camvault, and takes longer.",
        ),
    ] = Reader.BRIDGE

    def check(self) -> None:
        """Refuse combinations that cannot be meant, before anything is looked at."""
        if self.evidence and self.builder is BuildTool.GENISOIMAGE:
            raise UsageError("--builder genisoimage cannot place evidence on an image: add --evidence no")
        if self.sign is not None and not self.evidence:
            raise UsageError("--sign goes with --evidence yes")
        if self.sign is not None and not self.sign.is_file():
            raise UsageError(f"--sign {self.sign}: No such file")


def run(context: Context, options: Options) -> object:
    """Make a UDF/ISO-9660 image of a folder, read it back and compare.

    Files over 4 GiB, long and foreign names and times are right in both trees. No unfinished or unproven image ever has
    the name of `--iso-path`.
    """
    from camvault.adapters.filesystem import LocalStorage  # noqa: PLC0415 - heavy imports: --help must stay fast
    from camvault.adapters.imagemap import ImageVolumes  # noqa: PLC0415
    from camvault.adapters.isoverify import BridgeVerifier, PycdlibVerifier  # noqa: PLC0415
    from camvault.adapters.progressfile import JsonProgressFiles  # noqa: PLC0415
    from camvault.adapters.pyav import PyavClipReader  # noqa: PLC0415
    from camvault.apps._assembly.evidence import evidence_wish  # noqa: PLC0415
    from camvault.apps._assembly.image_builders import select_builder  # noqa: PLC0415
    from camvault.core.workflows.bodycam.create_iso import ImageRequest, create_iso  # noqa: PLC0415

    options.check()
    chosen, reason = select_builder(options.builder.tool, is_stamped=options.stamp is not None, cancel=context.cancel)
    storage = LocalStorage()
    return create_iso(
        ImageRequest(
            build_dir=options.build_dir.absolute(),
            target=options.iso_path.absolute(),
            label=options.volume_label,
            stamp=options.stamp,
            is_forced=options.force,
            is_even_unfinished=bool(options.even_unfinished),
            logfile=context.logfile,
            evidence=evidence_wish(options.sign) if options.evidence else None,
            capacity_bytes=context.known.disc_bytes,
        ),
        storage=storage,
        builder=chosen,
        verifier=PycdlibVerifier() if options.verify_with is Reader.PYCDLIB else BridgeVerifier(),
        reason=reason,
        clock=context.clock,
        reporter=context.reporter,
        cancel=context.cancel,
        is_image=lambda path: bool(ImageVolumes().identifiers(path)),
        progress_files=JsonProgressFiles(storage),
        clip_reader=PyavClipReader(),
    )


STAGE = Stage(
    name="create_iso",
    options=Options,
    run=run,
    log=Log.REQUIRED,
    echo="stderr",
    exit_codes=ExitCodes(
        {
            0: "the image is written and verified",
            1: "no image; an existing one is untouched",
            130: "stopped by Ctrl-C, SIGTERM or SIGHUP; no image",
        }
    ),
)
entry = console_script(STAGE)

if __name__ == "__main__":
    entry()
