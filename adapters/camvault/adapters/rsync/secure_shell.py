"""Adapter for rsync, pure part: an ssh that trusts one server and offers one key, whatever the user's own ssh does.

The user's and the system's configuration of ssh are left out (`-F none`): a proxy, a shared connection or an
`StrictHostKeyChecking no` that stands there for other hosts would decide about footage. A key of the server that is not
known, or is another one than before, ends the connection. What asks for a terminal fails (`BatchMode`, by `argv`).
"""

import shlex


def secure_shell(*, port: int, key: str = "", known_hosts: str = "") -> str:
    """The value of rsync's `--rsh`, which splits it at spaces and knows both kinds of quotes.

    Args:
        port: Of the server.
        key: The file with the private key, the only one that is offered; "": those of the user who runs this.
        known_hosts: The file with the server's key, the only one that is believed; "": those of that user.
    """
    pinned = (f"UserKnownHostsFile={_value(known_hosts)}", "GlobalKnownHostsFile=/dev/null") if known_hosts else ()
    identity = (f"IdentityFile={_value(key)}", "IdentitiesOnly=yes") if key else ()
    settings = ("StrictHostKeyChecking=yes", *pinned, *identity)
    return shlex.join(("ssh", "-F", "none", "-p", str(port), *(word for one in settings for word in ("-o", one))))


def remote_target(*, user: str, host: str, path: str) -> str:
    """`user@host:path`; an address of IPv6 stands in brackets."""
    return f"{user}@[{host}]:{path}" if ":" in host else f"{user}@{host}:{path}"


def _value(path: str) -> str:
    """One path as the value of a setting. Source: ssh_config(5), quotes, and TOKENS, for `%`."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
