"""Where the results of jobs are shown: a post a job, and the messages it consists of."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Text, Whole, literal, metadata

posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("source", Text, nullable=False),
    sa.Column("guild", Text),
    sa.Column("channel", Text, nullable=False),
    sa.Column("user", Text, nullable=False),
    sa.Column("interaction", Text),
    sa.Column("token", Text),  # a secret, and of no use once it has expired: emptied then
    sa.Column("expires_at", Whole),
    sa.Column("ephemeral", Whole, nullable=False),
    sa.Column("job_id", Text, sa.ForeignKey("jobs.id")),
    sa.Column("current", Whole, nullable=False),  # 1: of the posts of its job this is the one to be told
    sa.Column("state", Text, nullable=False),
    sa.Column("route", Text),
    sa.Column("why", Text),
    sa.Column("created_at", Whole, nullable=False),
    sa.CheckConstraint("length(id) = 16", name="posts_id"),
    sa.CheckConstraint("state IN ('open','told','kept','gone')", name="posts_state"),
    sa.CheckConstraint("ephemeral IN (0,1) AND current IN (0,1)", name="posts_truths"),
    sa.CheckConstraint("current = 0 OR job_id IS NOT NULL", name="posts_current"),
    sqlite_strict=True,
)

is_open = posts.c.state == literal("open")
is_current = posts.c.current == sa.literal_column("1")
has_token = posts.c.token.is_not(None)


def _index(name: str, *columns: sa.ColumnElement[object], where: sa.ColumnElement[bool], unique: bool = False) -> None:
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


sa.Index("posts_job", posts.c.job_id, posts.c.created_at)
_index("posts_current", posts.c.job_id, where=is_current, unique=True)
_index("posts_open", posts.c.created_at, posts.c.id, where=is_open)
_index("posts_token", posts.c.expires_at, where=has_token)

post_messages = sa.Table(
    "post_messages",
    metadata,
    sa.Column("message_id", Text, primary_key=True),
    sa.Column("source", Text, primary_key=True),
    sa.Column("post_id", Text, sa.ForeignKey("posts.id"), nullable=False),
    sa.Column("channel", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("part", Whole, nullable=False),
    sa.CheckConstraint("kind IN ('living','part')", name="post_messages_kind"),
    sa.CheckConstraint("part >= 0", name="post_messages_part"),
    sqlite_strict=True,
)
sa.Index("post_messages_post", post_messages.c.post_id, post_messages.c.part)
