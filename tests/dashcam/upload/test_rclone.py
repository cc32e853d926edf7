"""send_clips by a real rclone: to a server that speaks S3, and to a folder."""

import subprocess
from pathlib import Path

import attrs
import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.nearness import TargetReach
from camvault.adapters.rclone import RcloneTransfer
from camvault.apps._assembly.upload import check_upload_tools, upload_reach, upload_transfer
from camvault.core.dashcam.configuration import BoxConfig, PathsConfig, UploadConfig, read_box
from camvault.core.segments.ledger import ProofKind
from camvault.ports.errors import MissingToolError
from tests.contracts.test_transfer import Server, bucket, ends
from tests.dashcam.upload.conftest import Home

__all__ = ["bucket", "ends"]

A, B = "Normal/Front/20260528_140000.MP4", "Event/it's #1 ü.MP4"


def unused() -> "subprocess.Popen[bytes]":
    """There is no sshd."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended


@pytest.fixture
def cloud(bucket: Path, ends: tuple[Path, Path], tmp_path: Path) -> Home:
    """A box that sends to the bucket."""
    upload = UploadConfig(
        method="rclone", host="cloud", dest_path="/bucket/dash", rclone_config=str(tmp_path / "rclone.conf")
    )
    config = BoxConfig(upload=upload, paths=PathsConfig(local_staging=str(ends[0])))
    (bucket / "dash").mkdir()
    return Home(Server(0, tmp_path, tmp_path), bucket / "dash", config, unused())


def test_clips_go_to_the_bucket_are_read_back_and_leave(cloud: Home) -> None:
    contents = {A: b"footage" * 1000, B: b"other"}
    for name, content in contents.items():
        cloud.stage_recorded(name, content)
    report = cloud.send()
    assert report.is_whole, report.problems
    assert cloud.footage() == contents
    assert cloud.staged() == []
    assert report.sent_bytes == sum(map(len, contents.values()))
    for name in contents:
        assert cloud.kinds(name) == [ProofKind.STAGED, ProofKind.READ_BACK, ProofKind.UNSTAGED]
    assert not {word for command in cloud.commands for word in command} & {"move", "sync", "delete", "--delete-before"}


def test_a_byte_that_fell_over_in_the_bucket_is_found(cloud: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves; the clip is sent once more, and what stands there stays beside it."""
    cloud.stage_recorded(A, b"footage")
    push = RcloneTransfer.push

    def damaging(self: RcloneTransfer, *given: object, **options: object) -> object:
        pushed = push(self, *given, **options)  # type: ignore[arg-type]
        (cloud.there / A).write_bytes(b"fXotage")
        return pushed

    with monkeypatch.context() as patched:
        patched.setattr(RcloneTransfer, "push", damaging)
        report = cloud.send()
    assert not report.is_whole
    assert cloud.staged() == [A]
    assert cloud.kinds(A) == [ProofKind.STAGED, ProofKind.WITHDRAWN]


def test_a_remote_that_is_off_keeps_all(cloud: Home) -> None:
    box = attrs.evolve(cloud, config=attrs.evolve(cloud.config, upload=attrs.evolve(cloud.config.upload, host="off")))
    box.stage_recorded(A, b"footage")
    report = box.send()
    assert box.staged() == [A]
    assert "connection refused" in report.problems[0]
    transfer = upload_transfer(box.config, box.folders, LocalStorage(), MemoryCancellation())
    assert isinstance(upload_reach(box.config, transfer), TargetReach)


def test_what_sends_must_be_there(cloud: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_upload_tools(cloud.config)
    check_upload_tools(BoxConfig())
    monkeypatch.setenv("PATH", str(tmp_path))
    for config, tool in ((cloud.config, "rclone"), (BoxConfig(), "rsync")):
        with pytest.raises(MissingToolError, match=tool):
            check_upload_tools(config)


@pytest.mark.parametrize(
    ("upload", "is_right"),
    [
        ({"method": "rclone", "host": "my_cloud"}, True),
        ({"method": "rclone", "host": "my+cloud"}, True),
        ({"method": "rclone", "host": ""}, False),
        ({"method": "rclone", "host": "fe80::1"}, False),
        ({"host": "my_nas"}, True),
        ({"host": "my+cloud"}, False),
        ({"host": ""}, True),
        ({"host": "localhost"}, True),
        ({"host": "fe80::1"}, True),
    ],
)
def test_what_a_host_is_depends_on_the_method(upload: dict[str, str], is_right: bool) -> None:
    found = read_box({"upload": upload})
    assert (found.value is not None) is is_right
    assert is_right or found.problems[0].path == "upload.host"
