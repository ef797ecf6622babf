"""Whatever is written for a host, and whatever its name answers: nothing is sent to where the operator did not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from support import receiver
from support.receiver import Receiver
from support.webhook_world import FakeService, Names, World

from config import web_address
from config.errors import RetryableError, UserError
from config.settings import WebhookHost, WebhookSettings
from config.webhooks import admitted
from daemon.service import UndeliverableError
from frontends.webhooks import addresses

SPELLINGS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0x0.0x0.0x1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://127.0.0.01:{port}/",
    "http://127.000.000.001:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://localhost.:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://[fe80::1%25eth0]:{port}/",
    "http://hooks.example@127.0.0.1:{port}/",
    "http://hooks.example:secret@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@hooks.example/",
    "http://hooks.example#@127.0.0.1:{port}/",
    "http://hooks.example\\@127.0.0.1:{port}/",
    "http://hooks.example%2f@127.0.0.1:{port}/",
    "http:/\\127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://local\u017fhost:{port}/",
    "http://local\u00adhost:{port}/",
    "http://local\thost:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nHost: hooks.example",
    "http://127.0.0.1\x00.hooks.example:{port}/",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:+{port}/",
    "HTTP://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "unix:///run/mezzotint/control.sock",
    "",
    "http://",
    "http://hooks.example.attacker.example:{port}/",
    "http://attacker-hooks.example:{port}/",
    "http://sub.hooks.example:{port}/",
    "http://hooks.example:{port}/",
]
"""None of these is the host that is listed: ``hooks.example`` at its usual port."""

HOSTILE = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "3ffe::1", "3fff::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "4000::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]


class Network(httpcore2.AsyncNetworkBackend):
    """Notes where connections go; with ``leads_to`` they go there instead."""

    def __init__(self, leads_to: str | None = None) -> None:
        self.dialled: list[str] = []
        self.leads_to = leads_to
        self._real = httpcore2.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: Any, **named: Any) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        if self.leads_to is None:
            raise httpcore2.ConnectError("not in this test")
        return await self._real.connect_tcp(self.leads_to, port, *rest, **named)


@pytest.fixture
def canary() -> Iterator[Receiver]:
    """A service of this machine that nobody may reach."""
    with receiver.running() as running:
        yield running


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., World]:
    directory = receiver.credentials(tmp_path / "credentials")

    def make(*hosts: dict[str, Any], network: Any = None) -> World:
        given = WebhookSettings.model_validate({"hosts": hosts})
        return World(FakeService(), Names(), given, {"CREDENTIALS_DIRECTORY": str(directory)}, network)

    return make


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_of_this_machine_is_refused_when_it_is_given_and_when_it_is_told(
    build: Callable[..., World], canary: Receiver, spelling: str
) -> None:
    """Also with everything allowed that can be, for the host that is listed."""
    url = spelling.replace("{port}", str(canary.port))
    world = build({"name": "hooks.example", "private": True, "http": True})
    world.names.known = {"hooks.example": [["127.0.0.1"]], "localhost": [["127.0.0.1"]]}
    with pytest.raises(UserError, match=r"^webhook: ") as refused:
        admitted(url, world.settings.hosts)
    assert refused.value.field == "webhook"
    with pytest.raises(UndeliverableError):
        await world.tell(url)
    assert world.names.asked == []
    assert canary.connections == 0


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_gets_another_entry_of_the_list_than_the_one_that_says_the_same(spelling: str) -> None:
    """1. List this machine in its plain forms. 2. What is admitted then is written as in the list, to the letter."""
    hosts = [WebhookHost(name=name, private=True, http=True) for name in ("127.0.0.1:81", "localhost:81", "[::1]:81")]
    url = spelling.replace("{port}", "81")
    try:
        target = admitted(url, hosts)
    except UserError:
        return
    assert url.lower() in ("http://127.0.0.1:81/", "http://localhost:81/", "http://[::1]:81/") or "0:0:0:1]" in url
    assert target.address.place in ("127.0.0.1:81", "localhost:81", "[::1]:81")


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_that_is_none_of_the_public_internet_is_refused(address: str) -> None:
    assert addresses.refusal(ip_address(address), private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert addresses.refusal(ip_address(address), private=False) is None


def test_private_admits_private_addresses_and_nothing_else() -> None:
    admitted_then = [each for each in HOSTILE if addresses.refusal(ip_address(each), private=True) is None]
    assert admitted_then == [
        *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
        *("::1", "fc00::1", "fd00:ec2::254"),
    ]


@pytest.mark.parametrize("address", HOSTILE)
async def test_a_listed_name_with_such_an_address_is_not_connected_to(
    build: Callable[..., World], address: str
) -> None:
    network = Network()
    world = build({"name": "hooks.example"}, network=network)
    for answer in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        world.names.known = {"hooks.example": [answer]}
        with pytest.raises(RetryableError, match=r"hooks\.example is not told"):
            await world.tell("https://hooks.example/hook")
    assert network.dialled == []


async def test_a_name_that_changes_its_address_between_two_questions_is_asked_once(
    build: Callable[..., World], canary: Receiver
) -> None:
    """DNS rebinding: the first answer is harmless, the next is this machine."""
    network = Network()
    place = f"hooks.example:{canary.port}"
    world = build({"name": place}, network=network)
    world.names.known = {"hooks.example": [["93.184.216.34"], ["127.0.0.1"]]}
    with pytest.raises(RetryableError, match="can't be reached"):
        await world.tell(f"https://{place}/hook")
    assert network.dialled == ["93.184.216.34"], "the address that was judged, not the name"
    assert world.names.asked == ["hooks.example"]
    with pytest.raises(RetryableError, match="private network"):
        await world.tell(f"https://{place}/hook")
    assert network.dialled == ["93.184.216.34"]
    assert canary.connections == 0


async def test_the_other_end_of_the_connection_is_judged(build: Callable[..., World], canary: Receiver) -> None:
    """1. The network leads to this machine although a public address was dialled. 2. Nothing is said to it."""
    network = Network(leads_to="127.0.0.1")
    place = f"hooks.example:{canary.port}"
    for entry in ({"name": place}, {"name": place, "private": True}):
        world = build(entry, network=network)
        world.names.known = {"hooks.example": [["93.184.216.34"]]}
        with pytest.raises(RetryableError, match=r"led to 127\.0\.0\.1 instead of 93\.184\.216\.34"):
            await world.tell(f"https://{place}/hook")
    assert network.dialled == ["93.184.216.34"] * 2
    assert canary.messages == []


async def test_without_tls_a_host_of_the_internet_is_not_told_even_if_its_entry_says_so(
    build: Callable[..., World],
) -> None:
    network = Network()
    world = build({"name": "hooks.example", "private": True, "http": True}, network=network)
    world.names.known = {"hooks.example": [["93.184.216.34"]]}
    with pytest.raises(RetryableError, match="without TLS"):
        await world.tell("http://hooks.example/hook")
    assert network.dialled == []


@pytest.mark.parametrize("name", ["127.1", "0x7f.1", "2130706433", "*.example", "a b", "https://x", "x/", "x:0", "u@x"])
def test_the_list_takes_plain_names_only(name: str) -> None:
    with pytest.raises(ValueError, match=r"be a host and this (is not written|has)"):
        WebhookHost(name=name)


@pytest.mark.parametrize(
    ("text", "place", "path"),
    [
        ("https://Hooks.Example", "hooks.example", "/"),
        ("https://hooks.example:443/a/../b?c=%20d", "hooks.example", "/a/../b?c=%20d"),
        ("https://hooks.example?x", "hooks.example", "/?x"),
        ("https://hooks.example:8443/", "hooks.example:8443", "/"),
        ("https://[2606:4700:0::1111]/", "[2606:4700::1111]", "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
    ],
)
def test_a_plain_address_is_understood(text: str, place: str, path: str) -> None:
    address = web_address.parse(text)
    assert (address.place, address.path) == (place, path)
