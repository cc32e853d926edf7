"""What rsync and rclone say, and what may help: their codes alone do not tell."""

import json
from pathlib import Path, PurePath, PurePosixPath

import pytest

from camvault.adapters.filesystem import LocalStorage
from camvault.adapters.memory import MemoryCancellation
from camvault.adapters.rclone import parse as rclone
from camvault.adapters.rsync.argv import push_argv
from camvault.adapters.rsync.causes import cause_of
from camvault.adapters.rsync.parse import sent_bytes
from camvault.adapters.rsync.remote_hash import hash_argv, hashes
from camvault.apps._assembly.upload import upload_transfer
from camvault.core.dashcam.configuration import BoxConfig, UploadConfig
from camvault.core.workflows.dashcam.folders import BoxFolders
from camvault.ports.transfer import Here, PushCause, Unsure

R, S, N, C, U = PushCause.REFUSED, PushCause.NO_SPACE, PushCause.NO_NETWORK, PushCause.CUT_OFF, PushCause.UNKNOWN
CLOSED = "rsync: connection unexpectedly closed (0 bytes received so far) [sender]"


@pytest.mark.parametrize(
    ("code", "line", "cause"),
    [
        (255, "Host key verification failed.", R),
        (12, "Host key verification failed.", R),
        (255, "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", R),
        (255, "box@nas: Permission denied (publickey).", R),
        (12, "box@nas: Permission denied (publickey).", R),
        (127, "bash: line 1: rsync: command not found", R),
        (12, "bash: line 1: rsync: command not found", R),
        (11, 'rsync: [Receiver] mkdir "/data/x/y" failed: No such file or directory (2)', R),
        (23, 'rsync: [generator] recv_generator: mkdir "/v/a" failed: Read-only file system (30)', R),
        (11, 'rsync: [receiver] write failed on "/v/a.MP4": No space left on device (28)', S),
        (11, 'rsync: [receiver] write failed on "/v/a.MP4": Disk quota exceeded (122)', S),
        (255, "ssh: connect to host nas port 22: Connection refused", N),
        (255, "ssh: connect to host nas port 22: No route to host", N),
        (255, "ssh: connect to host nas port 22: Connection timed out", N),
        (255, "ssh: Could not resolve hostname nas: Temporary failure in name resolution", N),
        (255, "Connection to nas closed by remote host.", C),
        (12, "client_loop: send disconnect: Broken pipe", C),
        (30, "[sender] io timeout after 120 seconds -- exiting", C),
        (255, "Timeout, server nas not responding.", C),
        (12, "", C),
        (20, "", C),
        (-9, "", C),
        (1, "", R),
        (255, "", C),
        (14, "", U),
        (0, "Permission denied", U),
    ],
)
def test_why_rsync_failed(code: int, line: str, cause: PushCause) -> None:
    """The words that forbid another try come first: each of these ends with the same last line of rsync."""
    lines = [line, CLOSED] if code in (12, 255) else [line]
    assert cause_of(code, lines) is cause


@pytest.mark.parametrize(
    ("code", "line", "cause"),
    [
        (1, "AccessDenied: Access Denied status code: 403", R),
        (1, "Failed to create file system: didn't find section in config file", R),
        (1, "write /v/a.MP4: no space left on device", S),
        (1, "dial tcp 127.0.0.1:1: connect: connection refused", N),
        (1, "dial tcp: lookup nas: no such host", N),
        (1, "read tcp: connection reset by peer", C),
        (5, "", C),
        (7, "", R),
        (1, "something else", U),
        (0, "AccessDenied", U),
    ],
)
def test_why_rclone_failed(code: int, line: str, cause: PushCause) -> None:
    assert rclone.cause_of(code, [line]) is cause


def test_what_rclone_tells() -> None:
    """By file, of none, and how much was sent; recorded of rclone 1.60.1."""
    lines = [
        json.dumps({"level": "error", "msg": "Failed to copy: oh", "object": "a b.MP4"}),
        json.dumps({"level": "error", "msg": "Attempt 1/1 failed", "object": ""}),
        json.dumps({"level": "notice", "msg": "Config file not found"}),
        json.dumps({"level": "notice", "msg": "Transferred", "stats": {"bytes": 15}}),
        "Failed to copy with 2 errors",
        "[]",
    ]
    told = rclone.told(lines)
    assert told.problems == {PurePosixPath("a b.MP4"): "Failed to copy: oh"}
    assert told.words == ("Attempt 1/1 failed", "Failed to copy with 2 errors", "[]")
    assert told.sent_bytes == 15
    assert rclone.no_way(["x", "dial tcp: connect: connection refused"]) == "dial tcp: connect: connection refused"
    assert rclone.no_way(["x"]) == ""


