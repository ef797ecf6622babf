"""What the kernel and the machine allow, and which libraries are there."""

from __future__ import annotations

import resource
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from daemon.doctor import libraries, limits


@pytest.mark.parametrize(("soft", "level"), [(256, "warn"), (65_536, "ok"), (resource.RLIM_INFINITY, "ok")])
def test_few_open_files_are_found(
    given: Any, found: Any, monkeypatch: pytest.MonkeyPatch, soft: int, level: str
) -> None:
    monkeypatch.setattr(limits.resource, "getrlimit", lambda _: (soft, soft))
    assert found(limits.check_open_files, given())["open files"].level == level


def _kernel(directory: Path, watches: int, queue: int, instances: int) -> Path:
    for name, value in zip(
        ("max_user_watches", "max_queued_events", "max_user_instances"), (watches, queue, instances), strict=True
    ):
        (directory / name).write_text(f"{value}\n")
    return directory


@pytest.mark.parametrize(
    ("allowed", "level"),
    [
        ((65_536, 16_384, 128), "ok"),
        ((100, 16_384, 128), "warn"),
        ((65_536, 100, 128), "warn"),
        ((65_536, 16_384, 1), "warn"),
    ],
)
def test_the_limits_of_inotify_are_judged(
    given: Any, found: Any, tmp_path: Path, allowed: tuple[int, int, int], level: str
) -> None:
    finding = found(limits.check_inotify, given(), base=_kernel(tmp_path, *allowed))["inotify"]
    assert finding.level == level
    assert level == "ok" or str(finding.hint).startswith("sudo sysctl fs.inotify.max_user_watches=")


def test_each_directory_needs_a_watch(given: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FEW_WATCHES", 4)
    settings = given()
    for name in ("a/b/c", "d"):
        (settings.state_dir / "inbox" / name).mkdir(parents=True)
    finding = found(limits.check_inotify, settings, base=_kernel(tmp_path, 9, 16_384, 128))["inotify"]
    assert finding.level == "warn"
    assert "for 5 directories" in finding.detail


def test_a_system_without_inotify_is_told(given: Any, found: Any, tmp_path: Path) -> None:
    assert found(limits.check_inotify, given(), base=tmp_path / "none")["inotify"].level == "warn"
    assert found(limits.check_inotify, given(watch_folder={"enabled": False})) == {}


@pytest.mark.parametrize(
    ("gigabytes", "swap", "model", "level"),
    [(16, 0, 2, "ok"), (16, 0, 20, "warn"), (16, 8, 20, "ok"), (2, 0, 1, "warn")],
)
def test_memory_is_judged_against_the_default_model(
    given: Any, found: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    gigabytes: int, swap: int, model: int, level: str,
) -> None:  # fmt: skip
    memory = tmp_path / "meminfo"
    memory.write_text(f"MemTotal: {gigabytes * 2**20} kB\nHugePages: none\nSwapTotal: {swap * 2**20} kB\n")
    monkeypatch.setattr(limits, "_model_bytes", lambda _: model * 2**30)
    finding = found(limits.check_memory, given(), path=memory)["memory"]
    assert finding.level == level
    assert f"{model}.0 GiB on the disk" in finding.detail


def test_the_size_of_the_default_model_is_measured(given: Any, found: Any, tmp_path: Path) -> None:
    assert "the model starter has" in found(limits.check_memory, given())["memory"].detail
    assert "the model" not in found(limits.check_memory, given(models={"default": "none"}))["memory"].detail
    assert found(limits.check_memory, given(), path=tmp_path / "none")["memory"].level == "ok"


def test_the_installed_libraries_are_new_enough(given: Any, found: Any) -> None:
    assert {finding.level for finding in found(libraries.check_libraries, given()).values()} == {"ok"}


def test_a_library_that_is_old_or_missing_is_found(given: Any, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["numpy>=999", "no-such-library>=1", "pillow>=1", "pytest>=999; extra == 'test'"]
    monkeypatch.setattr(metadata, "requires", lambda _: wanted)
    findings = found(libraries.check_libraries, given())
    assert set(findings) == {"library numpy", "library no-such-library"}
    assert "pip install 'numpy>=999'" in str(findings["library numpy"].hint)
