"""The daemon and its engine work with no system calls but those that the unit allows them."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.live_daemon import LiveDaemon

ROOT = Path(__file__).resolve().parents[2]
_START = """
import ctypes, os, sys
lib = ctypes.CDLL({library!r}, use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p
lib.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
lib.seccomp_load.argtypes = [ctypes.c_void_p]
allow, refuse = 0x7FFF0000, 0x00050000 | 1
filter = lib.seccomp_init({otherwise})
for name in open({names!r}).read().split():
    number = lib.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert lib.seccomp_rule_add(filter, allow, number, 0) == 0, name
assert lib.seccomp_load(filter) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""
KILL = 0x80000000


def _filters() -> list[str]:
    lines = (ROOT / "systemd" / "mezzotint.service").read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith("SystemCallFilter=")]


def _members(analyze: str, name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    done = subprocess.run([analyze, "syscall-filter", name], capture_output=True, text=True, check=True)
    words = (line.strip() for line in done.stdout.splitlines()[1:])
    return set().union(*(_members(analyze, word) for word in words if word and not word.startswith("#")))


def allowed(analyze: str) -> set[str]:
    """The first line says what there is, each further one adds or, with a tilde, takes away."""
    found = _members(analyze, "@default")
    for line in _filters():
        named = set().union(*(_members(analyze, word) for word in line.lstrip("~").split()))
        found = found - named if line.startswith("~") else found | named
    return found


@pytest.fixture
def filtered(tmp_path: Path) -> tuple[str, ...]:
    """The command behind a filter that ends the process at the first call outside the list."""
    analyze, library = shutil.which("systemd-analyze"), ctypes.util.find_library("seccomp")
    if analyze is None or library is None:
        pytest.skip("needs systemd-analyze and libseccomp")
    names = tmp_path / "names"
    # SQLite gives its log to the owner of the database, but only as root, which the service is not.
    as_root = {"fchown"} if os.geteuid() == 0 else set()
    names.write_text("\n".join(sorted(allowed(analyze) | as_root)))
    script = _START.format(library=library, names=str(names), otherwise=KILL)
    mezzotint = str(Path(sys.executable).with_name("mezzotint"))
    return (sys.executable, "-P", "-c", script, sys.executable, "-P", mezzotint)


def test_the_list_leaves_out_what_needs_privileges_and_keeps_what_torch_needs() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    names = allowed(analyze)
    assert {"mbind", "sched_setaffinity", "setpriority", "memfd_create", "prctl", "inotify_add_watch", "fcntl"} <= names
    assert not {"chown", "setuid", "mount", "bpf", "ptrace", "reboot", "init_module", "kexec_load"} & names


def test_the_filter_ends_whoever_oversteps_it(filtered: tuple[str, ...]) -> None:
    code = "import os; os.chown('/dev/null', 0, 0)"
    done = subprocess.run([*filtered[:-2], "-P", "-c", code], check=False)
    assert done.returncode == -31  # SIGSYS


@pytest.mark.slow
def test_a_daemon_with_the_fake_engine_oversteps_nothing(filtered: tuple[str, ...], tmp_path: Path) -> None:
    daemon = LiveDaemon(tmp_path / "state", command=filtered)
    daemon.start()
    (daemon.state_dir / "inbox" / "order.txt").write_text("an owl\n")
    (job,) = daemon.wait(daemon.submit("a fox"))
    assert job["state"] == "done", job
    daemon.until(lambda: any((daemon.state_dir / "outbox").glob("*.png")), 60, "the folder's picture is there")
    assert daemon.stop() == 0


@pytest.mark.slow
@pytest.mark.engine
def test_a_real_picture_is_drawn_within_them(filtered: tuple[str, ...], tmp_path: Path) -> None:
    daemon = LiveDaemon(tmp_path / "state", {"MEZZOTINT_ENGINE__KIND": "local"}, command=filtered)
    daemon.start()
    (job,) = daemon.wait(daemon.submit("a red apple", steps=2, width=64, height=64, seed=7), seconds=110)
    assert job["state"] == "done", job
    assert daemon.stop() == 0
