"""YAML 1.2, read strictly."""

from pathlib import Path

import pytest

from camvault.adapters.yamlfile import read_yaml
from camvault.ports.errors import RecordError


def written(folder: Path, content: bytes) -> Path:
    path = folder / "config.yaml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: off\nb: yes\n", {"a": "off", "b": "yes"}),  # YAML 1.1 reads false and true
        ("a: 1:1\nb: 1-1\n", {"a": "1:1", "b": "1-1"}),  # and 61
        ("a: true\nb: 22\nc: '22'\nd:\n", {"a": True, "b": 22, "c": "22", "d": None}),
        ("", None),
    ],
)
def test_values(tmp_path: Path, text: str, value: object) -> None:
    assert read_yaml(written(tmp_path, text.encode())) == value


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: 1\na: 2\n", "line 2, column 1: found duplicate key"),
        (b"a: [1\n", "line 2, column 1: expected ',' or ']'"),
        (b"!!python/object/apply:os.system ['true']", "line 1, column 1: could not determine a constructor"),
        (b"a: \xff\n", "not UTF-8 at byte 3"),
        (b"a: \x00\n", "no YAML: unacceptable character"),
        (b"a: " + b"[" * 3000, "no YAML: "),
    ],
)
def test_what_is_no_yaml_is_named_with_its_place(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_yaml(written(tmp_path, content))
    assert caught.value.problem.startswith(problem)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="No such file"):
        read_yaml(tmp_path / "config.yaml")
