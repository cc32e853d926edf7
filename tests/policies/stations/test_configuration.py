"""cameras.json and backup.json: read as specified, every problem at once."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camvault.adapters.jsonc import parse_jsonc, read_jsonc
from camvault.core.stations.configuration import BackupConfig, Camera, read_backup, read_cameras
from camvault.ports.errors import RecordError
from tests import canary

CAMERAS = """{
  "defaults": {
    "user":        "viewer",
    "password":    "secret",
    "output_dir":  "/home/recordingpi/cameras",
    "logs_dir":    "/home/recordingpi/logs",
    "segment_time": 600,          // seconds
    "loglevel":     "info",
    "rtsp_port":    554
  },
  "cameras": [
    { "station": "ROST1", "ip": "192.168.1.75" },
    { "station": "ROST2", "ip": "192.168.1.76" }
  ]
}""".replace("secret", canary.PASSWORD)
BACKUP = """{
  "ready_for_backup_dir": "/home/recordingpi/ready_for_backup",
  "nas_target_dir":       "/mnt/nas/video_archive",
  "success_log_dir":      "/home/recordingpi/backup_logs",
  "lock_dir":             "/home/recordingpi/locks",
  "rsync_options": [
    "-avh", "--partial", "--progress", "--chmod=ug+rwX"
  ]
}"""
NAMED = PurePosixPath("cameras.json")
FOLDERS = {key: f"/{key}" for key in ("ready_for_backup_dir", "nas_target_dir", "success_log_dir", "lock_dir")}
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["defaults", "cameras", "station", "ip", "rsync_options", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


class TestCameras:
    def test_the_specifications_example(self) -> None:
        """With its comment."""
        cameras = read_cameras(parse_jsonc(CAMERAS, path=NAMED)).value
        assert cameras is not None
        assert [(camera.station, camera.ip, camera.user) for camera in cameras] == [
            ("ROST1", "192.168.1.75", "viewer"),
            ("ROST2", "192.168.1.76", "viewer"),
        ]
        assert cameras[0].segment_time == 600

    def test_overrides_win(self) -> None:
        """As specified: inherited unless overridden."""
        document = {
            "defaults": {"segment_time": 600, "core": 1},
            "cameras": [
                {"station": "A", "ip": "::1", "segment_time": 60, "core": None},
                {"station": "B", "ip": "cam.local"},
            ],
        }
        assert read_cameras(document).value == (
            Camera(station="A", ip="::1", segment_time=60),
            Camera(station="B", ip="cam.local", core=1),
        )

    def test_every_problem_at_once(self) -> None:
        """Where, what stands there, what should."""
        document = {
            "defaults": {"segment_time": "600", "rtsp_prot": 554, "station": "X"},
            "cameras": [{"station": "../x", "ip": "a b"}, {"station": "A"}, {"station": "a", "ip": "1.2.3.4"}, "B"],
        }
        assert [str(problem).split(", expected")[0] for problem in read_cameras(document).problems] == [
            "defaults.segment_time: found '600'",
            "defaults.rtsp_prot: found an unknown key",
            "defaults.station: found an unknown key",
            "cameras[0].station: found '../x'",
            "cameras[0].ip: found 'a b'",
            "cameras[1].ip: found nothing",
            "cameras[2].station: found 'a'",
            "cameras[3]: found 'B'",
        ]

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("segment_time", 0),
            ("segment_time", True),
            ("segment_time", 600.5),
            ("rtsp_port", 65_536),
            ("loglevel", "loud"),
            ("output_dir", "relative"),
            ("output_dir", "/a/../b"),
            ("logs_dir", "x"),
            ("user", "a\nb"),
            ("rtsp_path", "Streaming"),
            ("rtsp_path_file", "relative"),
            ("transport", "sctp"),
            ("no_audio", "yes"),
            ("ip", "192.0.2.1:8554"),
            ("core", -1),
            ("core", True),
            ("stall_timeout", float("nan")),
            ("stall_timeout", 0),
            ("utc", "yes"),
            ("expected_audio", []),
            ("expected_audio", {"codec": "aac"}),
            ("expected_video", {"width": [2688]}),
            ("expected_video", {"width": -1}),
            ("ip", 7),
        ],
    )
    def test_each_key_is_checked(self, key: str, value: object) -> None:
        """Types and ranges."""
        camera = {"station": "A", "ip": "1.2.3.4", key: value}
        assert [problem.path for problem in read_cameras({"cameras": [camera]}).problems] == [f"cameras[0].{key}"]

    def test_what_is_expected_of_the_streams(self) -> None:
        """The tables as people have them."""
        video = {"codec_name": "hevc", "profile": "Main", "width": 2688, "height": 1520, "r_frame_rate": "25/1"}
        audio = {"codec_name": "aac", "sample_rate": 16000, "channels_text": "mono"}
        document = {
            "defaults": {"expected_video": video, "expected_audio": audio},
            "cameras": [{"station": "A", "ip": "::1"}, {"station": "B", "ip": "::1", "expected_audio": {}}],
        }
        cameras = read_cameras(document).value
        assert cameras is not None
        first, second = cameras
        assert (first.expected_video, first.expected_audio) == (video, audio)
        assert (second.expected_video, second.expected_audio) == (video, {})

    def test_a_password_is_never_shown(self) -> None:
        """Neither in a problem nor in a repr."""
        wrong = read_cameras({"defaults": {"password": [canary.PASSWORD]}, "cameras": []})
        assert not canary.found_in(str(wrong))
        assert len(wrong.problems) == 1
        right = read_cameras({"cameras": [{"station": "A", "ip": "1.2.3.4", "password": canary.PASSWORD}]})
        assert not canary.found_in(repr(right))

    @pytest.mark.parametrize("document", [[], None, {}, {"cameras": {}}, {"cameras": [], "x": 1}])
    def test_another_shape(self, document: object) -> None:
        """Is told, not guessed at."""
        checked = read_cameras(document)
        assert checked.value is None
        assert checked.problems

    @settings(deadline=None)
    @given(json_values)
    def test_total(self, document: object) -> None:
        """Whatever stands in the file: a value or problems, never both, never neither."""
        for checked in (read_cameras(document), read_backup(document)):
            assert (checked.value is None) == bool(checked.problems)


class TestBackup:
    def test_the_specifications_example(self) -> None:
        """As it stands."""
        assert read_backup(parse_jsonc(BACKUP, path=NAMED)).value == BackupConfig(
            ready_for_backup_dir="/home/recordingpi/ready_for_backup",
            nas_target_dir="/mnt/nas/video_archive",
            success_log_dir="/home/recordingpi/backup_logs",
            lock_dir="/home/recordingpi/locks",
            rsync_options=("-avh", "--partial", "--progress", "--chmod=ug+rwX"),
        )

    @pytest.mark.parametrize(
        "options",
        [
            ["-a", "--inplace", "--relative", "--info=stats2", "--human-readable", "--no-g", "--no-o"],
            ["-essh -n", "--rsh=ssh", "--timeout=60"],
            ["-avhessh -lM -n", "-BM"],
            [],
        ],
    )
    def test_options_in_use(self, options: list[str]) -> None:
        """Those of a real installation, and a remote shell."""
        assert read_backup({**FOLDERS, "rsync_options": options}).problems == ()

    @pytest.mark.parametrize(
        "option",
        [
            "--remove-source-files",
            "--delete",
            "--delete-after",
            "--del",
            "-n",
            "-avhn",
            "--dry-run",
            "--files-from=x",
            "-M--no-backup",
            "-avM--delete",
            "--remote-option=--no-backup",
            "--force",
            "--only-write-batch=x",
            "-",
            "/x",
            "-a\n",
            7,
        ],
    )
    def test_options_that_lose_footage(self, option: object) -> None:
        """What deletes would be a second door out; what pretends would be a lie in the log."""
        assert [problem.path for problem in read_backup({**FOLDERS, "rsync_options": [option]}).problems] == [
            "rsync_options"
        ]

    @pytest.mark.parametrize(
        ("target", "is_allowed"),
        [
            ("/mnt/nas", True),
            ("user@nas:/volume1/video", True),
            ("nas:video", True),
            ("relative/dir", False),
            ("-e:/x", False),
            ("host::module", False),
            ("rsync://host/module", False),
            ("smb://nas/share", False),
            ("nas_1:video", True),
            ("nas:", False),
            ("na s:/x", False),
            (7, False),
        ],
    )
    def test_targets(self, target: object, is_allowed: bool) -> None:
        """A folder or a host with a path."""
        assert (not read_backup({**FOLDERS, "nas_target_dir": target}).problems) is is_allowed


class TestJsonc:
    def test_comments_and_trailing_commas(self) -> None:
        """As people write them; what looks like a comment within a text is text."""
        text = '\ufeff{ /* a */ "url": "rtsp://x", // b\n "list": [1, 2,], }'
        assert parse_jsonc(text, path=NAMED) == {"url": "rtsp://x", "list": [1, 2]}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"a": 1\n "b": 2}', "cameras.json: not valid JSON: line 2 "),
            ('{"a": 1, "a": 2}', 'Duplicate key "a"'),
            ("", "not valid JSON"),
            ("[" * 100_000, "not valid JSON"),
        ],
    )
    def test_what_is_no_json(self, text: str, message: str) -> None:
        """Is told with its line."""
        with pytest.raises(RecordError) as caught:
            parse_jsonc(text, path=NAMED)
        assert message in str(caught.value)

    def test_files(self, tmp_path: Path) -> None:
        """Read as UTF-8; what cannot be read says why."""
        path = tmp_path / "c.json"
        path.write_text('{"a": "ä"}', "utf-8")
        assert read_jsonc(path) == {"a": "ä"}
        path.write_bytes(b'"\xff"')
        with pytest.raises(RecordError, match="not UTF-8 at byte 1"):
            read_jsonc(path)
        with pytest.raises(RecordError, match="No such file"):
            read_jsonc(tmp_path / "missing")
