"""A camera that speaks RTSP and misbehaves on request.

It plays a short H.264 loop and sound of any kind in real time, interleaved in the RTSP connection as cameras do it
(RFC 2326 section 10.12, RFC 6184 packetisation, RFC 3640 for AAC), or as UDP packets. `mode` may be changed while
clients are connected, which is how a camera that hangs in the middle of a recording is played. Digest authentication as
in RFC 2617, or with SHA-256 as in RFC 7616.
"""

import base64
import contextlib
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
_TRACKS = {"track1": "video", "track2": "audio", "track3": "second"}


class Mode(enum.Enum):
    """What the camera does with clients."""

    NORMAL = "normal"
    SILENT_AFTER_CONNECT = "silent after connect"
    SILENT_AFTER_PLAY = "silent after play"
    RTCP_ONLY = "rtcp only"
    AUDIO_ONLY = "audio only"
    VIDEO_ONLY = "video only"
    TRICKLE = "trickle"
    CLOSES = "closes"
    RESETS = "resets"

    @property
    def is_stall(self) -> bool:
        """Whether no picture comes any more."""
        return self not in (Mode.NORMAL, Mode.VIDEO_ONLY)


@attrs.frozen
class Sound:
    """One loop of RTP payloads, `ticks` of the clock apart, and what the SDP says of them (`a=rtpmap`, `a=fmtp`)."""

    name: str
    payloads: tuple[bytes, ...]
    ticks: int
    clock_hz: int
    parameters: str = ""
    payload_type: int = 97


@attrs.frozen
class Footage:
    """One loop of video access units (lists of NAL units), and of sound if there is any.

    Attributes:
        shown: The number of each access unit in the order of display, if that is not the order of decoding.
        has_second_picture: Whether a second video track is announced, which sends the same pictures.
        is_announced: Whether the SDP tells the parameter sets, and with them the size of the picture.
        begins_at: The access unit that a client gets first.
    """

    access_units: tuple[tuple[bytes, ...], ...]
    frame_rate: int
    parameter_sets: tuple[bytes, bytes]
    sound: Sound | None = None
    shown: tuple[int, ...] = ()
    has_second_picture: bool = False
    is_announced: bool = True
    begins_at: int = 0


