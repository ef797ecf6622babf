"""A thread under a result is a place to refine it: what is said there changes the newest picture of the thread.

In direct messages an answer to a result does the same. Discord hands a bot without privileged intents the words of a
message only where it is mentioned or answered, and there. Who says something else in such a thread is told so, once.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import discord
import structlog

from config.errors import MezzotintError, NotFoundError
from config.ids import new_id
from daemon.service import Job, Post
from frontends.discord_bot import spoilers, telling
from frontends.discord_bot.buttons.wishes import is_private
from frontends.discord_bot.delivering.verdict import FAILURES, judge
from frontends.discord_bot.layouts.note import note
from frontends.discord_bot.policy.asker import Asker
from frontends.discord_bot.refining import Refinement, refinement
from frontends.discord_bot.wish import Wish

if TYPE_CHECKING:
    from frontends.discord_bot.desk import Desk

SOURCE = "discord"
STRENGTH = 0.6
"""How far a picture may change by a word or two."""
NEWEST = "newest"
HINTED_THREADS = 1_000

log = structlog.get_logger(__name__)


class Threads:
    """Hears what is said in threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hinted: OrderedDict[int, None] = OrderedDict()

    async def hear(self, message: discord.Message, me: discord.ClientUser) -> None:
        """Make an edit of a message, where it is one. Never raises what is the writer's to know."""
        if message.author.bot or message.type not in (discord.MessageType.default, discord.MessageType.reply):
            return
        if isinstance(message.channel, discord.Thread):
            found = await self._refined(message)
        elif message.guild is None:
            found = await self._answered(message)
        else:
            return
        if found is None:
            return
        locale = _locale(message, found)
        words = self._desk.catalogue.words(locale)
        said = _without_mention(message.content, me)
        if not said:
            if message.guild is not None:
                await self._hint(message, words.say("thread.hint"))
            return
        try:
            await self._order(message, found, refinement(said))
        except MezzotintError as error:
            await self._reply(message, telling.said_of(error, words))

    async def forget(self, thread: int) -> None:
        """A thread was deleted."""
        await self._desk.service.memory.drop(_scope(thread), NEWEST)

    async def _refined(self, message: discord.Message) -> Job | None:
        """The job whose picture is meant: of the message that is answered, or the newest of the thread.

        None when the thread does not belong to a result of ours. (A thread has the id of the message it was begun at.)
        """
        posts, service = self._desk.service.posts, self._desk.service
        root = await posts.of_message(str(message.channel.id))
        if root is None or root.source != SOURCE:
            return None
        answered = message.reference.message_id if message.reference is not None else None
        post = None if answered is None else await posts.of_message(str(answered))
        newest = await service.memory.get(_scope(message.channel.id), NEWEST) if post is None else None
        for name in (None if post is None else post.job_id, newest, root.job_id):
            try:
                job = None if name is None else await service.job(name)
            except NotFoundError:  # removed meanwhile
                continue
            # What is answered is named by the writer, and all that is drawn here is seen by everybody.
            if job is not None and job.pictures and not job.origin.address.get("private"):
                return await spoilers.as_decided(service, job)
        return None

    async def _answered(self, message: discord.Message) -> Job | None:
        """In direct messages: the job of the answered result, which is the writer's own or seen there."""
        answered = message.reference.message_id if message.reference is not None else None
        post = None if answered is None else await self._desk.service.posts.of_message(str(answered))
        if post is None or post.job_id is None or post.user != str(message.author.id):
            return None
        try:
            job = await self._desk.service.job(post.job_id)
        except NotFoundError:  # removed meanwhile
            return None
        return await spoilers.as_decided(self._desk.service, job) if job.pictures else None

    async def _order(self, message: discord.Message, job: Job, wanted: Refinement) -> None:
        desk = self._desk
        asker = Asker.of_message(message)
        picture = job.pictures[min(wanted.index, len(job.pictures) - 1)]
        attached = next((each for each in message.attachments if _is_picture(each)), None)
        fields = job.request.model_dump(exclude_none=True, exclude={"seed", "image", "denoising_strength", "count"})
        fields |= {"prompt": wanted.merged(job.request.prompt), "denoising_strength": STRENGTH}
        post = Post(
            id=new_id(desk.clock()),
            source=SOURCE,
            guild=asker.guild,
            channel=asker.place,
            user=asker.user,
            created_at=desk.clock(),
        )
        wish = Wish(
            fields=fields,
            image=attached or await desk.service.picture_bytes(picture.id),
            parent=picture.id,
            private=message.guild is None and is_private(job),
            spoiler=bool(job.origin.address.get("spoiler", False)),
        )
        receipt = await desk.ordering.take(asker, wish, post, _locale(message, job), f"m{message.id}", "edit")
        if message.guild is not None:
            await desk.service.memory.put(_scope(message.channel.id), NEWEST, receipt.id, job=receipt.id)
        if receipt.created:
            await desk.live.begin(receipt.id, post.id)

    async def _hint(self, message: discord.Message, text: str) -> None:
        thread = message.channel.id
        if thread in self._hinted:
            return
        self._hinted[thread] = None
        if len(self._hinted) > HINTED_THREADS:
            self._hinted.popitem(last=False)
        await self._reply(message, text)

    async def _reply(self, message: discord.Message, text: str) -> None:
        try:
            await message.reply(view=note(text), mention_author=False)
        except FAILURES as error:
            log.info("reply_untold", channel=message.channel.id, why=judge(error).said)


def _locale(message: discord.Message, job: Job) -> str:
    """Of a guild; in direct messages that in which the result was asked for."""
    said = job.origin.address.get("locale") if message.guild is None else message.guild.preferred_locale
    return str(said or "en-US")


def _without_mention(content: str, me: discord.ClientUser) -> str:
    return re.sub(rf"<@!?{me.id}>", " ", content).strip()


def _is_picture(attachment: discord.Attachment) -> bool:
    return (attachment.content_type or "").startswith("image/")


def _scope(thread: Any) -> str:
    return f"thread:{thread}"
