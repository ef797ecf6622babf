"""Where results are shown, who may do what there, what is remembered of people, and by which words jobs are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Frozen as they were: a migration never follows the tables of today.
Text = sa.Text
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _posts()
    _messages()
    _policies()
    _memory()
    _prompts()


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", Text, primary_key=True),
        sa.Column("source", Text, nullable=False),
        sa.Column("guild", Text),
        sa.Column("channel", Text, nullable=False),
        sa.Column("user", Text, nullable=False),
        sa.Column("interaction", Text),
        sa.Column("token", Text),
        sa.Column("expires_at", Whole),
        sa.Column("ephemeral", Whole, nullable=False),
        sa.Column("job_id", Text, sa.ForeignKey("jobs.id")),
        sa.Column("current", Whole, nullable=False),
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
    op.create_index("posts_job", "posts", ["job_id", "created_at"])
    _index("posts_current", "posts", ["job_id"], "current = 1", unique=True)
    _index("posts_open", "posts", ["created_at", "id"], "state = 'open'")
    _index("posts_token", "posts", ["expires_at"], "token IS NOT NULL")


def _messages() -> None:
    op.create_table(
        "post_messages",
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
    op.create_index("post_messages_post", "post_messages", ["post_id", "part"])


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("guild", Text, primary_key=True),
        sa.Column("scope", Text, primary_key=True),
        sa.Column("name", Text, primary_key=True),
        sa.Column("value", Text, nullable=False),
        sa.Column("set_by", Text, nullable=False),
        sa.Column("set_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("at", Whole, nullable=False),
        sa.Column("guild", Text, nullable=False),
        sa.Column("actor", Text, nullable=False),
        sa.Column("action", Text, nullable=False),
        sa.Column("detail", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("audit_guild", "audit", ["guild", "id"])


def _memory() -> None:
    op.create_table(
        "memory",
        sa.Column("scope", Text, primary_key=True),
        sa.Column("name", Text, primary_key=True),
        sa.Column("value", Text, nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sa.Column("job_id", Text, sa.ForeignKey("jobs.id")),
        sqlite_strict=True,
    )
    op.create_index("memory_job", "memory", ["job_id"])
    op.create_table(
        "favourites",
        sa.Column("seq", Whole, primary_key=True),
        sa.Column("owner", Text, nullable=False),
        sa.Column("picture_id", Text, sa.ForeignKey("pictures.id"), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.UniqueConstraint("owner", "picture_id", name="favourites_once"),
        sqlite_strict=True,
    )
    op.create_index("favourites_owner", "favourites", ["owner", "seq"])
    op.create_index("favourites_picture", "favourites", ["picture_id"])


def _prompts() -> None:
    """An index that reads the text where it is; where SQLite was built without it, there is none."""
    if not op.get_bind().exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").first():
        return
    op.execute("CREATE VIEW prompts_of_jobs AS SELECT seq, json_extract(request, '$.prompt') AS prompt FROM jobs")
    op.execute(
        "CREATE VIRTUAL TABLE prompts USING fts5(prompt, content='prompts_of_jobs', content_rowid='seq',"
        " columnsize=0, tokenize='unicode61 remove_diacritics 2')"
    )
    op.execute("INSERT INTO prompts (rowid, prompt) SELECT seq, prompt FROM prompts_of_jobs")


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
