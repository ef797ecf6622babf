"""The service is installed below a directory, and systemd's own tools look at what lies there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "/srv/programs/mezzotint"
TARGETS = ("sysinit", "basic", "shutdown", "network-online", "multi-user")
COMMANDS = (
    f"{PREFIX}/bin/mezzotint",
    *(f"{at}/{name}" for at in ("/bin", "/usr/bin") for name in ("kill", "systemd-tmpfiles")),
)

Tool = Callable[..., "subprocess.CompletedProcess[str]"]


def _make(target: str, below: Path) -> str:
    command = ["make", "-C", str(ROOT), target, f"DESTDIR={below}", f"PREFIX={PREFIX}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with the service in it, and as much of a system as systemd needs to judge it."""
    below = tmp_path_factory.mktemp("system")
    _make("install-service", below)
    units = below / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for name in TARGETS:
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n")
    for command in COMMANDS:
        path = below / command.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return below


def _content(below: Path) -> dict[str, bytes]:
    parts = ("etc/mezzotint", "etc/systemd", "usr/lib/sysusers.d")
    files = [path for part in parts for path in (below / part).rglob("*")]
    return {str(path): path.read_bytes() for path in files if path.is_file()}


def test_installing_again_changes_nothing_of_the_operators(installed: Path) -> None:
    settings = installed / "etc/mezzotint/config.toml"
    drop_in = installed / "etc/systemd/system/mezzotint.service.d/own.conf"
    before_edit = settings.read_bytes()
    settings.write_bytes(before_edit + b"\n# mine\n")
    drop_in.write_text("[Service]\nMemoryMax=4G\n")
    before = _content(installed)
    _make("install-service", installed)
    assert _content(installed) == before
    drop_in.unlink()
    settings.write_bytes(before_edit)


def test_the_settings_let_an_operator_leave_out_where_everything_is(installed: Path) -> None:
    settings = tomllib.loads((installed / "etc/mezzotint/config.toml").read_text())
    assert settings["state_dir"] == "/var/lib/mezzotint"
    assert settings["http"] == {"socket_path": "/run/mezzotint/control.sock", "socket_mode": "0660"}
    assert oct((installed / "etc/mezzotint/credentials").stat().st_mode & 0o777) == "0o700"
    assert os.readlink(installed / "usr/local/bin/mezzotint") == f"{PREFIX}/bin/mezzotint"


@pytest.mark.parametrize("kind", ["a link to another program", "a program"])
def test_a_command_of_that_name_which_is_not_ours_is_left_alone_and_told(tmp_path: Path, kind: str) -> None:
    command = tmp_path / "usr/local/bin/mezzotint"
    command.parent.mkdir(parents=True)
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    if kind == "a program":
        command.write_text("#!/bin/sh\n")
    else:
        command.symlink_to(other)
    before = (command.is_symlink(), command.read_text())
    for target in ("install-service", "uninstall-service"):
        assert f"Left alone: {command}" in _make(target, tmp_path)
        assert (command.is_symlink(), command.read_text()) == before


def test_a_link_that_leads_nowhere_is_made_ours(tmp_path: Path) -> None:
    command = tmp_path / "usr/local/bin/mezzotint"
    command.parent.mkdir(parents=True)
    command.symlink_to("/nowhere/bin/mezzotint")
    _make("install-service", tmp_path)
    assert os.readlink(command) == f"{PREFIX}/bin/mezzotint"
    _make("uninstall-service", tmp_path)
    assert not command.is_symlink()


def test_systemd_finds_nothing_wrong_with_what_is_installed(installed: Path) -> None:
    tool = _tool("systemd-analyze")
    command = [tool, "verify", "--man=no", f"--root={installed}", "mezzotint.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "mezzotint" not in done.stderr


def test_the_exposure_of_the_service_stays_below_the_bound(installed: Path) -> None:
    tool = _tool("systemd-analyze")
    command = [tool, "security", "--offline=true", f"--root={installed}", "--threshold=15", "--no-pager"]
    done = subprocess.run([*command, "mezzotint.service"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
    assert "Overall exposure level" in done.stdout


def test_the_measure_would_notice_an_open_unit(installed: Path, tmp_path: Path) -> None:
    tool = _tool("systemd-analyze")
    text = (installed / "etc/systemd/system/mezzotint.service").read_text()
    bare = "\n".join(line for line in text.splitlines() if not line.startswith(("Protect", "Restrict", "SystemCall")))
    (tmp_path / "bare.service").write_text(bare)
    command = [tool, "security", "--offline=true", "--threshold=15", tmp_path / "bare.service"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_every_drop_in_is_accepted_with_its_lines_in_force(installed: Path) -> None:
    tool = _tool("systemd-analyze")
    directory = installed / "etc/systemd/system/mezzotint.service.d"
    for example in sorted((ROOT / "systemd" / "drop-ins").glob("*.conf")):
        lines = example.read_text().splitlines()
        put = directory / example.name
        put.write_text(
            "\n".join(line[1:] if line.startswith("#") and "=" in line.split()[0] else line for line in lines)
        )
        assert sum(1 for line in put.read_text().splitlines() if line and line[0] not in "#[") >= 1
        command = [tool, "verify", "--man=no", f"--root={installed}", "mezzotint.service"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        put.unlink()
        assert done.returncode == 0, (example.name, done.stderr)
        assert "mezzotint" not in done.stderr, (example.name, done.stderr)


def test_the_user_and_the_operators_group_are_made_and_the_socket_directory_is_theirs(installed: Path) -> None:
    """As root the directory is really made; its numbers are those of the tree, not of this machine."""
    _tool("systemd-sysusers")
    groups = {
        line.split(":")[0]: int(line.split(":")[2]) for line in (installed / "etc/group").read_text().splitlines()
    }
    assert {"mezzotint", "mezzotint-operators", "video", "render"} <= groups.keys()
    user = next(line for line in (installed / "etc/passwd").read_text().splitlines() if line.startswith("mezzotint:"))
    assert user.endswith(":/var/lib/mezzotint:/usr/sbin/nologin")
    if os.geteuid() != 0:
        pytest.skip("only root may give a directory away")
    tool = _tool("systemd-tmpfiles")
    subprocess.run([tool, f"--root={installed}", "--create", "mezzotint.conf"], check=True)
    about = (installed / "run/mezzotint").stat()
    assert (oct(about.st_mode & 0o7777), about.st_gid) == ("0o2750", groups["mezzotint-operators"])


def test_uninstalling_keeps_settings_state_and_drop_ins(tmp_path: Path) -> None:
    _make("install-service", tmp_path)
    (tmp_path / "var/lib/mezzotint").mkdir(parents=True)
    own = tmp_path / "etc/systemd/system/mezzotint.service.d/own.conf"
    own.write_text("[Service]\n")
    _make("uninstall-service", tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if "mezzotint" in path.name}
    assert "etc/systemd/system/mezzotint.service" not in left
    assert "usr/lib/tmpfiles.d/mezzotint.conf" not in left
    assert {"var/lib/mezzotint", "etc/mezzotint", "etc/systemd/system/mezzotint.service.d"} <= left
    assert own.exists()
    assert (tmp_path / "etc/mezzotint/config.toml").is_file()
