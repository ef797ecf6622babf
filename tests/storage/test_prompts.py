"""The index of words is as the jobs are, whichever library had the file meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.queue_driver import QueueDriver, new_job
from support.requests import settled

from storage import prompts, queue, search
from storage.prune import jobs


def found(driver: QueueDriver, text: str) -> list[str]:
    def find(connection: queue.Connection) -> list[queue.Job]:
        return search.find(connection, text, owner=None, guild=None, viewer="cli:1", limit=10)

    return [job.request.prompt for job in driver.database.read_sync(find)]


def ask(driver: QueueDriver, prompt: str) -> str:
    return str(driver.write(queue.enqueue, new_job(settled(prompt=prompt, steps=1), owner="cli:1"), now=driver.now).id)


def test_a_file_may_be_of_a_library_without_the_index_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1. Jobs come. 2. Where there is no FTS5 some go, others come. 3. It is there again. 4. And once more."""
    driver = QueueDriver(tmp_path)
    names = {prompt: ask(driver, prompt) for prompt in ("an old apple", "a young apple")}
    driver.close()
    for away in ("a green pear", "a red pear"):
        with monkeypatch.context() as patch:
            patch.setattr(prompts, "MODULE", "fts9")
            driver = QueueDriver(tmp_path)
            if "a young apple" in names:
                gone = names.pop("a young apple")
                driver.write(queue.cancel, gone, now=driver.now)
                driver.write(jobs.remove_one, gone)
            names[away] = ask(driver, away)
            assert found(driver, "apple") == ["an old apple"]
            assert found(driver, away) == [away]
            driver.close()
        driver = QueueDriver(tmp_path)
        assert driver.database.read_sync(prompts.is_there)
        assert found(driver, "apple") == ["an old apple"]
        assert found(driver, away) == [away]
        driver.write(lambda c: c.exec_driver_sql("INSERT INTO prompts (prompts, rank) VALUES ('integrity-check', 1)"))
        driver.close()


def test_a_file_that_was_made_without_the_index_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = QueueDriver(tmp_path)
    ask(driver, "an apple")
    driver.write(lambda c: [c.exec_driver_sql(f"DROP {each}") for each in ("TABLE prompts", "VIEW prompts_of_jobs")])
    driver.close()
    driver = QueueDriver(tmp_path)
    ask(driver, "an apple pie")
    assert found(driver, "apple") == ["an apple pie", "an apple"]
    assert driver.database.read_sync(prompts.is_there)
    driver.close()
