"""What a host is told, and what its answers mean."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support import receiver
from support.receiver import KEY, OLD_KEY, OLD_SECRET, SECRET, Message, Receiver, answering, cut, dripping, endless
from support.webhook_world import delivery, job, picture

from config.errors import RetryableError
from daemon.service import JobError, LaterError, Origin, UndeliverableError


async def test_a_host_is_told_of_a_job_signed_and_without_places_of_this_machine(world: Any, there: Receiver) -> None:
    data = b"png"
    error = JobError("fatal", "the model in /var/lib/mezzotint/models/x can't be read", hint="see /etc/x and/or ask")
    about = job(pictures=(picture(data),), error=error, origin=Origin("webhook", {"url": there.url("/secret")}))
    world.service.files["fedcba9876543210"] = data
    await world.tell(there.url("/hook?a=b"), about, address={"url": there.url("/hook?a=b"), "schedule": "daily"})

    (message,) = there.messages
    assert message.path == "/hook?a=b"
    assert message.headers["host"] == there.host
    assert message.headers["content-type"] == "application/json"
    assert message.id == "aaaaaaaaaaaaaaaa"
    assert message.headers["webhook-timestamp"] == "1800000000"
    assert message.is_signed_by(KEY)
    assert not message.is_signed_by(OLD_KEY)
    said = message.json
    assert said["type"] == "job.done"
    assert said["timestamp"] == said["data"]["finished_at"] == "2027-01-15T07:59:59.000Z"
    assert said["data"]["origin"] == {"source": "webhook", "schedule": "daily"}
    (shown,) = said["data"]["pictures"]
    assert base64.b64decode(shown["png_base64"]) == data
    assert said["data"]["error"]["message"] == "the model in … can't be read"
    assert said["data"]["error"]["hint"] == "see … and/or ask"
    for hidden in ("pictures/01", "/var/lib", "/secret", "/hook"):
        assert hidden.encode() not in message.body, hidden


async def test_while_a_secret_is_changed_both_sign(world: Any, there: Receiver, tmp_path: Path) -> None:
    receiver.credentials(tmp_path / "credentials", webhook_secret=SECRET, webhook_secret_old=OLD_SECRET)
    await world.tell(there.url())
    (message,) = there.messages
    assert message.is_signed_by(KEY)
    assert message.is_signed_by(OLD_KEY)


@pytest.mark.parametrize("secret", ["", "password", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!"])
async def test_nothing_is_sent_unsigned(world: Any, there: Receiver, tmp_path: Path, secret: str) -> None:
    path = tmp_path / "credentials" / "webhook-secret"
    path.write_text(secret) if secret else path.unlink()
    with pytest.raises(RetryableError, match="unsigned") as refused:
        await world.tell(there.url())
    assert not secret or secret not in refused.value.message.replace("whsec_ and", "").replace("whsec_%s", "")
    assert there.connections == 0


async def test_pictures_go_along_as_long_as_they_are_small_and_there(
    build: Callable[..., Any], there: Receiver
) -> None:
    about = job(pictures=(picture(b"12345"), picture(b"67890", id="f" * 16)))
    listed = {"name": there.host, "private": True, "http": True}
    for most, files in ((10, 2), (9, 2), (0, 2), (10, 1)):
        world = build(listed, picture_bytes=most)
        world.service.files = dict(list({"fedcba9876543210": b"12345", "f" * 16: b"67890"}.items())[:files])
        await world.tell(there.url(), about)
    await world.tell(there.url(), about, address={"url": there.url(), "pictures": False})
    sent = [["png_base64" in each for each in message.json["data"]["pictures"]] for message in there.messages]
    assert sent == [[True, True], *[[False, False]] * 4]


async def test_only_wanted_ends_are_told_and_none_of_a_job_that_goes_on(world: Any, there: Receiver) -> None:
    wanted = {"url": there.url(), "events": ["failed"]}
    await world.tell(there.url(), address=wanted)
    await world.tell(there.url(), job(state="queued", finished_at=None))
    assert there.messages == []
    await world.tell(there.url(), job(state="failed"), address=wanted)
    assert [message.json["type"] for message in there.messages] == ["job.failed"]


async def test_a_subscription_is_told_where_it_is_now_and_not_when_it_is_no_more(
    build: Callable[..., Any], there: Receiver
) -> None:
    listed = {"name": there.host, "private": True, "http": True}
    world = build(listed, subscriptions=[{"name": "archive", "url": there.url("/all")}])
    about = job(origin=Origin("folder", {"folder": "inbox", "stem": "cat"}), pictures=())
    await world.tell("", about, target="archive")
    assert there.messages[0].path == "/all"
    assert there.messages[0].json["data"]["origin"] == {"source": "folder"}
    with pytest.raises(UndeliverableError, match="nobody subscribes as gone"):
        await world.tell("", about, target="gone")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
async def test_an_answer_that_will_not_change_gives_up(world: Any, there: Receiver, status: int) -> None:
    there.spoil = answering(status)
    with pytest.raises(UndeliverableError, match=f"{there.host} answered {status}"):
        await world.tell(there.url("/hook?token=hidden"))


async def test_who_answers_that_he_is_gone_is_asked_no_more_until_the_settings_are_read_anew(
    build: Callable[..., Any], there: Receiver
) -> None:
    listed = {"name": there.host, "private": True, "http": True}
    world = build(listed, subscriptions=[{"name": "archive", "url": there.url("/all")}])
    deliverer, of_subscription = world.deliverer, replace(delivery(), target="archive")
    answers, there.spoil = there.spoil, answering(410)
    for _ in range(3):
        with pytest.raises(UndeliverableError, match=r"answered 410.*: it wants to be told no more"):
            await deliverer.deliver(of_subscription, job())
    assert len(there.messages) == 1
    assert world.service.unsubscribed == [("webhook", "archive")]
    (condition,) = world.service.conditions.list()
    assert condition.what == "webhook archive"
    there.spoil = answers
    await deliverer.deliver(delivery(there.url("/other")), job())  # of the same host
    deliverer.ended.close()
    assert world.service.conditions.list() == ()
    await world.deliverer.deliver(of_subscription, job())
    assert [message.path for message in there.messages] == ["/all", "/other", "/all"]


async def test_who_answers_that_he_is_gone_after_the_settings_changed_ends_nothing_of_theirs(
    build: Callable[..., Any], there: Receiver
) -> None:
    listed = {"name": there.host, "private": True, "http": True}
    world = build(listed, subscriptions=[{"name": "archive", "url": there.url("/all")}])
    deliverer = world.deliverer

    def changed(handler: BaseHTTPRequestHandler, message: Message) -> bool:
        deliverer.ended.close()
        return answering(410)(handler, message)

    there.spoil = changed
    with pytest.raises(UndeliverableError, match="told no more"):
        await deliverer.deliver(replace(delivery(), target="archive"), job())
    assert world.service.unsubscribed == []
    assert world.service.conditions.list() == ()


async def test_a_subscription_ends_too_where_its_address_answered_a_job_that_it_is_gone(
    build: Callable[..., Any], there: Receiver
) -> None:
    listed = {"name": there.host, "private": True, "http": True}
    world = build(listed, subscriptions=[{"name": "archive", "url": there.url("/all")}])
    deliverer, there.spoil = world.deliverer, answering(410)
    for each in (delivery(there.url("/all")), replace(delivery(), target="archive")):
        with pytest.raises(UndeliverableError, match="told no more"):
            await deliverer.deliver(each, job())
    assert len(there.messages) == 1
    assert world.service.unsubscribed == [("webhook", "archive")]
    assert [each.what for each in world.service.conditions.list()] == ["webhook archive"]


async def test_an_address_that_came_with_a_job_ends_without_an_alarm(world: Any, there: Receiver) -> None:
    there.spoil = answering(410)
    deliverer = world.deliverer
    for _ in range(2):
        with pytest.raises(UndeliverableError, match="told no more"):
            await deliverer.deliver(delivery(there.url()), job())
    assert len(there.messages) == 1
    assert world.service.unsubscribed == []
    assert world.service.conditions.list() == ()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_an_answer_that_may_change_is_tried_again(world: Any, there: Receiver, status: int) -> None:
    there.spoil = answering(status)
    with pytest.raises(RetryableError, match=f"answered {status}$"):
        await world.tell(there.url())


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        (formatdate(1_800_000_060, usegmt=True), 60),
        ("999999999", 3600),
        ("-5", None),
        ("soon", None),
    ],
)
async def test_a_host_may_ask_for_some_time(world: Any, there: Receiver, said: str, seconds: float | None) -> None:
    there.spoil = answering(429, Retry_After=said)
    with pytest.raises(RetryableError) as refused:
        await world.tell(there.url())
    asked = refused.value.seconds if isinstance(refused.value, LaterError) else None
    assert asked == seconds


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(world: Any, there: Receiver, status: int) -> None:
    with receiver.running() as elsewhere:
        there.spoil = answering(status, Location=elsewhere.url())
        with pytest.raises(UndeliverableError, match="no redirect is followed"):
            await world.tell(there.url())
        assert elsewhere.connections == 0


async def test_an_answer_without_end_is_not_read_to_its_end(world: Any, there: Receiver) -> None:
    there.spoil = endless
    began = time.monotonic()
    await world.tell(there.url())
    assert time.monotonic() - began < 10


async def test_a_host_that_drips_has_its_time_and_no_more(build: Callable[..., Any], there: Receiver) -> None:
    there.spoil = dripping
    world = build({"name": there.host, "private": True, "http": True}, timeout_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(RetryableError, match=r"took longer than 0\.3 s"):
        await world.tell(there.url())
    assert time.monotonic() - began < 10


async def test_a_line_that_breaks_and_a_port_where_nobody_listens_are_tried_again(world: Any, there: Receiver) -> None:
    there.spoil = cut
    with pytest.raises(RetryableError, match=r"broke off|can't be reached|not HTTP"):
        await world.tell(there.url())
    with receiver.running() as gone:
        pass
    world.settings = world.settings.model_validate({"hosts": [{"name": gone.host, "private": True, "http": True}]})
    with pytest.raises(RetryableError, match="can't be reached"):
        await world.tell(gone.url())


async def test_an_answer_that_is_not_http_is_tried_again(world: Any, there: Receiver) -> None:
    def nonsense(handler: Any, message: Any) -> bool:
        handler.wfile.write(b"\x00\x01 nonsense\r\n\r\n")
        return True

    there.spoil = nonsense
    with pytest.raises(RetryableError, match="not HTTP"):
        await world.tell(there.url())


async def test_a_host_that_is_not_listed_any_more_is_not_told(build: Callable[..., Any], there: Receiver) -> None:
    with pytest.raises(UndeliverableError, match="not a host that may be told"):
        await build().tell(there.url())
    assert there.connections == 0


async def test_tls_is_checked_for_the_name_whatever_the_address_is(
    build: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = receiver.certificate(tmp_path / "tls", "hooks.example")
    with receiver.running(context) as there:
        hosts = [{"name": f"{name}:{there.port}", "private": True} for name in ("hooks.example", "other.example")]
        world = build(*hosts)
        world.names.known = {name: [["127.0.0.1"]] for name in ("hooks.example", "other.example")}
        url = f"https://hooks.example:{there.port}/hook"
        with pytest.raises(RetryableError, match="certificate can't be trusted"):
            await world.tell(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await world.tell(url)
        assert there.messages[0].headers["host"] == f"hooks.example:{there.port}"
        with pytest.raises(RetryableError, match="certificate can't be trusted"):
            await world.tell(f"https://other.example:{there.port}/hook")
        assert len(there.messages) == 1


async def test_a_server_without_tls_is_not_taken_for_one_with(build: Callable[..., Any], there: Receiver) -> None:
    with pytest.raises(RetryableError, match="can't be reached"):
        await build({"name": there.host, "private": True}).tell(f"https://{there.host}/hook")
    assert there.messages == []


async def test_no_proxy_of_the_environment_is_used(
    world: Any, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver.running() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        await world.tell(there.url())
        assert proxy.connections == 0
    assert len(there.messages) == 1


async def test_a_host_that_does_not_answer_is_asked_by_one_at_a_time_and_ever_less_often(world: Any) -> None:
    with receiver.running() as gone:
        pass
    world.settings = world.settings.model_validate({"hosts": [{"name": gone.host, "private": True, "http": True}]})
    deliverer, now = world.deliverer, [0.0]
    deliverer.resting._clock = lambda: now[0]
    waits = []
    for _ in range(9):
        with pytest.raises(RetryableError, match="can't be reached"):
            await deliverer.deliver(delivery(gone.url()), job())
        with pytest.raises(LaterError, match="did not answer lately") as refused:
            await deliverer.deliver(delivery(gone.url()), job())
        waits.append(refused.value.seconds)
        now[0] += refused.value.seconds
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    with deliverer.resting.asking(gone.host):
        assert deliverer.resting.seconds(gone.host) > 0, "one is under way"
    assert deliverer.resting.seconds(gone.host) == 0, "it answered"
