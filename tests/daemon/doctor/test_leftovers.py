"""What earlier runs left behind, as something to know or to remove."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from daemon.doctor import leftovers, places


def _old(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x" * 2048)
    os.utime(path, (time.time() - 7200,) * 2)
    return path


def test_a_state_directory_in_order_has_none(given: Any, found: Any) -> None:
    settings = given()
    assert found(leftovers.check_quarantine, settings)["quarantine"].level == "ok"
    assert found(leftovers.check_parts, settings)["unfinished files"].level == "ok"
    for check in (leftovers.check_restores, leftovers.check_backups, leftovers.check_pulls):
        assert found(check, settings) == {}


def test_what_was_put_aside_is_counted_and_weighed(given: Any, found: Any) -> None:
    settings = given()
    _old(settings.quarantine / "deep" / "a.png")
    _old(settings.quarantine / "b.png")
    finding = found(leftovers.check_quarantine, settings)["quarantine"]
    assert (finding.level, finding.detail) == ("warn", "2 files, 4.0 KiB")


def test_only_old_parts_are_leftovers(given: Any, found: Any) -> None:
    settings = given()
    for path in (settings.pictures / "ab" / "x.png.1.part", settings.state_dir / ".models-1.part"):
        _old(path)
    (settings.pictures / "young.png.1.part").touch()
    _old(settings.state_dir / "outbox" / ".12.part")
    finding = found(leftovers.check_parts, settings)["unfinished files"]
    assert finding.level == "warn"
    assert finding.detail == "3 older than an hour"


def test_restores_backups_and_pulls_that_were_begun_are_found(given: Any, found: Any, tmp_path: Path) -> None:
    settings = given()
    for name in ("restore.copying", "restore.ready", "restore.placing", "before-restore-20260101T000000Z"):
        _old(settings.state_dir / name / "file")
    restores = found(leftovers.check_restores, settings)
    assert set(restores) == {"unfinished restore", "before a restore"}
    assert "rm -r" in str(restores["before a restore"].hint)
    _old(tmp_path / ".mezzotint-unfinished-12" / "file")
    assert found(leftovers.check_backups, settings) == {}  # it is young: it may be being written
    _old(tmp_path / ".mezzotint-unfinished-12")
    assert "2.0 KiB" in found(leftovers.check_backups, settings)["unfinished backup"].detail
    _old(settings.models_directory / ".pull-mine" / "unet" / "weights.part")
    assert "models pull" in str(found(leftovers.check_pulls, settings)["unfinished pull"].hint)


def test_a_walk_ends_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    for number in range(9):
        (tmp_path / f"{number}").touch()
    assert len(list(places.entries(tmp_path))) == 10
    assert len(list(places.entries(tmp_path, most=4))) == 4
    assert list(places.entries(tmp_path / "none")) == []
