"""Who may be told is judged when the job is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.errors import UserError
from daemon.service import Origin, Submission

HOSTS = {"hosts": [{"name": "hooks.example"}, {"name": "nas.example:8080", "private": True, "http": True}]}


def submission(url: object, **address: Any) -> Submission:
    origin = Origin("webhook", {"url": url, **address})
    return Submission(fields={"prompt": "a red apple"}, origin=origin, deliver=True)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/x", "https://HOOKS.example:443", "http://nas.example:8080/", "https://nas.example:8080"],
)
async def test_a_job_may_name_a_listed_host(build: Callable[..., Any], url: str) -> None:
    parts = build(webhooks=HOSTS)
    receipt = await parts.service.submit(submission(url, events=["done"], schedule="daily"))
    job = await parts.service.job(receipt.id)
    assert job.origin == Origin("webhook", {"url": url, "events": ["done"], "schedule": "daily"})


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://other.example/", "other.example is not a host that may be told"),
        ("https://hooks.example:8443/", "hooks.example:8443 is not a host"),
        ("https://nas.example/", "nas.example is not a host"),
        ("http://hooks.example/", "hooks.example is told over https only"),
        ("http://hooks.example:443/", "is not written|over https only|not a host"),
        ("https://user:secret@hooks.example/", "is not written"),
        ("https://127.0.0.1/", "127.0.0.1 is not a host"),
        ("https://hooks.example/" + "x" * 2000, "longer than 2000"),
        (None, "is not written"),
        (7, "is not written"),
    ],
)
async def test_no_other_is_taken_and_the_refusal_does_not_say_the_secret_again(
    build: Callable[..., Any], url: object, why: str
) -> None:
    parts = build(webhooks=HOSTS)
    for attempt in (parts.service.submit, parts.service._intake.examine):
        with pytest.raises(UserError, match=why) as refused:
            await attempt(submission(url))
        assert refused.value.field == "webhook"
        assert "secret" not in refused.value.message
    assert await parts.service.jobs() == []
    (answer,) = await parts.service.submit_many([submission(url)])
    assert isinstance(answer, UserError)


async def test_only_ends_that_there_are_may_be_wanted(build: Callable[..., Any]) -> None:
    parts = build(webhooks=HOSTS)
    for events in (["running"], "done", [{}], 7):
        with pytest.raises(UserError, match="events must be among cancelled, dead, done, failed"):
            await parts.service.submit(submission("https://hooks.example/", events=events))


async def test_nobody_may_be_told_by_default_and_a_change_of_the_list_counts_at_once(build: Callable[..., Any]) -> None:
    parts = build()
    with pytest.raises(UserError, match="not a host that may be told"):
        await parts.service.submit(submission("https://hooks.example/"))
    other = build(webhooks=HOSTS).settings
    parts.service.reconfigure(replace_webhooks(parts.settings, other))
    await parts.service.submit(replace(submission("https://hooks.example/"), key="one"))


def replace_webhooks(settings: Any, other: Any) -> Any:
    return settings.model_copy(update={"webhooks": other.webhooks})
