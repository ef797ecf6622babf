"""The tables as the code of today sees them. ``storage/migrations`` brings a database file to this shape."""

from __future__ import annotations

from storage.schema.columns import metadata
from storage.schema.deliveries import deliveries, subscriptions
from storage.schema.jobs import attempts, events, flags, jobs, tallies
from storage.schema.memory import favourites, memory
from storage.schema.orders import line_errors, orders
from storage.schema.pictures import lineage, pictures, removals
from storage.schema.policies import audit, policies
from storage.schema.posts import post_messages, posts
from storage.schema.quotas import stored, usage
from storage.schema.schedules import occurrences, schedules
from storage.schema.speeds import loads, speeds
from storage.schema.turns import lane_owners, lanes

__all__ = [
    "attempts",
    "audit",
    "deliveries",
    "events",
    "favourites",
    "flags",
    "jobs",
    "lane_owners",
    "lanes",
    "line_errors",
    "lineage",
    "loads",
    "memory",
    "metadata",
    "occurrences",
    "orders",
    "pictures",
    "policies",
    "post_messages",
    "posts",
    "removals",
    "schedules",
    "speeds",
    "stored",
    "subscriptions",
    "tallies",
    "usage",
]
