"""A camera that speaks RTSP over TCP and misbehaves on request.

It plays a short H.264 loop (and AAC or G.711 audio) in real time, interleaved in the RTSP connection as cameras do it
(RFC 2326 section 10.12, RFC 6184 packetisation, RFC 3640 for AAC). `mode` may be changed while clients are connected,
which is how a camera that hangs in the middle of a recording is played. Digest authentication as in RFC 2617.
"""

import base64
import enum
import hashlib
import itertools
import re
import secrets
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

VIDEO_CLOCK_HZ = 90_000
MTU_BYTES = 1400


class Mode(enum.Enum):
    """What the camera does with clients."""

    NORMAL = "normal"
    SILENT_AFTER_CONNECT = "silent after connect"
    SILENT_AFTER_PLAY = "silent after play"
    RTCP_ONLY = "rtcp only"
    AUDIO_ONLY = "audio only"
    TRICKLE = "trickle"
    CLOSES = "closes"
    RESETS = "resets"


@attrs.frozen
class Footage:
    """One loop of video access units (lists of NAL units) and, with audio, of audio frames."""

    access_units: tuple[tuple[bytes, ...], ...]
    frame_rate: int
    parameter_sets: tuple[bytes, bytes]
    audio_frames: tuple[bytes, ...] = ()
    audio_rate_hz: int = 16_000
    audio_config: str = ""


