"""Channels, their messages and threads, as the bot's own token reaches them."""

from __future__ import annotations

from dataclasses import dataclass

from support.fake_discord import refusals
from support.fake_discord.faults import Answer
from support.fake_discord.messages import DEFAULT, REPLY, Message
from support.fake_discord.places import DIRECT, TEXT, Channel, Guild
from support.fake_discord.posting import Manner
from support.fake_discord.refusals import Form
from support.fake_discord.server import Call, Route


def routes() -> list[Route]:
    messages = "/channels/{channel}/messages"
    return [
        Route("GET", "/guilds/{guild}", _guild),
        Route("GET", "/guilds/{guild}/members/{user}", _member),
        Route("GET", "/guilds/{guild}/channels", _channels),
        Route("GET", "/guilds/{guild}/threads/active", _threads),
        Route("GET", "/channels/{channel}", _channel),
        Route("PATCH", "/channels/{channel}", _change_thread),
        Route("POST", "/channels/{channel}/typing", _typing),
        Route("PUT", "/channels/{channel}/thread-members/@me", _join),
        Route("POST", "/channels/{channel}/threads", _thread),
        Route("GET", messages, _list),
        Route("POST", messages, _create),
        Route("GET", f"{messages}/{{message}}", _one),
        Route("PATCH", f"{messages}/{{message}}", _edit),
        Route("DELETE", f"{messages}/{{message}}", _delete),
        Route("POST", f"{messages}/{{message}}/threads", _thread_under),
    ]


@dataclass(frozen=True)
class Reach:
    """A channel and what the bot may do in it."""

    call: Call
    channel: Channel

    def needs(self, *names: str) -> None:
        if not self.channel.may(self.call.fake.bot, *names):
            raise refusals.missing_permissions()


def _reach(call: Call) -> Reach:
    channel = call.fake.world.channels.get(call.number("channel"))
    if channel is None:
        raise refusals.unknown("channel")
    if not channel.may(call.fake.bot, "view_channel"):
        raise refusals.missing_access()
    return Reach(call, channel)


def _message(reach: Reach) -> Message:
    found = reach.call.fake.world.messages.get(reach.call.number("message"))
    # An ephemeral message is reached through its interaction only.
    if found is None or found.deleted or found.channel is not reach.channel or found.seen_only_by is not None:
        raise refusals.unknown("message")
    return found


def _told(call: Call, message: Message, status: int = 200) -> Answer:
    return Answer(status, message.payload(call.fake.clock.stamp, read=call.fake.reads(message)))


def _guild_of(call: Call) -> Guild:
    guild = call.fake.world.guilds.get(call.number("guild"))
    if guild is None:
        raise refusals.unknown("guild")
    if call.fake.bot.id not in guild.members:
        raise refusals.missing_access()
    return guild


def _guild(call: Call) -> Answer:
    return Answer(200, _guild_of(call).payload(call.fake.bot))


def _member(call: Call) -> Answer:
    member = _guild_of(call).members.get(call.number("user"))
    if member is None:
        raise refusals.unknown("member")
    return Answer(200, member.payload())


def _channels(call: Call) -> Answer:
    return Answer(200, [each.payload() for each in _guild_of(call).channels.values() if not each.is_thread])


def _threads(call: Call) -> Answer:
    found = [each for each in _guild_of(call).channels.values() if each.is_thread and not each.archived]
    return Answer(200, {"threads": [each.payload() for each in found], "members": []})


def _channel(call: Call) -> Answer:
    return Answer(200, _reach(call).channel.payload())


def _may_write(reach: Reach) -> None:
    channel, fake = reach.channel, reach.call.fake
    if channel.guild is None:
        if channel.kind == DIRECT and not all(each.direct_messages_open for each in channel.recipients):
            raise refusals.direct_messages_closed()
        return
    reach.needs("send_messages_in_threads" if channel.is_thread else "send_messages")
    if reach.call.body.files:
        reach.needs("attach_files")
    if channel.locked:
        reach.needs("manage_threads")
    if channel.archived:
        channel.archived = False
        fake.tell_thread("THREAD_UPDATE", channel)


def _typing(call: Call) -> Answer:
    _may_write(_reach(call))
    return Answer(204)


def _join(call: Call) -> Answer:
    _reach(call)
    return Answer(204)


