from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from support.waiting import until

from daemon.events import JobChanged, JobProgress, Missed
from daemon.happenings import (
    ConditionChanged,
    DeliveryTried,
    EngineChanged,
    ModelChanged,
    QueueHeld,
    SubmissionRefused,
)
from frontends.http.native import events, lines
from pipeline.request import Request


async def lines_of(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    async with client.stream("GET", "/v1/events", params=query) as answer:
        assert answer.status_code == 200
        return [json.loads(line) async for line in answer.aiter_lines()]


async def until_watched(service: Any, job_id: str | None, readers: int = 1) -> None:
    await until(lambda: len(service.bus._subscribers.get(job_id, ())) >= readers, "it is watched")


async def test_a_stream_starts_with_the_job_as_it_is_and_ends_when_the_job_has_ended(
    service: Any, client: httpx.AsyncClient
) -> None:
    job = service.put(Request(prompt="x"))
    reading = asyncio.ensure_future(lines_of(client, job=job.id))
    await until_watched(service, job.id)
    service.move(job.id, "running")
    await asyncio.sleep(0.05)
    service.bus.publish(JobProgress(job.id, 3, 8))
    await asyncio.sleep(0.05)
    service.move(job.id, "done")
    lines = await asyncio.wait_for(reading, 10)
    assert [line["job"]["state"] for line in lines if line["event"] == "job"] == ["queued", "running", "done"]
    assert {"event": "progress", "job_id": job.id, "step": 3, "steps": 8} in lines


async def test_the_stream_of_a_job_that_has_ended_is_one_line(service: Any, client: httpx.AsyncClient) -> None:
    job = service.put(Request(prompt="x"))
    service.move(job.id, "done")
    (line,) = await asyncio.wait_for(lines_of(client, job=job.id), 10)
    assert line["job"]["state"] == "done"


async def test_a_job_that_ends_while_the_stream_is_opened_is_not_missed(
    service: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = service.put(Request(prompt="x"))
    look = service.job

    async def look_then_end(job_id: str) -> Any:
        found = await look(job_id)
        if service.bus._subscribers and found.state == "queued":
            service.move(job_id, "done")
        return found

    monkeypatch.setattr(service, "job", look_then_end)
    lines = await asyncio.wait_for(lines_of(client, job=job.id), 10)
    assert lines[-1]["job"]["state"] == "done"


async def test_a_quiet_stream_shows_that_it_lives(
    service: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.02)
    async with client.stream("GET", "/v1/events") as answer:
        async for line in answer.aiter_lines():
            assert json.loads(line) == {"event": "heartbeat"}
            break


async def test_previews_are_sent_to_those_who_ask(service: Any, client: httpx.AsyncClient) -> None:
    job = service.put(Request(prompt="x"))
    plain = asyncio.ensure_future(lines_of(client, job=job.id))
    with_previews = asyncio.ensure_future(lines_of(client, job=job.id, previews="true"))
    await until_watched(service, job.id, readers=2)
    service.bus.publish(JobProgress(job.id, 1, 8, b"png"))
    await asyncio.sleep(0.05)
    service.move(job.id, "done")
    assert "preview_png_base64" not in json.dumps(await plain)
    assert any(line.get("preview_png_base64") == "cG5n" for line in await with_previews)


async def test_a_reader_who_leaves_is_forgotten(
    service: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    async with client.stream("GET", "/v1/events"):
        await until_watched(service, None)
    await until(lambda: not service.bus._subscribers, "it is forgotten")


async def test_a_reader_who_takes_nothing_is_let_go(
    service: Any, client: httpx.AsyncClient, socket_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STALL_SECONDS", 0.2)
    _reader, writer = await asyncio.open_unix_connection(str(socket_path), limit=1024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET /v1/events?previews=true HTTP/1.1\r\nhost: x\r\n\r\n")
    await until_watched(service, None)

    def gone() -> bool:
        service.bus.publish(JobProgress("j" * 16, 1, 8, b"x" * 100_000))
        return not service.bus._subscribers

    await until(gone, "it is let go", seconds=20)
    assert (await client.get("/v1/status")).status_code == 200
    writer.close()


async def test_streams_are_bounded(service: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 1)
    async with client.stream("GET", "/v1/events"):
        await until_watched(service, None)
        assert (await client.get("/v1/events")).status_code == 503


EVERYTHING = (
    JobChanged("j", "done", was="running", lane="folder", owner="cli:1", engine_seconds=1.23456, pictures=2),
    JobProgress("j", 1, 8, b"png"),
    DeliveryTried("j", "folder", "postponed", "OSError: no space"),
    EngineChanged("gone", why="killed"),
    ModelChanged("starter", "loaded", 1.5),
    ConditionChanged("disk", True, "full", "frees itself"),
    QueueHeld("paused"),
    SubmissionRefused("user", "http", "steps"),
)


async def test_in_detail_everything_is_told_with_its_time_and_previews_are_not(
    service: Any, client: httpx.AsyncClient
) -> None:
    reading = asyncio.ensure_future(lines_of(client, detail="true"))
    await until_watched(service, None)
    for event in EVERYTHING:
        service.bus.publish(event)
    service.bus.close()
    heard = [line for line in await asyncio.wait_for(reading, 10) if line["event"] != "heartbeat"]
    assert {line["event"] for line in heard} == set(lines.KINDS) - {"missed"}
    assert all(line.pop("time").endswith("Z") for line in heard)
    assert heard[0] == {
        "event": "state",
        "job": "j",
        "state": "done",
        "was": "running",
        "lane": "folder",
        "owner": "cli:1",
        "engine_seconds": 1.235,
        "pictures": 2,
    }
    assert {"event": "progress", "job": "j", "step": 1, "steps": 8} in heard
    assert {"event": "condition", "part": "disk", "state": "began", "why": "full", "heals": "frees itself"} in heard


async def test_who_asks_for_few_kinds_is_told_of_losses_all_the_same(service: Any, client: httpx.AsyncClient) -> None:
    reading = asyncio.ensure_future(lines_of(client, kinds="engine"))
    await until_watched(service, None)
    (subscription,) = service.bus._subscribers[None]
    subscription._waiting["lost"] = Missed(7)
    for event in EVERYTHING:
        service.bus.publish(event)
    service.bus.close()
    heard = [line for line in await asyncio.wait_for(reading, 10) if line["event"] != "heartbeat"]
    assert [line["event"] for line in heard] == ["missed", "engine"]
    assert heard[0]["events"] == 7


async def test_readers_of_the_plain_stream_get_what_they_always_got(service: Any, client: httpx.AsyncClient) -> None:
    reading = asyncio.ensure_future(lines_of(client))
    await until_watched(service, None)
    for event in EVERYTHING:
        service.bus.publish(event)
    service.bus.close()
    assert await asyncio.wait_for(reading, 10) == [
        {"event": "changed", "job_id": "j", "state": "done"},
        {"event": "progress", "job_id": "j", "step": 1, "steps": 8},
    ]


async def test_an_unknown_kind_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events", params={"kinds": "weather"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "kinds"
