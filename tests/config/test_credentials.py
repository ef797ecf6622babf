"""A secret comes from a file that nobody else may read, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import credentials
from config.errors import ConfigurationError

SECRET = "xyzzy-0815"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


def put(directory: Path, content: bytes = SECRET.encode(), mode: int = 0o600) -> Path:
    path = directory / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_read_without_the_white_space_around_it(tmp_path: Path, environ: dict[str, str]) -> None:
    put(tmp_path, f"\n {SECRET}\n".encode(), 0o400)

    assert credentials.read("token", environ) == SECRET


def test_a_secret_that_was_not_given_is_none(environ: dict[str, str]) -> None:
    assert credentials.read("token", environ) is None
    assert credentials.read("token", {}) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_a_file_that_others_may_use_is_refused_with_what_to_do(
    tmp_path: Path, environ: dict[str, str], mode: int
) -> None:
    path = put(tmp_path, mode=mode)

    with pytest.raises(ConfigurationError, match="read by others") as caught:
        credentials.read("token", environ)

    assert caught.value.hint == f"chmod 0600 {path}"
    assert SECRET not in str(caught.value.problems)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00", b"x" * 70_000])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, environ: dict[str, str], content: bytes) -> None:
    put(tmp_path, content)

    with pytest.raises(ConfigurationError):
        credentials.read("token", environ)


def test_a_directory_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "token").mkdir(mode=0o700)

    with pytest.raises(ConfigurationError, match="can't be read"):
        credentials.read("token", environ)


@pytest.mark.parametrize("name", ["../token", "/etc/passwd", "", "a/b", "Token"])
def test_only_plain_names_are_looked_up(environ: dict[str, str], name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        credentials.read(name, environ)
