"""A real RTSP server with digest authentication, from Debian's packages. Run with the system's Python.

    /usr/bin/python3 rtsp_server.py FILE.mkv USER PASSWORD_FILE

Each client gets the file from its beginning, in real time. The first line on stdout is the port.
"""

# pyright: reportMissingImports=false
# (gi is a package of the system's Python, not of the virtual environment)

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - versions must be required first

PATH = "/Streaming/Channels/101"
ROLE = "viewer"


def main(file: str, user: str, password_file: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    server.set_auth(_digest(user, Path(password_file).read_text().strip()))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f'( filesrc location="{file}" ! matroskademux name=d '
        "d.video_0 ! queue ! rtph264pay name=pay0 pt=96 config-interval=1 "
        "d.audio_0 ! queue ! rtpmp4gpay name=pay1 pt=97 )"
    )
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
    factory.set_permissions(permissions)
    server.get_mount_points().add_factory(PATH, factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


def _digest(user: str, password: str) -> "GstRtspServer.RTSPAuth":
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(user, password, token)
    return auth


if __name__ == "__main__":
    main(*sys.argv[1:4])
