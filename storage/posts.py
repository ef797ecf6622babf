"""Where the results of jobs are shown, so that whoever shows them knows after a restart what it still has to do.

The token of a post is a secret. It is handed out until it expires, never afterwards, and leaves this file with the
next post that is opened. A post goes with its job; one that never got a job goes after a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from config.errors import ConflictError, NotFoundError, UserError
from storage.schema import jobs, post_messages, posts
from storage.schema.posts import has_token, is_current, is_open

STATES = ("open", "told", "kept", "gone")
KINDS = ("living", "part")
MAX_MESSAGES = 100
"""Of one post."""
MAX_NAME, MAX_WORDS = 100, 1_000
"""Characters of what names something, and of what says something (a token, a reason)."""
UNBOUND_MS = 86_400_000
AT_ONCE = 50
"""Old posts that go with a new one: more than come, so that what was left grows less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One place where the result of a job is shown. Ids are those of its source; moments UTC epoch milliseconds."""

    id: str
    source: str = "discord"
    guild: str | None = None
    channel: str
    user: str
    interaction: str | None = None
    token: str | None = field(default=None, repr=False)
    """With which its source lets us answer; None once it has expired."""
    expires_at: int | None = None
    """When the token does."""
    ephemeral: bool = False
    job_id: str | None = None
    state: str = "open"
    """``open`` (still to be told), ``told``, ``kept`` (could not be brought), ``gone`` (deleted there)."""
    route: str | None = None
    """By which way it was told."""
    why: str | None = None
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class PostMessage:
    """A message that shows a post: the one that lives while the job does, or a part of the result (from 0).

    ``guild`` and ``ephemeral`` are those of the post, told where messages of several are."""

    message_id: str
    channel: str
    kind: str
    part: int
    guild: str | None = None
    ephemeral: bool = False


GET = sa.select(posts).where(posts.c.id == sa.bindparam("of_post"))
OF_JOB = sa.select(posts).where(posts.c.job_id == sa.bindparam("of_job"), is_current)
OF_MESSAGE = (
    sa.select(posts)
    .join(post_messages, post_messages.c.post_id == posts.c.id)
    .where(post_messages.c.message_id == sa.bindparam("of_message"), post_messages.c.source == sa.bindparam("from"))
)
OPEN = sa.select(posts).where(is_open).order_by(posts.c.created_at, posts.c.id).limit(sa.bindparam("most"))
MESSAGES = (
    sa.select(post_messages).where(post_messages.c.post_id == sa.bindparam("of_post")).order_by(post_messages.c.part)
)
MESSAGES_OF_JOB = (
    sa.select(post_messages, posts.c.guild, posts.c.ephemeral)
    .join(posts, posts.c.id == post_messages.c.post_id)
    .where(posts.c.job_id == sa.bindparam("of_job"))
    .order_by(posts.c.created_at)
)
EXPIRE = sa.update(posts).where(has_token, posts.c.expires_at <= sa.bindparam("now")).values(token=None)
FORGOTTEN = (
    sa.select(posts.c.id)
    .where(posts.c.job_id.is_(None), posts.c.created_at < sa.bindparam("before"))
    .order_by(posts.c.created_at)
    .limit(sa.bindparam("most"))
)


def open_post(connection: Connection, post: Post, *, now: int) -> Post:
    """A new one, as it is kept. Raises :class:`ConflictError` when there is one of that id, :class:`UserError`."""
    _check(post)
    _tidy(connection, now)
    kept = replace(post, created_at=now)
    row = {name: getattr(kept, name) for name in _COLUMNS}
    row |= {"ephemeral": int(kept.ephemeral), "job_id": None, "current": 0}
    if not connection.execute(insert(posts).on_conflict_do_nothing(), row).rowcount:
        raise ConflictError(f"there is a post {post.id} already")
    if kept.job_id is not None:
        bind(connection, kept.id, kept.job_id)
    return kept


def get(connection: Connection, post: str, *, now: int) -> Post | None:
    """By its id."""
    return _post(connection.execute(GET, {"of_post": post}).first(), now)


def of_job(connection: Connection, job: str, *, now: int) -> Post | None:
    """The one in which the job is told: of several the one that was bound last."""
    return _post(connection.execute(OF_JOB, {"of_job": job}).first(), now)


def of_message(connection: Connection, message: str, source: str, *, now: int) -> Post | None:
    """The one that this message shows."""
    return _post(connection.execute(OF_MESSAGE, {"of_message": message, "from": source}).first(), now)


def open_ones(connection: Connection, limit: int, *, now: int) -> list[Post]:
    """Those still to be told, the oldest first."""
    return [_of(row, now) for row in connection.execute(OPEN, {"most": limit})]


def messages(connection: Connection, post: str) -> tuple[PostMessage, ...]:
    """Of a post, by their parts."""
    rows = connection.execute(MESSAGES, {"of_post": post})
    return tuple(PostMessage(row.message_id, row.channel, row.kind, row.part) for row in rows)


def messages_of_job(connection: Connection, job: str) -> tuple[PostMessage, ...]:
    """Of all posts in which the job was ever told, also those whose place a later one took."""
    rows = connection.execute(MESSAGES_OF_JOB, {"of_job": job})
    return tuple(
        PostMessage(row.message_id, row.channel, row.kind, row.part, row.guild, bool(row.ephemeral)) for row in rows
    )


def bind(connection: Connection, post: str, job: str) -> None:
    """This is the post of the job from now on; an earlier one that is still open need not be told any more.

    Raises :class:`NotFoundError` for a post or a job that is not there.
    """
    _must_have(connection, post)
    if connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job)).first() is None:
        raise NotFoundError(f"there is no job {job}")
    earlier = (posts.c.job_id == job, posts.c.id != post)
    connection.execute(sa.update(posts).where(*earlier, is_current).values(current=0))
    connection.execute(
        sa.update(posts).where(*earlier, is_open).values(state="told", why="another post of the job took its place")
    )
    connection.execute(sa.update(posts).where(posts.c.id == post).values(job_id=job, current=1))


def add_message(
    connection: Connection, post: str, message: str, kind: str, part: int, *, channel: str | None = None
) -> None:
    """The post is shown by this message (in another channel than its own, if one is named); said twice it is one.

    Raises :class:`NotFoundError`, and :class:`UserError` for too many.
    """
    if kind not in KINDS or part < 0:
        raise UserError(f"message: the kind must be one of {', '.join(KINDS)} and the part not negative")
    _check_names(message=message, channel=channel)
    row = _must_have(connection, post)
    values = {"post_id": post, "channel": channel or row.channel, "kind": kind, "part": part}
    there = {each.message_id for each in messages(connection, post)}
    if message not in there and len(there) >= MAX_MESSAGES:
        raise UserError(f"a post may have at most {MAX_MESSAGES} messages")
    connection.execute(
        insert(post_messages)
        .values(message_id=message, source=row.source, **values)
        .on_conflict_do_update(index_elements=["message_id", "source"], set_=values)
    )


def told(connection: Connection, post: str, state: str, route: str | None, why: str | None) -> None:
    """What became of it. Raises :class:`NotFoundError`."""
    if state not in STATES:
        raise UserError(f"state: must be one of {', '.join(STATES)}", field="state")
    _check_names(route=route)
    values = {"state": state, "route": route, "why": None if why is None else why[:MAX_WORDS]}
    _must_have(connection, post)
    connection.execute(sa.update(posts).where(posts.c.id == post).values(**values))


def drop_token(connection: Connection, post: str) -> None:
    """It is of no use any more."""
    connection.execute(sa.update(posts).where(posts.c.id == post).values(token=None))


def remove_of_jobs(connection: Connection, names: list[str]) -> None:
    """These jobs are about to go, and their posts go before them."""
    of_jobs = sa.select(posts.c.id).where(posts.c.job_id.in_(names))
    connection.execute(sa.delete(post_messages).where(post_messages.c.post_id.in_(of_jobs)))
    connection.execute(sa.delete(posts).where(posts.c.job_id.in_(names)))


_COLUMNS = tuple(column.name for column in posts.c if column.name != "current")


def _tidy(connection: Connection, now: int) -> None:
    connection.execute(EXPIRE, {"now": now})
    old = list(connection.execute(FORGOTTEN, {"before": now - UNBOUND_MS, "most": AT_ONCE}).scalars())
    if old:
        connection.execute(sa.delete(post_messages).where(post_messages.c.post_id.in_(old)))
        connection.execute(sa.delete(posts).where(posts.c.id.in_(old)))


def _must_have(connection: Connection, post: str) -> sa.Row[Any]:
    row = connection.execute(GET, {"of_post": post}).first()
    if row is None:
        raise NotFoundError(f"there is no post {post}")
    return row


def _check(post: Post) -> None:
    _check_names(
        id=post.id,
        source=post.source,
        guild=post.guild,
        channel=post.channel,
        user=post.user,
        interaction=post.interaction,
        route=post.route,
    )
    if len(post.id) != 16 or post.state not in STATES:
        raise UserError(f"post: its id must have 16 characters and its state be one of {', '.join(STATES)}")
    if len(post.token or "") > MAX_WORDS or len(post.why or "") > MAX_WORDS:
        raise UserError(f"post: a token and a reason may have at most {MAX_WORDS} characters")
    if post.token is not None and post.expires_at is None:
        raise UserError("post: it must be known when a token expires", field="expires_at")


def _check_names(**given: str | None) -> None:
    for name, text in given.items():
        if text is not None and not 0 < len(text) <= MAX_NAME:
            raise UserError(f"{name}: must have 1 to {MAX_NAME} characters", field=name)


def _post(row: sa.Row[Any] | None, now: int) -> Post | None:
    return None if row is None else _of(row, now)


def _of(row: sa.Row[Any], now: int) -> Post:
    values = {name: row._mapping[name] for name in _COLUMNS}
    if row.expires_at is not None and row.expires_at <= now:
        values["token"] = None
    return Post(**{**values, "ephemeral": bool(row.ephemeral)})