def make_footage(
    ffmpeg: str,
    folder: Path,
    *,
    kbps: int = 400,
    has_audio: bool = False,
    seconds: int = 4,
    key_frame_every: int = 25,
    size: str = "320x180",
    b_frames: int = 0,
) -> Footage:
    """Encode a small loop with `ffmpeg`: 25 frames a second, a key frame each second, no B frames unless asked for."""
    video, encoded = folder / "loop.h264", folder / "loop.mp4"
    rate = f"{kbps}k"
    subprocess.run(
        [
            *(ffmpeg, "-v", "error", "-nostdin", "-y", "-f", "lavfi"),
            *("-i", f"testsrc2=size={size}:rate=25:duration={seconds},noise=alls=20:allf=t"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-bf", str(b_frames), "-g", str(key_frame_every)),
            *("-pix_fmt", "yuv420p", "-b_strategy", "0", "-b-pyramid", "normal" if b_frames > 2 else "none"),
            *("-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-x264-params", "aud=1:nal-hrd=cbr", str(encoded)),
        ],
        check=True,
    )
    subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-y", "-i", encoded, "-c", "copy", video], check=True)
    units = _access_units(video.read_bytes())
    sets = {unit[0] & 31: unit for access in units for unit in access if unit[0] & 31 in {7, 8}}
    sound = aac(ffmpeg, folder, seconds=seconds) if has_audio else None
    return Footage(units, 25, (sets[7], sets[8]), sound, _order(encoded) if b_frames else ())


def _order(encoded: Path) -> tuple[int, ...]:
    import av  # noqa: PLC0415 - where this is a program, there is none

    with av.open(str(encoded)) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    ranks = {time: rank for rank, time in enumerate(sorted(times))}
    return tuple(ranks[time] for time in times)


def aac(ffmpeg: str, folder: Path, *, seconds: int = 4) -> Sound:
    """AAC as in RFC 3640, at 16 kHz."""
    frames, config = _adts_frames(raw_sound(ffmpeg, folder, "aac", rate_hz=16_000, seconds=seconds))
    parameters = (
        f"streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config={config}"
    )
    payloads = tuple(struct.pack(">HH", 16, len(frame) << 3) + frame for frame in frames)
    return Sound("MPEG4-GENERIC/16000/1", payloads, 1024, 16_000, parameters)


def raw_sound(ffmpeg: str, folder: Path, kind: str, *more: str, rate_hz: int = 8000, seconds: int = 4) -> bytes:
    """A tone, one channel of it, as ffmpeg writes it into a file of this kind."""
    path = folder / f"loop.{kind}"
    tone = f"sine=frequency=440:sample_rate={rate_hz}:duration={seconds}"
    argv = [ffmpeg, "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", tone, *more, "-ac", "1", "-f"]
    subprocess.run([*argv, "adts" if kind == "aac" else kind, path], check=True)
    return path.read_bytes()


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

    `footage` may be set to another one; clients that connect later get that. `authentication`: "Digest", "SHA-256" (a
    digest too) or "Basic". `transports`: what a client may ask for.
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
        self.authentication = "Digest"
        self.transports: tuple[str, ...] = ("tcp", "udp")
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
    senders: list[socket.socket] = attrs.Factory(list)
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
            for sender in self.senders:
                sender.close()

    def answer(self, request: str) -> bool:
        method, _, _ = request.split("\r\n", 1)[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in request.split("\r\n")[1:])}
        sequence = headers.get("cseq", "0")
        if (
            self.credentials[0]
            and method != "OPTIONS"
            and not self.is_authorised(method, headers.get("authorization", ""))
        ):
            kind = "Basic" if self.camera.authentication == "Basic" else "Digest"
            challenge = f'WWW-Authenticate: {kind} realm="camera", nonce="{self.nonce}"'
            if self.camera.authentication == "SHA-256":
                challenge += ', algorithm=SHA-256, qop="auth"'
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
            return self.set_up(sequence, request.split("\r\n", 1)[0], headers.get("transport", ""))
        elif method == "PLAY":
            self.camera.play_requested_at.append(time.monotonic())
            self.reply(sequence, "200 OK", "Session: 42", "Range: npt=0.000-")
            self.player = threading.Thread(target=self.play, daemon=True)
            self.player.start()
        else:
            self.reply(sequence, "200 OK", "Session: 42")
        return method != "TEARDOWN"

    def set_up(self, sequence: str, request: str, asked: str) -> bool:
        track = next((name for number, name in _TRACKS.items() if number in request), "video")
        by_tcp = re.search(r"interleaved=(\d+)-", asked)
        by_udp = re.search(r"client_port=(\d+)-(\d+)", asked)
        answer = f"Transport: {asked};ssrc=0000CAFE"
        if by_tcp and "tcp" in self.camera.transports:
            self.channels[track] = int(by_tcp[1])
        elif by_udp and "udp" in self.camera.transports:
            for port in by_udp.groups():
                sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sender.bind(("127.0.0.1", 0))
                sender.connect(("127.0.0.1", int(port)))
                self.senders.append(sender)
            media, control = (each.getsockname()[1] for each in self.senders[-2:])
            self.channels[track] = len(self.senders) - 2
            answer += f";server_port={media}-{control}"
        else:
            self.reply(sequence, "461 Unsupported Transport")
            return True
        self.reply(sequence, "200 OK", answer, "Session: 42;timeout=60")
        return True

    def is_authorised(self, method: str, header: str) -> bool:
        if self.camera.authentication == "Basic":
            return header == f"Basic {base64.b64encode(':'.join(self.credentials).encode()).decode()}"
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', header))
        user, password = self.credentials

        kind = "sha256" if self.camera.authentication == "SHA-256" else "md5"

        def digest(*parts: str) -> str:
            return hashlib.new(kind, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

        once = (given.get("nc", ""), given.get("cnonce", ""), given["qop"]) if "qop" in given else ()
        asked = digest(method, given.get("uri", ""))
        expected = digest(digest(user, "camera", password), self.nonce, *once, asked)
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
        told = f";sprop-parameter-sets={sets}" if self.footage.is_announced else ""
        lines = [
            *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 127.0.0.1", "t=0 0", "a=control:*"),
            *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"),
            *(f"a=fmtp:96 packetization-mode=1{told}", "a=control:track1"),
        ]
        if sound := self.footage.sound:
            kind = sound.payload_type
            lines += [f"m=audio 0 RTP/AVP {kind}"]
            lines += [f"a=rtpmap:{kind} {sound.name}"] if sound.name else []
            lines += [f"a=fmtp:{kind} {sound.parameters}"] if sound.parameters else []
            lines += ["a=control:track2"]
        if self.footage.has_second_picture:
            lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"]
            lines += ["a=fmtp:96 packetization-mode=1", "a=control:track3"]
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
        footage, sound = self.footage, self.footage.sound
        count = len(footage.access_units)
        heard = 0
        for sent in itertools.count(footage.begins_at):
            access = footage.access_units[sent % count]
            at = (sent - footage.begins_at) / footage.frame_rate
            while sound and "audio" in self.channels and heard * sound.ticks / sound.clock_hz <= at:
                payload = sound.payloads[heard % len(sound.payloads)]
                yield started_at + heard * sound.ticks / sound.clock_hz, "audio", (payload,), heard * sound.ticks, heard
                heard += 1
            shown = sent - sent % count + footage.shown[sent % count] if footage.shown else sent
            packets = tuple(itertools.chain.from_iterable(_fragments(unit) for unit in access))
            for track in ("video", "second"):
                if track in self.channels:
                    yield started_at + at, track, packets, shown * VIDEO_CLOCK_HZ // footage.frame_rate, sent

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
        may_send = {Mode.NORMAL: True, Mode.AUDIO_ONLY: track == "audio", Mode.VIDEO_ONLY: track == "video"}
        if may_send.get(mode, False):
            self.packets(track, payloads, timestamp)
        return True

    def packets(self, track: str, payloads: tuple[bytes, ...], timestamp: int) -> None:
        kind = self.footage.sound.payload_type if track == "audio" and self.footage.sound else 96
        for index, payload in enumerate(payloads):
            marker = 0x80 if index == len(payloads) - 1 else 0
            sequence = self.next_sequence(track)
            header = struct.pack(">BBHII", 0x80, marker | kind, sequence, timestamp & 0xFFFFFFFF, 0xCAFE)
            self.deliver(self.channels[track], header + payload)
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
        self.deliver(self.channels.get(track, 0) + 1, report)

    def deliver(self, channel: int, packet: bytes) -> None:
        """Send a packet by the transport that was agreed upon."""
        if not self.senders:
            self.send(struct.pack(">cBH", b"$", channel, len(packet)) + packet)
            return
        with contextlib.suppress(ConnectionRefusedError):  # nobody listens at the client's port any more
            self.senders[channel].send(packet)


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