def _list(call: Call) -> Answer:
    reach = _reach(call)
    form = Form()
    limit = call.query.get("limit", "50")
    form.number("limit", int(limit) if limit.isdigit() else limit, 1, 100)
    form.finish()
    if not reach.channel.may(call.fake.bot, "read_message_history"):
        return Answer(200, [])
    found = [each for each in call.fake.world.within(reach.channel) if each.seen_only_by is None]
    if "before" in call.query:
        found = [each for each in found if each.id < int(call.query["before"])]
    if "after" in call.query:
        found = [each for each in found if each.id > int(call.query["after"])][: int(limit)]
    newest = found[-int(limit) :][::-1]
    stamp = call.fake.clock.stamp
    return Answer(200, [each.payload(stamp, read=call.fake.reads(each)) for each in newest])


def _create(call: Call) -> Answer:
    reach = _reach(call)
    _may_write(reach)
    answers, reference = None, call.fields.get("message_reference")
    if reference:
        reach.needs("read_message_history")
        answers = call.fake.world.messages.get(int(reference["message_id"]))
        if answers is None or answers.deleted or answers.channel is not reach.channel:
            if reference.get("fail_if_not_exists", True):
                form = Form()
                form.wrong("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
                form.finish()
            answers = None
    guild = reach.channel.guild
    manner = Manner(guild.upload_limit if guild else 10 << 20, ("users", "roles", "everyone"))
    kind = REPLY if answers else DEFAULT
    made = call.fake.posting.create(call.body, reach.channel, call.fake.bot, manner, kind=kind, answers=answers)
    return _told(call, made)


def _one(call: Call) -> Answer:
    reach = _reach(call)
    reach.needs("read_message_history")
    return _told(call, _message(reach))


def _edit(call: Call) -> Answer:
    reach = _reach(call)
    message = _message(reach)
    if message.author is not call.fake.bot:
        raise refusals.authored_by_another()
    if reach.channel.archived:
        raise refusals.thread_archived()
    if call.body.files:
        reach.needs("attach_files")
    call.fake.posting.count_old_edit(message)
    guild = reach.channel.guild
    manner = Manner(guild.upload_limit if guild else 10 << 20, ("users", "roles", "everyone"))
    return _told(call, call.fake.posting.edit(message, call.body, manner))


def _delete(call: Call) -> Answer:
    reach = _reach(call)
    message = _message(reach)
    if message.author is not call.fake.bot:
        if reach.channel.guild is None:
            raise refusals.Refusal(403, 50003, "Cannot execute action on a DM channel")
        reach.needs("manage_messages")
    call.fake.posting.delete(message)
    return Answer(204)


def _thread_form(call: Call) -> str:
    form = Form()
    name = call.fields.get("name")
    if not name:
        form.required("name")
    form.length("name", name, 1, 100)
    if call.fields.get("auto_archive_duration") is not None:
        form.choice("auto_archive_duration", call.fields["auto_archive_duration"], (60, 1440, 4320, 10080))
    form.number("rate_limit_per_user", call.fields.get("rate_limit_per_user"), 0, 21_600)
    form.finish()
    return str(name)


def _change_thread(call: Call) -> Answer:
    """Of channels that are no threads, the bot is never the one to change anything here."""
    reach = _reach(call)
    thread = reach.channel
    if not thread.is_thread:
        reach.needs("manage_channels")
        raise refusals.no_such_route()
    if thread.creator is not call.fake.bot:
        reach.needs("manage_threads")
    form = Form()
    form.length("name", call.fields.get("name"), 1, 100)
    form.finish()
    thread.name = call.fields.get("name", thread.name)
    thread.archived = bool(call.fields.get("archived", thread.archived))
    thread.locked = bool(call.fields.get("locked", thread.locked))
    call.fake.tell_thread("THREAD_UPDATE", thread)
    return Answer(200, thread.payload())


def _in_text_channel(reach: Reach) -> None:
    if reach.channel.kind != TEXT:
        raise refusals.Refusal(400, 50024, "Cannot execute action on this channel type")
    reach.needs("create_public_threads")


def _thread(call: Call) -> Answer:
    reach = _reach(call)
    _in_text_channel(reach)
    made = call.fake.world.thread(reach.channel, _thread_form(call), call.fake.bot)
    call.fake.tell_thread("THREAD_CREATE", made)
    return Answer(201, made.payload())


def _thread_under(call: Call) -> Answer:
    reach = _reach(call)
    _in_text_channel(reach)
    message = _message(reach)
    if message.thread is not None:
        raise refusals.thread_exists()
    made = call.fake.world.thread(reach.channel, _thread_form(call), call.fake.bot, message)
    call.fake.tell_thread("THREAD_CREATE", made)
    return Answer(201, made.payload())
