"""One edit of the message that shows how far a job is, by the way that is open now."""

from __future__ import annotations

import io

import discord
from discord import ui

from config.clock import Clock
from daemon.service import Post, PostMessage
from frontends.discord_bot.delivering.chain import TOKEN_MARGIN_MS
from frontends.discord_bot.delivering.door import Posts
from frontends.discord_bot.delivering.followed import Followed
from frontends.discord_bot.delivering.verdict import judge
from frontends.discord_bot.delivering.ways import Ways

PREVIEW = "preview.png"


class LiveEdits:
    """Makes them, and the message itself where there is none yet."""

    def __init__(self, ways: Ways, posts: Posts, clock: Clock) -> None:
        self._ways = ways
        self._posts = posts
        self._clock = clock

    async def send(
        self, followed: Followed, post: Post, living: PostMessage | None, view: ui.LayoutView, preview: bytes | None
    ) -> bool:
        """False when there is nobody any more who may be shown it. Raises what :mod:`.verdict` judges."""
        files: list[discord.File] | None = None if followed.edits else []  # what an earlier run has left there
        if preview is not None:
            files = [discord.File(io.BytesIO(preview), PREVIEW)]
        in_time = post.expires_at is not None and self._clock() < post.expires_at - TOKEN_MARGIN_MS
        if post.token is not None and in_time and not followed.token_gone:
            try:
                message = await self._ways.edit_original(post.token, view, files)
            except discord.HTTPException as error:
                if judge(error, by_token=True).meaning != "elsewhere":
                    raise
                followed.token_gone = True
                if preview is not None and files:
                    files = [discord.File(io.BytesIO(preview), PREVIEW)]
            else:
                if living is None:
                    await self._posts.message(post.id, message, "living", 0)
                return True
        if post.ephemeral:
            return False
        if living is None:
            message = await self._ways.send(post.channel, view, files or [], nonce=f"{post.id}.live", ping=None)
            await self._posts.message(post.id, message, "living", 0)
            return True
        await self._ways.edit(living.channel, living.message_id, view, files)
        return True
