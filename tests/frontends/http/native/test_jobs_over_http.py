from __future__ import annotations

import base64
import re
from typing import Any

import httpx
import pytest

from config.errors import BusyError, FatalError
from daemon.service import STATES, Filter, JobError, Picture
from frontends.http.native import jobs
from pipeline.request import Request

JSON = {"content-type": "application/json"}


def said(response: httpx.Response) -> dict[str, Any]:
    """The error of an answer; fails unless the body is exactly one."""
    body = response.json()
    assert list(body) == ["error"]
    assert {"kind", "message"} <= set(body["error"]) <= {"kind", "message", "field", "hint"}
    return dict(body["error"])


async def test_a_submission_is_answered_with_the_id_of_its_job(service: Any, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/jobs", json={"prompt": "a red apple", "steps": 8})
    assert answer.status_code == 201
    assert answer.json() == {"id": next(iter(service.kept)), "created": True}


async def test_request_fields_and_the_rest_of_a_submission_stand_side_by_side(
    service: Any, client: httpx.AsyncClient
) -> None:
    body = {"prompt": "x", "seed": 7, "lane": "background", "priority": -3, "owner": "discord:42", "key": "k"}
    await client.post("/v1/jobs", json=body)
    (taken,) = service.submissions
    assert (taken.fields, taken.lane, taken.priority, taken.owner, taken.key) == (
        {"prompt": "x", "seed": 7},
        "background",
        -3,
        "discord:42",
        "k",
    )


async def test_a_known_key_is_answered_200_with_the_first_id(client: httpx.AsyncClient) -> None:
    first = await client.post("/v1/jobs", json={"prompt": "x", "key": "again"})
    second = await client.post("/v1/jobs", json={"prompt": "x", "key": "again"})
    assert (second.status_code, second.json()) == (200, {"id": first.json()["id"], "created": False})


async def test_an_input_picture_arrives_as_the_bytes_that_were_sent(service: Any, client: httpx.AsyncClient) -> None:
    png = bytes(range(256)) * 1000
    await client.post("/v1/jobs", json={"prompt": "x", "image_base64": base64.b64encode(png).decode()})
    assert service.submissions[0].image == png


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "steps": 0}, "steps"),
        ({"prompt": "x", "stepz": 3}, "stepz"),
        ({"prompt": "x", "lane": "express"}, "lane"),
        ({"prompt": "x", "priority": "high"}, "priority"),
        ({"prompt": "x", "image_base64": "not base64!"}, "image_base64"),
        ({"prompt": "x" * 5000}, "prompt"),
    ],
)
async def test_a_wrong_field_is_named(client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    answer = await client.post("/v1/jobs", json=body)
    assert answer.status_code == 400
    error = said(answer)
    assert (error["kind"], error["field"]) == ("user", field)
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"prompt": NaN}',
        b"\xff\xfe",
        b'"prompt"',
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"prompt":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"",
    ],
)
async def test_what_is_not_a_json_object_is_refused_as_such(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/jobs", content=body, headers=JSON)
    assert answer.status_code == 400
    assert said(answer)["kind"] == "user"


async def test_a_body_that_is_not_json_by_its_type_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/jobs", content=b'{"prompt": "x"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415
    assert "application/json" in said(answer)["message"]


async def test_a_body_announced_too_large_is_refused(service: Any, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/jobs", json={"prompt": "x", "image_base64": "A" * 5_000_000})
    assert answer.status_code == 413
    assert "4000000 bytes" in said(answer)["message"]
    assert not service.submissions


async def test_a_body_that_grows_too_large_without_saying_so_is_refused(client: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        yield b'{"prompt": "'
        for _ in range(100):
            yield b"x" * 100_000

    answer = await client.post("/v1/jobs", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert said(answer)["kind"] == "user"


async def test_an_unknown_route_and_a_wrong_method_answer_in_the_same_form(client: httpx.AsyncClient) -> None:
    for answer, status in ((await client.get("/nowhere"), 404), (await client.delete("/v1/jobs"), 405)):
        assert answer.status_code == status
        assert said(answer)["kind"] == "user"


async def test_a_wrong_query_names_the_parameter(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/jobs", params={"limit": "many"})
    assert answer.status_code == 400
    assert said(answer)["field"] == "limit"


async def test_a_busy_service_says_when_to_come_back(service: Any, client: httpx.AsyncClient) -> None:
    service.raises = BusyError("the queue is full")
    answer = await client.post("/v1/jobs", json={"prompt": "x"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert said(answer) == {"kind": "retryable", "message": "the queue is full"}


@pytest.mark.parametrize("failure", [FatalError("the disk is gone"), ZeroDivisionError("secret detail")])
async def test_a_failure_of_ours_is_a_500_without_its_insides(
    service: Any, client: httpx.AsyncClient, failure: Exception
) -> None:
    service.raises = failure
    answer = await client.post("/v1/jobs", json={"prompt": "x"})
    assert answer.status_code == 500
    assert said(answer)["kind"] == "fatal"
    assert "secret" not in answer.text
    assert (await client.get("/v1/status")).status_code == 200


async def test_a_job_is_shown_with_every_key_of_the_contract(service: Any, client: httpx.AsyncClient) -> None:
    job = service.put(Request(prompt="Äpfel", seed=5))
    picture = Picture(
        id="p" * 16,
        job_id=job.id,
        index=0,
        path="pictures/pp/x.png",
        sha256="a" * 64,
        pixels_sha256="b" * 64,
        seed=5,
        width=256,
        height=128,
        bytes=1234,
        facts={},
        created_at=1,
    )
    service.move(job.id, "done", pictures=(picture,), attempt=2, started_at=1_800_000_001_000, finished_at=None)
    view = (await client.get(f"/v1/jobs/{job.id}")).json()
    assert (view["id"], view["state"], view["lane"], view["owner"]) == (job.id, "done", "interactive", "cli:1000")
    assert view["origin"] == {"source": "cli"}
    assert (view["attempts"], view["error"]) == (2, None)
    assert (view["request"]["prompt"], view["request"]["seed"]) == ("Äpfel", 5)
    assert view["queued_at"] == "2027-01-15T08:00:00.123Z"
    assert view["started_at"] == "2027-01-15T08:00:01.000Z"
    assert view["finished_at"] is None
    assert view["position"] is view["eta_s"] is None
    (shown,) = view["pictures"]
    assert {key: shown[key] for key in ("id", "path", "sha256", "seed", "width", "height")} == {
        "id": "p" * 16,
        "path": "/state/pictures/pp/x.png",
        "sha256": "a" * 64,
        "seed": 5,
        "width": 256,
        "height": 128,
    }


async def test_a_failed_job_carries_its_error(service: Any, client: httpx.AsyncClient) -> None:
    job = service.put(Request(prompt="x"))
    service.move(job.id, "failed", error=JobError("user", "no such subject", None, "ask for another"))
    view = (await client.get(f"/v1/jobs/{job.id}")).json()
    assert view["error"] == {"kind": "user", "message": "no such subject", "hint": "ask for another"}


async def test_all_jobs_are_listed_unless_limited(service: Any, client: httpx.AsyncClient) -> None:
    ids = [service.put(Request(prompt=f"number {number}")).id for number in range(333)][::-1]
    assert [view["id"] for view in (await client.get("/v1/jobs")).json()] == ids
    assert len((await client.get("/v1/jobs", params={"limit": 7})).json()) == 7
    assert (await client.get("/v1/jobs", params={"state": "done"})).json() == []
    chosen = [ids[5], ids[300]]
    assert [view["id"] for view in (await client.get("/v1/jobs", params={"id": chosen})).json()] == chosen


async def test_long_lists_are_read_in_pages_and_come_whole(
    service: Any, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "JOBS_AT_ONCE", 3)
    ids = [service.put(Request(prompt=str(number))).id for number in range(8)][::-1]
    assert [job["id"] for job in (await client.get("/v1/jobs")).json()] == ids
    assert [job["id"] for job in (await client.get("/v1/jobs", params={"limit": 7})).json()] == ids[:7]
    assert [job["id"] for job in (await client.get("/v1/jobs", params={"limit": 6})).json()] == ids[:6]


async def test_an_unknown_job_is_a_404_everywhere(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get("/v1/jobs/nothing"),
        await client.get("/v1/jobs", params={"id": ["nothing"]}),
        await client.post("/v1/jobs/nothing/cancel"),
        await client.get("/v1/events", params={"job": "nothing"}),
    ):
        assert answer.status_code == 404
        assert said(answer)["kind"] == "user"


async def test_cancelling_needs_no_body(service: Any, client: httpx.AsyncClient) -> None:
    job = service.put(Request(prompt="x"))
    assert (await client.post(f"/v1/jobs/{job.id}/cancel")).json()["state"] == "cancelled"


async def test_status_has_its_keys_before_the_engine_is_ready(service: Any, client: httpx.AsyncClient) -> None:
    view = (await client.get("/v1/status")).json()
    assert {"pid", "uptime_s"} <= set(view["daemon"])
    assert {"pid", "device", "model", "active", "parked", "forwards", "steps"} <= set(view["engines"][0])
    assert set(view["queue"]) == {"queued", "running", "paused", "done", "failed", "cancelled", "dead"}


async def test_the_queue_is_paused_and_resumed(service: Any, client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/queue/pause")).json()["paused"] is True
    assert (await client.post("/v1/queue/resume")).json()["paused"] is False


async def test_the_description_names_every_route_and_request_field(client: httpx.AsyncClient) -> None:
    description = (await client.get("/v1/openapi.json")).json()
    assert {re.sub(r"\{\w+\}", "{}", path) for path in description["paths"]} == {
        "/v1/jobs",
        "/v1/jobs/{}",
        "/v1/jobs/{}/cancel",
        "/v1/jobs/{}/retry",
        "/v1/queue/pause",
        "/v1/queue/resume",
        "/v1/reload",
        "/v1/backups",
        "/v1/prunes",
        "/v1/records",
        "/v1/status",
        "/v1/usage",
        "/v1/usage/{}",
        "/v1/schedules",
        "/v1/schedules/preview",
        "/v1/schedules/{}",
        "/v1/schedules/{}/next",
        "/v1/schedules/{}/pause",
        "/v1/schedules/{}/resume",
        "/v1/schedules/{}/run",
        "/v1/overview",
        "/metrics",
        "/v1/events",
        "/v1/models",
        "/v1/models/{}",
        "/v1/pictures/{}",
        "/v1/verify",
    }
    schema = description["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"prompt", "steps", "lane", "owner", "key", "image_base64"} <= set(schema["properties"])


@pytest.mark.parametrize("state", STATES)
async def test_records_of_every_state_can_be_asked_for(service: Any, client: httpx.AsyncClient, state: str) -> None:
    asked: list[Filter] = []

    class Keeping:
        async def records(self, wanted: Filter, after: int, *, with_events: bool) -> tuple[bytes, None]:
            asked.append(wanted)
            return b"", None

    service.keeping = Keeping()
    answer = await client.get("/v1/records", params={"state": state})
    assert (answer.status_code, [each.state for each in asked]) == (200, [state]), answer.text


async def test_of_a_job_that_waits_its_place_and_the_seconds_to_its_end_are_shown(
    service: Any, client: httpx.AsyncClient
) -> None:
    job = service.put(Request(prompt="a cat", seed=5))
    for view in ((await client.get(f"/v1/jobs/{job.id}")).json(), (await client.get("/v1/jobs")).json()[0]):
        assert (view["position"], view["eta_s"]) == (3, 40.0)
