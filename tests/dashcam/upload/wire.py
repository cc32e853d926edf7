"""A wire between the box and the server: it counts what goes over it, is slow, and is cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import attrs

_CHUNK_BYTES = 64 * 1024


@attrs.define
class Wire:
    """One port for another.

    Attributes:
        server_port: Where the server listens.
        port: Where the box connects to.
        up_bytes: What the box sent, over all connections.
        connection_count: How many connections there were.
        cut_at_bytes: Where the next cuts are, by `up_bytes`; each ends the connection of then.
        pause_s: How long each piece waits.
    """

    server_port: int
    port: int = 0
    up_bytes: int = 0
    connection_count: int = 0
    cut_at_bytes: list[int] = attrs.field(factory=list)
    pause_s: float = 0.0

    def serve(self, listener: socket.socket) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                box, _ = listener.accept()
                self.connection_count += 1
                server = socket.create_connection(("127.0.0.1", self.server_port))
                for source, sink, is_up in ((box, server, True), (server, box, False)):
                    threading.Thread(target=self._pump, args=(source, sink, is_up), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(_CHUNK_BYTES):
                if is_up:
                    time.sleep(self.pause_s)
                    self.up_bytes += len(piece)
                sink.sendall(piece)
                if is_up and self.cut_at_bytes and self.up_bytes >= self.cut_at_bytes[0]:
                    self.cut_at_bytes.pop(0)
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wire_to(server_port: int) -> Iterator[Wire]:
    """A wire that is there inside the context."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(server_port, listener.getsockname()[1])
        threading.Thread(target=wire.serve, args=(listener,), daemon=True).start()
        try:
            yield wire
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
