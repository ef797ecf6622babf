"""A message, everything it has ever been, and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from support.fake_discord.mentions import Mentions
from support.fake_discord.people import User
from support.fake_discord.places import Channel
from support.fake_discord.uploads import Attachment

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 1 << 12, 1 << 15
DEFAULT, REPLY, SLASH_COMMAND, MENU_COMMAND = 0, 19, 20, 23


@dataclass(frozen=True)
class Version:
    """What a message looked like from one moment on. ``at`` is in seconds since 1970."""

    at: float
    content: str
    components: list[dict[str, Any]]
    embeds: list[dict[str, Any]]
    attachments: tuple[Attachment, ...]
    flags: int

    @property
    def text(self) -> str:
        """All that can be read: the content and every text display, one a line."""
        shown = [each["content"] for each in walk(self.components) if each["type"] == 10]
        return "\n".join(each for each in (self.content, *shown) if each)

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [each for each in walk(self.components) if each["type"] == 2]

    @property
    def gallery(self) -> list[dict[str, Any]]:
        """The items of every media gallery."""
        return [item for each in walk(self.components) if each["type"] == 12 for item in each["items"]]

    @property
    def loading(self) -> bool:
        """Whether only "thinking" is shown."""
        return bool(self.flags & LOADING)


@dataclass(eq=False)
class Message:
    """One message; its present look is the last of :attr:`history`."""

    id: int
    channel: Channel
    author: User
    history: list[Version]
    mentions: Mentions
    kind: int = DEFAULT
    nonce: str | None = None
    seen_only_by: User | None = None
    """Whom an ephemeral message is for."""
    pings: list[User] = field(default_factory=list)
    """Who was notified when it was sent. An edit notifies nobody."""
    interaction: dict[str, Any] | None = None
    """What it says of the interaction that it answers."""
    application_id: int | None = None
    answers: Message | None = None
    deleted: bool = False
    thread: Channel | None = None

    @property
    def now(self) -> Version:
        return self.history[-1]

    @property
    def content(self) -> str:
        return self.now.content

    @property
    def text(self) -> str:
        return self.now.text

    @property
    def components(self) -> list[dict[str, Any]]:
        return self.now.components

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return self.now.buttons

    @property
    def gallery(self) -> list[dict[str, Any]]:
        return self.now.gallery

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Every file that the message carries, whether it is shown or not."""
        return self.now.attachments

    @property
    def pictures(self) -> list[Attachment]:
        """The files that its viewers see, in the order of display."""
        if not self.now.flags & COMPONENTS_V2:
            return list(self.attachments)
        by_id = {str(each.id): each for each in self.attachments}
        return [by_id[name] for name in shown_files(self.components) if name in by_id]

    @property
    def flags(self) -> int:
        return self.now.flags | (HAS_THREAD if self.thread else 0)

    @property
    def ephemeral(self) -> bool:
        return bool(self.now.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return self.now.loading

    @property
    def edits(self) -> int:
        return len(self.history) - 1

    def find(self, custom_id: str) -> dict[str, Any] | None:
        """The component that has this id now."""
        return next((each for each in walk(self.components) if each.get("custom_id") == custom_id), None)

    def button(self, label: str) -> dict[str, Any]:
        """The button that reads like that; fails when there is none."""
        found = next((each for each in self.buttons if each.get("label") == label), None)
        assert found is not None, f"no button {label!r}: {[each.get('label') for each in self.buttons]}"
        return found

    def payload(self, stamp: Any, *, read: bool = True) -> dict[str, Any]:
        """As the API tells it; without ``read`` as an application sees it that may not read content."""
        now = self.now
        referenced = set(shown_files(now.components)) if now.flags & COMPONENTS_V2 else set()
        loose = [each.payload() for each in now.attachments if str(each.id) not in referenced]
        told: dict[str, Any] = {
            "id": str(self.id),
            "type": self.kind,
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": now.content if read else "",
            "timestamp": stamp(self.history[0].at),
            "edited_timestamp": stamp(now.at) if self.edits else None,
            "tts": False,
            "mention_everyone": self.mentions.everyone,
            "mentions": [user.payload() for user in self.mentions.users],
            "mention_roles": [str(role.id) for role in self.mentions.roles],
            "attachments": loose if read else [],
            "embeds": now.embeds if read else [],
            "components": now.components if read else [],
            "pinned": False,
            "flags": self.flags,
        }
        if self.nonce is not None:
            told["nonce"] = self.nonce
        if self.application_id is not None:
            told |= {"application_id": str(self.application_id), "webhook_id": str(self.application_id)}
        if self.interaction is not None:
            told["interaction_metadata"] = self.interaction
        if self.answers is not None:
            told["message_reference"] = {"message_id": str(self.answers.id), "channel_id": str(self.channel.id)}
            told["referenced_message"] = None if self.answers.deleted else self.answers.payload(stamp, read=read)
        if self.thread is not None:
            told["thread"] = self.thread.payload()
        return told


def walk(components: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Every component, those within others too, in the order of display."""
    for each in components:
        if not isinstance(each, dict):
            continue
        yield each
        yield from walk(each.get("components", []))
        for inner in ("accessory", "component"):
            if inner in each:
                yield from walk([each[inner]])


def shown_files(components: list[dict[str, Any]]) -> list[str]:
    """The ids of the attachments that a layout shows."""
    media = []
    for each in walk(components):
        media += [item["media"] for item in each.get("items", [])]
        media += [each[name] for name in ("media", "file") if name in each]
    return [each["attachment_id"] for each in media if "attachment_id" in each]
