"""Who may be told of jobs: only hosts that the operator lists, each by its very name and port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config import web_address
from config.errors import Problem, UserError
from config.settings import WebhookHost, WebhookSettings
from config.web_address import PORTS, WebAddress

FIELD = "webhook"


@dataclass(frozen=True, slots=True)
class Target:
    """An address, and the entry of the list that admits it."""

    address: WebAddress
    listed: WebhookHost


def admitted(url: str, hosts: Sequence[WebhookHost]) -> Target:
    """Raises :class:`UserError` for ``webhook``, when the address is none or the operator does not list its host."""
    try:
        address = web_address.parse(url)
    except ValueError as error:
        raise UserError(f"webhook: the address {error}", field=FIELD, hint="give it as https://name/path") from None
    listed = next((host for host in hosts if _is_at(host, address)), None)
    if listed is None:
        raise UserError(
            f"webhook: {address.place} is not a host that may be told",
            field=FIELD,
            hint="the operator lists hosts in [[webhooks.hosts]], with the port unless it is the usual one",
        )
    if address.scheme == "http" and not listed.http:
        raise UserError(
            f"webhook: {address.place} is told over https only",
            field=FIELD,
            hint="write https:// (the operator may set http = true for a host of the own network)",
        )
    return Target(address, listed)


def problems(settings: WebhookSettings) -> Iterator[Problem]:
    """What does not fit together in the settings."""
    yield from _twice("webhooks.hosts", [each.name.lower() for each in settings.hosts])
    yield from _twice("webhooks.subscriptions", [each.name for each in settings.subscriptions])
    for host in settings.hosts:
        if host.http and not host.private:
            yield Problem(
                f"webhooks.hosts ({host.name})",
                "http is true and private is not: what is sent could be read on the way",
                "remove http, or set private = true if the host is one of the own network",
            )
    for each in settings.subscriptions:
        try:
            admitted(each.url, settings.hosts)
        except UserError as error:
            yield Problem(f"webhooks.subscriptions ({each.name})", error.message.removeprefix("webhook: "), error.hint)


def _is_at(host: WebhookHost, address: WebAddress) -> bool:
    name, port = web_address.host_and_port(host.name)
    return name == address.host and (port or PORTS[address.scheme]) == address.port


def _twice(key: str, names: Sequence[str]) -> Iterator[Problem]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(key, f"{name!r} is there more than once", "keep one of them")
