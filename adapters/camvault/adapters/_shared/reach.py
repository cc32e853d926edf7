"""Private to adapters: a program that asks whether anything answers at a port of another machine.

It is started by its path, because a name server may take longer than any limit, imports nothing but the standard
library, and writes one line of JSON: `reached`, or `unreached` with the evidence that the machine is off, or `unknown`.
"""

import errno
import json
import socket
import sys

_UNREACHED = frozenset(
    {
        errno.ECONNREFUSED,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ETIMEDOUT,
    }
)
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def answer(host: str, port: int, limit_s: float) -> dict[str, str]:
    """Connect, and say what came of it.

    A name that is not known any more is that of a machine that is off. A look-up that fails says only that this
    machine's name server does not answer.
    """
    try:
        socket.create_connection((host, port), timeout=limit_s).close()
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return {"unreached": f"the name {host} is not known: {error.strerror}"}
        return {"unknown": f"the name {host} cannot be looked up: {error.strerror}"}
    except TimeoutError:
        return {"unreached": f"{host} port {port} does not answer within {limit_s:g} s"}
    except OSError as error:
        kind = "unreached" if error.errno in _UNREACHED else "unknown"
        return {kind: f"{host} port {port}: {error.strerror or error}"}
    return {"reached": f"{host} port {port}"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))) + "\n")
