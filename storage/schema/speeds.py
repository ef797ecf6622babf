"""How fast what was drawn, remembered as sums from which lines are fitted."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Real, Text, Whole, metadata

speeds = sa.Table(
    "speeds",
    metadata,
    sa.Column("model", Text, primary_key=True),
    sa.Column("width", Whole, primary_key=True),
    sa.Column("height", Whole, primary_key=True),
    sa.Column("kind", Text, primary_key=True),  # what is drawn from: text, or an image
    sa.Column("n", Real, nullable=False),  # jobs, the older the less
    sa.Column("steps", Real, nullable=False),  # sums over them, a picture of each: of its steps
    sa.Column("steps_squared", Real, nullable=False),
    sa.Column("engine", Real, nullable=False),  # of engine-seconds
    sa.Column("engine_steps", Real, nullable=False),  # of the product of both
    sa.Column("drawing", Real, nullable=False),  # of the seconds in which it was drawn
    sa.Column("drawing_steps", Real, nullable=False),
    sa.Column("together", Real, nullable=False),  # of how many pictures shared its forwards
    sa.Column("together_squared", Real, nullable=False),
    sa.Column("forward", Real, nullable=False),  # of the seconds of the forwards of one step
    sa.Column("forward_together", Real, nullable=False),
    sa.Column("learned_at", Whole, nullable=False),
    sa.CheckConstraint("kind IN ('text','image')", name="speeds_kind"),
    sa.CheckConstraint("width > 0 AND height > 0 AND n > 0", name="speeds_sizes"),
    sa.CheckConstraint("engine >= 0 AND drawing >= 0 AND forward >= 0", name="speeds_seconds"),
    sqlite_strict=True,
)
sa.Index("speeds_oldest", speeds.c.learned_at)

loads = sa.Table(
    "loads",
    metadata,
    sa.Column("model", Text, primary_key=True),
    sa.Column("n", Real, nullable=False),  # loads, the older the less
    sa.Column("seconds", Real, nullable=False),  # sum of their times
    sa.Column("learned_at", Whole, nullable=False),
    sa.CheckConstraint("n > 0 AND seconds >= 0", name="loads_seconds"),
    sqlite_strict=True,
)
sa.Index("loads_oldest", loads.c.learned_at)
