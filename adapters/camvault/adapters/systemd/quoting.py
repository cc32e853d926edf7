"""Adapter for systemd, pure part: values are escaped so that systemd passes them to the program unchanged.

Source: systemd.service(5) "Command lines", systemd.syntax(7) "Quoting", systemd.unit(5) "Specifiers".
"""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%$^~")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": ""}


def literal(text: str) -> str:
    """`text` with specifiers switched off: for settings that take the rest of the line.

    Raises:
        ValueError: The text would continue in the next line of the unit file, and no escape prevents that.
    """
    if set(text) & set("\n\r\0") or text.endswith("\\"):
        raise ValueError(f"a line break or a backslash at the end cannot be in a unit: {text!a}")
    return _plain(text)


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def quoted(text: str) -> str:
    """`text` as one word of a setting that is split into words; specifiers are switched off.

    Raises:
        ValueError: The text has a NUL, which no argument can hold.
    """
    return _word(_plain(text))


def argument(text: str) -> str:
    """`text` as one word of a command line: variables (`$`) are switched off too."""
    return _word(_plain(text).replace("$", "$$"))


def input_line(text: str) -> str:
    """`text`, a line that ends with no backslash, as the value of `StandardInputText=`: escapes and specifiers are off.

    Source: systemd.exec(5), "StandardInputText=".
    """
    return literal(text).replace("\\", "\\\\")


def _word(text: str) -> str:
    if "\0" in text:
        raise ValueError("an argument cannot hold a NUL character")
    if text and set(text) <= _PLAIN:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    raw = character.encode("utf-8", "surrogateescape")
    is_text = character.isprintable()  # control characters are not, and bytes that are not UTF-8
    return character if is_text else "".join(f"\\x{byte:02x}" for byte in raw)


def unit_name(text: str) -> str:
    r"""`text` as part of a unit's name: what a name may not hold becomes `\xNN`, as by `systemd-escape`."""
    encoded = text.encode("utf-8", "surrogateescape")
    result = []
    for position, byte in enumerate(encoded):
        character = chr(byte)
        if character == "/":
            result.append("-")
        elif (character.isascii() and character.isalnum()) or character in ":_" or (character == "." and position):
            result.append(character)
        else:
            result.append(f"\\x{byte:02x}")
    return "".join(result)
