"""Adapter for RTSP cameras: how a camera that refuses wants to be told user and password."""

import re
import socket

import attrs

from camvault.adapters.rtsp.argv import stream_url
from camvault.ports.recorder import StreamSource

_PATIENCE_S = 2.0
_MOST_BYTES = 65536
_CHALLENGE = re.compile(r"^www-authenticate:\s*(\w+)(.*)$", re.IGNORECASE | re.MULTILINE)
_ALGORITHM = re.compile(r"algorithm=\"?([\w-]+)", re.IGNORECASE)
_KNOWN = ("md5", "md5-sess")


def unknown_digest(answer: str) -> str:
    """The kind of digest authentication that a camera insists on, if ffmpeg (5.1 to 9.0) knows none of its kinds."""
    unknown = ""
    for scheme, rest in _CHALLENGE.findall(answer):
        kind = _ALGORITHM.search(rest)
        if scheme.lower() != "digest" or kind is None or kind[1].lower() in _KNOWN:
            return ""
        unknown = kind[1]
    return unknown


def ask_challenge(source: StreamSource) -> str:
    """What the camera answers to somebody without a name; "" if it does not within two seconds."""
    url = stream_url(attrs.evolve(source, user="", password=""))
    request = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    try:
        with socket.create_connection((source.host, source.port), timeout=_PATIENCE_S) as camera:
            camera.sendall(request.encode())
            answer = b""
            while b"\r\n\r\n" not in answer and len(answer) < _MOST_BYTES and (piece := camera.recv(4096)):
                answer += piece
    except OSError:
        return ""
    return answer.decode("ascii", "replace").replace("\r\n", "\n")
