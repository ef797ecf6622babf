"""Whose turn it is: how much each owner has been served in each lane."""

from __future__ import annotations

import sqlalchemy as sa

from storage.schema.columns import Real, Text, Whole, metadata

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("lane", Whole, primary_key=True),
    sa.Column("virtual_time", Real, nullable=False),
    sa.CheckConstraint("lane BETWEEN 0 AND 3", name="lanes_lane"),
    sqlite_strict=True,
)
"""``virtual_time`` is the lane's time: the start of what was claimed last. Owners that come anew begin there."""

lane_owners = sa.Table(
    "lane_owners",
    metadata,
    sa.Column("lane", Whole, sa.ForeignKey("lanes.lane"), primary_key=True),
    sa.Column("owner", Text, primary_key=True),
    sa.Column("virtual_time", Real, nullable=False),
    sa.Column("active", Whole, nullable=False),
    sa.Column("since", Whole, nullable=False, server_default="0"),
    sa.CheckConstraint("active IN (0,1)", name="lane_owners_active"),
    sqlite_strict=True,
)
"""``virtual_time`` is in engine-seconds by the owner's weight; ``active`` is 1 while he has jobs to claim, ``since`` is
the newest job there was when he came: of equal owners who has waited longest is next."""

is_active = lane_owners.c.active == sa.literal_column("1")
sa.Index(
    "lane_owners_turn",
    lane_owners.c.lane,
    lane_owners.c.virtual_time,
    lane_owners.c.since,
    lane_owners.c.owner,
    sqlite_where=is_active,
    postgresql_where=is_active,
)
