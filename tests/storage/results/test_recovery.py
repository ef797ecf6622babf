"""Files and rows agree after a start, whatever was left."""

from __future__ import annotations

from types import ModuleType

from support.queue_driver import QueueDriver

from storage.results.recovery import FileReport, is_whole, recorded_sizes, recover_files


def _recover(q: QueueDriver) -> FileReport:
    return recover_files(q.state_dir, q.read(recorded_sizes))


def _drawn(q: QueueDriver) -> str:
    job_id = q.enqueue()
    q.finish(q.claim_one())
    return q.job(job_id).pictures[0].path


def test_what_a_crash_left_is_tidied_and_what_rows_name_stays(q: QueueDriver, invariants: ModuleType) -> None:
    kept = _drawn(q)
    orphan = q.picture().path
    (q.state_dir / f"{kept}.0badcafe.part").write_bytes(b"half")
    (q.state_dir / "pictures" / "stray.txt").write_text("by hand")
    (q.state_dir / "inputs").mkdir()
    (q.state_dir / "inputs" / "a.png.1.part").touch()
    (q.state_dir / "inputs" / "a.png").touch()
    assert len(invariants.violations(q.state_dir)) == 5
    report = _recover(q)
    assert (report.parts_removed, sorted(report.orphans_quarantined)) == (2, sorted([orphan, "pictures/stray.txt"]))
    assert (report.missing, report.damaged, report.left) == ([], [], [])
    assert (q.state_dir / "quarantine" / orphan.rpartition("/")[2]).exists()
    assert (q.state_dir / "inputs" / "a.png").exists()
    assert invariants.violations(q.state_dir) == []
    assert _recover(q) == FileReport()


def test_two_orphans_of_one_name_are_both_kept(q: QueueDriver) -> None:
    for text in ("one", "two"):
        path = q.state_dir / "pictures" / "same.png"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        _recover(q)
    assert sorted(path.read_text() for path in (q.state_dir / "quarantine").iterdir()) == ["one", "two"]


def test_missing_and_cut_files_are_reported_and_changed_ones_found_on_demand(q: QueueDriver) -> None:
    gone, cut, changed = _drawn(q), _drawn(q), _drawn(q)
    (q.state_dir / gone).unlink()
    (q.state_dir / cut).write_bytes(b"cut")
    data = bytearray((q.state_dir / changed).read_bytes())
    data[-1] ^= 1
    (q.state_dir / changed).write_bytes(data)
    report = _recover(q)
    assert (report.missing, report.damaged) == ([gone], [cut])
    from storage import queue

    for job in q.read(queue.find):
        assert not is_whole(q.files, job.pictures[0])
    path = _drawn(q)
    (job,) = [job for job in q.read(queue.find) if job.pictures[0].path == path]
    assert is_whole(q.files, job.pictures[0])