def test_what_is_not_understood_of_a_remote_is_not_made_up() -> None:
    for text in ("", "[]", "{}", '{"Features": {}}', '{"Features": {"IsLocal": 1}}'):
        assert rclone.folder_of(text) is None
    crypt = rclone.settings_of("[a]\ntype = crypt\nremote = s3:bucket\npassword = x\n")
    assert crypt == rclone.Settings(is_elsewhere=False, behind="s3:bucket")
    assert "x" not in str(crypt).replace("Settings", "")
    assert rclone.settings_of("[a]\ntype = s3\n") == rclone.Settings(is_elsewhere=True)
    for text in ("", "[a]\ntype = union\nremote = s3:bucket\n", "type = tomorrow"):
        assert rclone.settings_of(text) == rclone.Settings()
    assert not rclone.is_listed("", PurePosixPath("a/b"))
    assert not rclone.is_listed('[{"Path": "c"}]', PurePosixPath("a/b"))
    assert rclone.is_listed('[{"Path": "b"}]', PurePosixPath("a/b"))


def test_how_the_server_is_asked_for_its_hashes() -> None:
    argv = hash_argv("pi@[fe80::1]:/v/it's", "ssh -p 22")
    assert argv[:5] == ("ssh", "-p", "22", "--", "pi@fe80::1")
    assert argv[5] == "cd -- '/v/it'\"'\"'s' && exec xargs -0 sha256sum --zero --"
    assert hash_argv("nas:v", "rsh") == hash_argv("nas:v", "") == hash_argv("nas::module", "ssh") == ()


def test_only_what_was_asked_for_counts_of_what_the_server_hashed() -> None:
    digest = "0" * 64
    output = f"{digest}  a\n.MP4\0{digest} *-b\0{digest}  c\0nonsense\0{digest[1:]}  d\0".encode()
    asked = {PurePosixPath(name) for name in ("a\n.MP4", "-b", "d", "e")}
    assert hashes(output, asked) == {PurePosixPath("a\n.MP4"): digest, PurePosixPath("-b"): digest}


def test_how_much_rsync_sent() -> None:
    assert sent_bytes(["camvault 100", "camvault 5", "other", "camvault x", "camvault "]) == 105


def test_no_push_of_rsync_may_lose_what_the_research_says() -> None:
    """Whatever is asked for by options of the user."""
    argv = push_argv(
        root=PurePath("/s"),
        target="nas:/v",
        options=("--inplace", "--append", "--partial"),
        io_timeout_s=1,
        suffix=".x",
        has_fsync=True,
    )
    assert not {"--inplace", "--append", "--partial", "--remove-source-files", "-z", "--delete"} & set(argv)


@pytest.mark.parametrize(
    "upload",
    [UploadConfig(), UploadConfig(host="", dest_path="/nowhere/at/all"), UploadConfig(method="rclone", host="cloud")],
    ids=["ssh", "folder", "rclone"],
)
def test_a_user_of_the_dashcam_is_told_the_command_of_the_dashcam(upload: UploadConfig, tmp_path: Path) -> None:
    config = BoxConfig(upload=upload)
    transfer = upload_transfer(config, BoxFolders(tmp_path), LocalStorage(), MemoryCancellation())
    assert transfer.ask() == Unsure("it was not used before; dashcam push marks it")


def test_a_folder_that_lost_its_marker_names_the_command_that_takes_it(tmp_path: Path) -> None:
    config = BoxConfig(upload=UploadConfig(host="", dest_path=str(tmp_path / "there")))
    for folder in ("there", "staging/.camvault"):
        (tmp_path / folder).mkdir(parents=True)
    transfer = upload_transfer(config, BoxFolders(tmp_path / "staging"), LocalStorage(), MemoryCancellation())
    transfer.mark()
    (tmp_path / "there/.camvault-target").unlink()
    assert "run dashcam push --init-target once" in str(transfer.ask())
    assert isinstance(transfer.mark(anew=True), Here)
