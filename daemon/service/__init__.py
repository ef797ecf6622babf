"""The one door to the daemon: front ends import this package and nothing behind it."""

from __future__ import annotations

from daemon.events import Event, JobChanged, JobProgress, Missed, Subscription
from daemon.fairness.forecast import Expected
from daemon.happenings import (
    ConditionChanged,
    DeliveryTried,
    EngineChanged,
    ModelChanged,
    QueueHeld,
    SubmissionRefused,
)
from daemon.service.conditions import Condition, Conditions
from daemon.service.delivery import Deliverer, LaterError, UndeliverableError
from daemon.service.exposition import Exposition
from daemon.service.favourites import Favourites
from daemon.service.keeping import Backup, Doing, Pruned, PruneOrder
from daemon.service.memory import Memory
from daemon.service.overview import Overview, Running
from daemon.service.policies import Policies
from daemon.service.posts import Posts
from daemon.service.quotas import Account
from daemon.service.recent import Ending
from daemon.service.reloaded import Reloaded
from daemon.service.retention import RetentionStatus
from daemon.service.schedules import Draft, OccurrenceReport, Run, ScheduleReport, Schedules, SchedulesStatus, Tally
from daemon.service.service import Service
from daemon.service.status import (
    STATES,
    DaemonStatus,
    DeliveryStatus,
    EngineStatus,
    FrontEndStatus,
    LaneStatus,
    PaceStatus,
    Status,
)
from daemon.service.submission import OrderProgress, Receipt, Submission
from daemon.service.verification import Difference, Verification
from pipeline.models.registry import ModelEntry
from storage.deliveries import Delivery
from storage.orders import Order
from storage.policies import AuditEntry, PolicyRow
from storage.posts import Post, PostMessage
from storage.prune.rule import Rule
from storage.queue.export import Filter
from storage.queue.job import LANES, TERMINAL, Job, JobError, Origin, Picture
from storage.quotas.terms import Allowance as Limit
from storage.quotas.usage import Used

__all__ = [
    "LANES",
    "STATES",
    "TERMINAL",
    "Account",
    "AuditEntry",
    "Backup",
    "Condition",
    "ConditionChanged",
    "Conditions",
    "DaemonStatus",
    "Deliverer",
    "Delivery",
    "DeliveryStatus",
    "DeliveryTried",
    "Difference",
    "Doing",
    "Draft",
    "Ending",
    "EngineChanged",
    "EngineStatus",
    "Event",
    "Expected",
    "Exposition",
    "Favourites",
    "Filter",
    "FrontEndStatus",
    "Job",
    "JobChanged",
    "JobError",
    "JobProgress",
    "LaneStatus",
    "LaterError",
    "Limit",
    "Memory",
    "Missed",
    "ModelChanged",
    "ModelEntry",
    "OccurrenceReport",
    "Order",
    "OrderProgress",
    "Origin",
    "Overview",
    "PaceStatus",
    "Picture",
    "Policies",
    "PolicyRow",
    "Post",
    "PostMessage",
    "Posts",
    "PruneOrder",
    "Pruned",
    "QueueHeld",
    "Receipt",
    "Reloaded",
    "RetentionStatus",
    "Rule",
    "Run",
    "Running",
    "ScheduleReport",
    "Schedules",
    "SchedulesStatus",
    "Service",
    "Status",
    "Submission",
    "SubmissionRefused",
    "Subscription",
    "Tally",
    "UndeliverableError",
    "Used",
    "Verification",
]