def make_footage(
    ffmpeg: str,
    folder: Path,
    *,
    kbps: int = 400,
    has_audio: bool = False,
    seconds: int = 4,
    key_frame_every: int = 25,
    size: str = "320x180",
) -> Footage:
    """Encode a small loop with `ffmpeg`: 25 frames a second, a key frame each second, no B frames."""
    video, audio = folder / "loop.h264", folder / "loop.aac"
    rate = f"{kbps}k"
    subprocess.run(
        [
            *(ffmpeg, "-v", "error", "-nostdin", "-y", "-f", "lavfi"),
            *("-i", f"testsrc2=size={size}:rate=25:duration={seconds},noise=alls=20:allf=t"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", str(key_frame_every), "-pix_fmt", "yuv420p"),
            *("-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params", "aud=1:nal-hrd=cbr", str(video)),
        ],
        check=True,
    )
    units = _access_units(video.read_bytes())
    sets = {unit[0] & 31: unit for access in units for unit in access if unit[0] & 31 in {7, 8}}
    frames: tuple[bytes, ...] = ()
    config = ""
    if has_audio:
        source = f"sine=frequency=440:sample_rate=16000:duration={seconds}"
        subprocess.run(
            [
                ffmpeg,
                "-v",
                "error",
                "-nostdin",
                "-y",
                "-f",
                "lavfi",
                "-i",
                source,
                "-c:a",
                "aac",
                "-ac",
                "1",
                str(audio),
            ],
            check=True,
        )
        frames, config = _adts_frames(audio.read_bytes())
    return Footage(units, 25, (sets[7], sets[8]), frames, 16_000, config)


def _access_units(stream: bytes) -> tuple[tuple[bytes, ...], ...]:
    units = [unit.rstrip(b"\0") for unit in re.split(rb"\x00\x00\x00?\x01", stream) if unit]
    result: list[list[bytes]] = []
    for unit in units:
        if unit[0] & 31 == 9:  # access unit delimiter
            result.append([])
        elif unit[0] & 31 != 12 and result:  # without the filler data of a constant bitrate
            result[-1].append(unit)
    return tuple(tuple(access) for access in result if access)


def _adts_frames(stream: bytes) -> tuple[tuple[bytes, ...], str]:
    """Raw AAC frames, and the AudioSpecificConfig as hexadecimal digits (ISO/IEC 14496-3, 1.6.2.1)."""
    frames = []
    at = 0
    config = b""
    while at + 7 <= len(stream):
        header = stream[at : at + 7]
        profile, rate_index = header[2] >> 6, header[2] >> 2 & 15
        channels = (header[2] & 1) << 2 | header[3] >> 6
        length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        config = struct.pack(">H", (profile + 1) << 11 | rate_index << 7 | channels << 3)
        frames.append(stream[at + (7 if header[1] & 1 else 9) : at + length])
        at += length
    return tuple(frames), config.hex()


class FakeCamera:
    """Use as a context manager; `url` holds no credentials. `last_video_at` is on the monotonic clock, in seconds.

    `footage` may be set to another one; clients that connect later get that. `is_basic`: with Basic authentication.
    """

    def __init__(
        self, footage: Footage, *, user: str = "", password: str = "", path: str = "/Streaming/Channels/101"
    ) -> None:
        self.mode = Mode.NORMAL
        self.last_video_at = 0.0
        self.connections = 0
        self.frames_sent = 0
        self.play_requested_at: list[float] = []
        self.footage = footage
        self.is_basic = False
        self._credentials = (user, password)
        self._path = path
        self._nonce = secrets.token_hex(8)
        self._is_closing = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}{self._path}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing.set()
        for each in [self._listener, *self._sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                each.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            Session(self, client, self.footage, self._credentials, self._nonce, self._path, self._is_closing).run()
        except OSError:
            pass  # the client went away, or the camera is being closed
        finally:
            self._sockets.discard(client)
            client.close()


@attrs.define
class Session:
    """One client."""

    camera: FakeCamera
    client: socket.socket
    footage: Footage
    credentials: tuple[str, str]
    nonce: str
    path: str
    is_closing: threading.Event
    lock: threading.Lock = attrs.Factory(threading.Lock)
    channels: dict[str, int] = attrs.Factory(dict)
    player: threading.Thread | None = None
    is_over: threading.Event = attrs.Factory(threading.Event)

    def run(self) -> None:
        buffer = b""
        try:
            while not self.is_closing.is_set():
                chunk = self.client.recv(65536)
                if not chunk:
                    return
                if self.camera.mode is Mode.SILENT_AFTER_CONNECT:
                    continue
                buffer += chunk
                while True:
                    while buffer[:1] == b"$" and len(buffer) >= 4:  # RTCP of the client
                        length = struct.unpack(">H", buffer[2:4])[0]
                        if len(buffer) < 4 + length:
                            break
                        buffer = buffer[4 + length :]
                    if b"\r\n\r\n" not in buffer or buffer[:1] == b"$":
                        break
                    head, buffer = buffer.split(b"\r\n\r\n", 1)
                    if not self.answer(head.decode()):
                        return
        finally:
            self.is_over.set()
            if self.player:
                self.player.join(timeout=5)

    def answer(self, request: str) -> bool:
        method, _, _ = request.split("\r\n", 1)[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in request.split("\r\n")[1:])}
        sequence = headers.get("cseq", "0")
        if (
            self.credentials[0]
            and method != "OPTIONS"
            and not self.is_authorised(method, headers.get("authorization", ""))
        ):
            kind = "Basic" if self.camera.is_basic else "Digest"
            challenge = f'WWW-Authenticate: {kind} realm="camera", nonce="{self.nonce}"'
            self.reply(sequence, "401 Unauthorized", challenge)
            return True
        if method == "OPTIONS":
            self.reply(sequence, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif method == "DESCRIBE":
            self.reply(
                sequence,
                "200 OK",
                f"Content-Base: {self.camera.url}/",
                "Content-Type: application/sdp",
                body=self.sdp(),
            )
        elif method == "SETUP":
            track = "audio" if "track2" in request.split("\r\n", 1)[0] else "video"
            found = re.search(r"interleaved=(\d+)-", headers.get("transport", ""))
            if not found:
                self.reply(sequence, "461 Unsupported Transport")
                return True
            self.channels[track] = int(found[1])
            self.reply(sequence, "200 OK", f"Transport: {headers['transport']};ssrc=0000CAFE", "Session: 42;timeout=60")
        elif method == "PLAY":
            self.camera.play_requested_at.append(time.monotonic())
            self.reply(sequence, "200 OK", "Session: 42", "Range: npt=0.000-")
            self.player = threading.Thread(target=self.play, daemon=True)
            self.player.start()
        else:
            self.reply(sequence, "200 OK", "Session: 42")
        return method != "TEARDOWN"

    def is_authorised(self, method: str, header: str) -> bool:
        if self.camera.is_basic:
            return header == f"Basic {base64.b64encode(':'.join(self.credentials).encode()).decode()}"
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', header))
        user, password = self.credentials

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        asked = md5(f"{method}:{given.get('uri', '')}")
        expected = md5(f"{md5(f'{user}:camera:{password}')}:{self.nonce}:{asked}")
        return given.get("username") == user and given.get("response") == expected

    def reply(self, sequence: str, status: str, *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {sequence}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode())

    def send(self, data: bytes) -> None:
        with self.lock:
            self.client.sendall(data)

    def sdp(self) -> str:
        sets = ",".join(base64.b64encode(each).decode() for each in self.footage.parameter_sets)
        lines = [
            *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 127.0.0.1", "t=0 0", "a=control:*"),
            *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"),
            *(f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}", "a=control:track1"),
        ]
        if self.footage.audio_frames:
            lines += [
                *("m=audio 0 RTP/AVP 97", f"a=rtpmap:97 MPEG4-GENERIC/{self.footage.audio_rate_hz}/1"),
                (
                    "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
                    f"indexdeltalength=3;config={self.footage.audio_config}"
                ),
                "a=control:track2",
            ]
        return "\r\n".join(lines) + "\r\n"

    def play(self) -> None:
        try:
            for due_at, track, payloads, timestamp, number in self.schedule():
                while not self.is_over.is_set() and time.monotonic() < due_at:
                    self.is_over.wait(min(0.02, max(0.0, due_at - time.monotonic())))
                if self.is_over.is_set() or self.is_closing.is_set():
                    return
                if not self.emit(track, payloads, timestamp, number):
                    self.client.shutdown(socket.SHUT_RDWR)
                    return
        except OSError:
            return

    def schedule(self) -> Iterator[tuple[float, str, tuple[bytes, ...], int, int]]:
        """When which packets of which track are due, without end."""
        started_at = time.monotonic()
        footage = self.footage
        video = itertools.cycle(footage.access_units)
        audio = itertools.cycle(footage.audio_frames) if footage.audio_frames else None
        frame_s = 1024 / footage.audio_rate_hz
        heard = 0
        for shown, access in enumerate(video):
            at = shown / footage.frame_rate
            while audio and heard * frame_s <= at and "audio" in self.channels:
                frame = next(audio)
                packet = struct.pack(">HH", 16, len(frame) << 3) + frame
                yield started_at + heard * frame_s, "audio", (packet,), heard * 1024, heard
                heard += 1
            packets = tuple(itertools.chain.from_iterable(_fragments(unit) for unit in access))
            yield started_at + at, "video", packets, int(at * VIDEO_CLOCK_HZ), shown

    def emit(self, track: str, payloads: tuple[bytes, ...], timestamp: int, number: int) -> bool:
        mode = self.camera.mode
        if mode is Mode.RESETS:  # closing sends an RST then; the end of reading lets the other thread close
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.client.shutdown(socket.SHUT_RD)
            self.is_over.set()
            return True
        if mode is Mode.CLOSES:
            return False
        if (mode is Mode.RTCP_ONLY or (mode is Mode.NORMAL and number % 50 == 0)) and number % 25 == 0:
            self.sender_report(track, timestamp)
        if mode is Mode.TRICKLE and number % 25 == 0:
            self.send(b"$\xfe\0\1\0")  # one byte on a channel nobody asked for
        if mode is Mode.NORMAL or (mode is Mode.AUDIO_ONLY and track == "audio"):
            self.packets(track, payloads, timestamp)
        return True

    def packets(self, track: str, payloads: tuple[bytes, ...], timestamp: int) -> None:
        kind = 96 if track == "video" else 97
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            sequence = self.next_sequence(track)
            header = struct.pack(">BBHII", 0x80, marker | kind, sequence, timestamp & 0xFFFFFFFF, 0xCAFE)
            packet = header + payload
            self.send(struct.pack(">cBH", b"$", self.channels[track], len(packet)) + packet)
        if track == "video":
            self.camera.last_video_at = time.monotonic()
            self.camera.frames_sent += 1

    sequences: dict[str, int] = attrs.Factory(dict)

    def next_sequence(self, track: str) -> int:
        self.sequences[track] = (self.sequences.get(track, -1) + 1) & 0xFFFF
        return self.sequences[track]

    def sender_report(self, track: str, timestamp: int) -> None:
        now = time.time() + 2_208_988_800
        report = struct.pack(
            *(">BBHIIIIII", 0x80, 200, 6, 0xCAFE, int(now), int(now % 1 * 2**32), timestamp & 0xFFFFFFFF, 0, 0)
        )
        self.send(struct.pack(">cBH", b"$", self.channels.get(track, 0) + 1, len(report)) + report)


def _fragments(unit: bytes) -> Iterator[bytes]:
    """One NAL unit as RTP payloads: alone, or as FU-A fragments (RFC 6184 section 5.8)."""
    if len(unit) <= MTU_BYTES:
        yield unit
        return
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 31
    body = unit[1:]
    for at in range(0, len(body), MTU_BYTES):
        start = 0x80 if at == 0 else 0
        end = 0x40 if at + MTU_BYTES >= len(body) else 0
        yield bytes((indicator, start | end | kind)) + body[at : at + MTU_BYTES]
