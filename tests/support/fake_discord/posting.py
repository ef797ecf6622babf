"""How a message comes to be and how it changes, by whatever route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from support.fake_discord import layout, mentions, refusals, uploads
from support.fake_discord.bodies import Body
from support.fake_discord.clock import time_of
from support.fake_discord.messages import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Message,
    Version,
)
from support.fake_discord.people import User
from support.fake_discord.places import Channel
from support.fake_discord.refusals import Form, Refusal
from support.fake_discord.uploads import Attachment, Upload
from support.fake_discord.world import World

NONCE_SECONDS = 300.0
"""How long a nonce is remembered: "the past few minutes"."""
OLD_SECONDS = 3600.0
LEGACY = ("content", "embeds", "sticker_ids", "poll")
Tell = Callable[[str, Message], None]


@dataclass(frozen=True)
class Manner:
    """What differs between the routes."""

    file_limit: int
    usual_mentions: tuple[str, ...] = ("users",)
    """What is parsed when the request says nothing; everything for a plain message of a bot."""
    flags: int = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
    """Those that may be set; others are ignored."""


class Posting:
    """Makes and changes messages, and tells the gateway."""

    def __init__(self, world: World, address: Callable[[Channel, int, str], str], tell: Tell) -> None:
        self.old_edits_allowed = 5
        """Edits of messages older than an hour that a channel takes within ``old_edits_seconds``. Not published."""
        self.old_edits_seconds = 60.0
        self._world = world
        self._address = address
        self._tell = tell
        self._nonces: dict[tuple[int, str], tuple[float, Message]] = {}
        self._old_edits: dict[int, list[float]] = {}

    def create(self, body: Body, channel: Channel, author: User, manner: Manner, **more: Any) -> Message:
        """A new message; ``more`` are fields of :class:`Message`. With a known nonce it is the one from before."""
        fields, ephemeral_for = body.fields, more.get("seen_only_by")
        form = Form()
        flags = self._flags(form, fields.get("flags"), manner)
        self._check(form, fields, body.files, {}, v2=bool(flags & COMPONENTS_V2), edit=False)
        form.length("nonce", _text(fields.get("nonce")), 0, 25)
        form.finish()
        known = self._known(author, fields)
        if known is not None:
            return known
        uploads.check_sizes(body.files, manner.file_limit)
        attachments = self._take(fields.get("attachments"), body.files, {}, channel, hidden=ephemeral_for is not None)
        components = layout.settle(fields.get("components") or [], attachments)
        flags |= EPHEMERAL if ephemeral_for else 0
        look = Version(
            self._world.clock.now(),
            fields.get("content") or "",
            components,
            fields.get("embeds") or [],
            attachments,
            flags,
        )
        self._not_empty(look)
        message = Message(self._world.ids.next(), channel, author, [look], mentions.Mentions(), **more)
        self._settle_mentions(message, fields.get("allowed_mentions"), manner)
        if not flags & SUPPRESS_NOTIFICATIONS and message.seen_only_by is None:
            message.pings = message.mentions.notified(channel)
        message.nonce = _text(fields.get("nonce"))
        self._keep(message)
        return message

    def think(self, channel: Channel, author: User, *, ephemeral: bool, **more: Any) -> Message:
        """The message that only says that an answer is on its way."""
        flags = LOADING | (EPHEMERAL if ephemeral else 0)
        look = Version(self._world.clock.now(), "", [], [], (), flags)
        message = Message(self._world.ids.next(), channel, author, [look], mentions.Mentions(), **more)
        self._keep(message)
        return message

    def edit(self, message: Message, body: Body, manner: Manner) -> Message:
        """Change a message; what a request does not name stays."""
        fields, was = body.fields, message.now
        form = Form()
        asked = fields.get("flags")
        flags = self._flags(form, asked, manner) if asked is not None else was.flags & manner.flags
        if asked is not None and was.flags & COMPONENTS_V2 and not flags & COMPONENTS_V2:
            said = "The IS_COMPONENTS_V2 flag cannot be removed from a message"
            form.wrong("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", said)
        kept = {each.id: each for each in was.attachments}
        v2 = bool(flags & COMPONENTS_V2)
        if v2 and not was.flags & COMPONENTS_V2:
            for name in ("content", "embeds"):
                if getattr(was, name) and name not in fields:
                    self._legacy(form, name)
        self._check(form, fields, body.files, kept, v2=v2, edit=True)
        form.finish()
        uploads.check_sizes(body.files, manner.file_limit)
        hidden = message.seen_only_by is not None
        attachments = self._take(fields.get("attachments"), body.files, kept, message.channel, hidden=hidden)
        look = replace(
            was,
            at=self._world.clock.now(),
            content=(fields["content"] or "") if "content" in fields else was.content,
            embeds=(fields["embeds"] or []) if "embeds" in fields else was.embeds,
            attachments=attachments,
            flags=was.flags & EPHEMERAL | flags,
        )
        if "components" in fields:
            look = replace(look, components=layout.settle(fields["components"] or [], attachments))
        self._not_empty(look)
        message.history.append(look)
        self._settle_mentions(message, fields.get("allowed_mentions"), manner)
        if message.seen_only_by is None:
            self._tell("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        message.deleted = True
        if message.seen_only_by is None:
            self._tell("MESSAGE_DELETE", message)

    def count_old_edit(self, message: Message) -> None:
        """Refuse the edit when too many messages of more than an hour were edited in this channel lately."""
        now = self._world.clock.now()
        if now - time_of(message.id) < OLD_SECONDS:
            return
        edits = self._old_edits.setdefault(message.channel.id, [])
        edits[:] = [at for at in edits if now - at < self.old_edits_seconds]
        if len(edits) >= self.old_edits_allowed:
            wait = round(self.old_edits_seconds - (now - edits[0]), 3)
            said = "Maximum number of edits to messages older than 1 hour reached. Try again later"
            told = {"retry_after": wait, "global": False}
            raise Refusal(429, 30046, said, extra=told, headers={"Retry-After": str(int(wait) + 1)})
        edits.append(now)

    def _keep(self, message: Message) -> None:
        self._world.messages[message.id] = message
        if message.seen_only_by is not None:
            return
        message.channel.last_message_id = message.id
        message.channel.message_count += 1
        if message.nonce is not None:
            self._nonces[message.author.id, message.nonce] = (self._world.clock.now(), message)
        self._tell("MESSAGE_CREATE", message)

    def _known(self, author: User, fields: dict[str, Any]) -> Message | None:
        nonce = _text(fields.get("nonce"))
        if nonce is None or not fields.get("enforce_nonce"):
            return None
        at, message = self._nonces.get((author.id, nonce), (0.0, None))
        return message if self._world.clock.now() - at < NONCE_SECONDS else None

    def _flags(self, form: Form, asked: Any, manner: Manner) -> int:
        if asked is None:
            return 0
        form.number("flags", asked, 0, 2**31 - 1)
        return asked & manner.flags if isinstance(asked, int) else 0

    def _check(
        self,
        form: Form,
        fields: dict[str, Any],
        files: dict[int, Upload],
        kept: dict[int, Attachment],
        *,
        v2: bool,
        edit: bool,
    ) -> None:
        form.length("content", fields.get("content"), 0, 2000)
        form.length("embeds", fields.get("embeds"), 0, 10)
        mentions.check(form, fields.get("allowed_mentions"))
        uploads.check_described(form, fields.get("attachments"), files, kept)
        described = fields.get("attachments")
        listed = None if described is None else {int(each["id"]) for each in described if "id" in each}
        remaining = {each.name for number, each in kept.items() if listed is None or number in listed}
        # A layout that is edited may only show new files that the request describes as well.
        fresh = {each.name for number, each in files.items() if not edit or number in (listed or ())}
        if v2:
            for name in LEGACY:
                if fields.get(name):
                    self._legacy(form, name)
        layout.check(form, fields.get("components"), v2=v2, files=fresh | remaining)

    @staticmethod
    def _legacy(form: Form, name: str) -> None:
        said = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        form.wrong(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", said)

    def _take(
        self,
        described: Any,
        files: dict[int, Upload],
        kept: dict[int, Attachment],
        channel: Channel,
        *,
        hidden: bool,
    ) -> tuple[Attachment, ...]:
        taken = {}
        for number, each in files.items():
            made = self._world.ids.next()
            url = self._address(channel, made, each.name)
            spoiler = each.name.startswith("SPOILER_")
            taken[number] = Attachment(made, each.name, each.content, url, spoiler=spoiler, ephemeral=hidden)
        return uploads.settle(described, taken, kept)

    def _settle_mentions(self, message: Message, allowed: dict[str, Any] | None, manner: Manner) -> None:
        answered = message.answers.author if message.answers and message.application_id is None else None
        message.mentions = mentions.found(
            message.text,
            allowed,
            message.channel,
            message.author,
            self._world.users,
            usual=manner.usual_mentions,
            answered=answered,
        )

    @staticmethod
    def _not_empty(look: Version) -> None:
        if not (look.content.strip() or look.embeds or look.attachments or look.components):
            raise refusals.empty_message()


def _text(nonce: Any) -> str | None:
    return None if nonce is None else str(nonce)
