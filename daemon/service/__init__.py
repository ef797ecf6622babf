"""The one door to the daemon: front ends import this package and nothing behind it."""

from __future__ import annotations

from daemon.events import Event, JobChanged, JobProgress, Missed, Subscription
from daemon.service.conditions import Condition, Conditions
from daemon.service.delivery import Deliverer, LaterError, UndeliverableError
from daemon.service.keeping import Backup, Doing, Pruned, PruneOrder
from daemon.service.reloaded import Reloaded
from daemon.service.retention import RetentionStatus
from daemon.service.service import Service
from daemon.service.status import STATES, DaemonStatus, DeliveryStatus, EngineStatus, FrontEndStatus, Status
from daemon.service.submission import OrderProgress, Receipt, Submission
from daemon.service.verification import Difference, Verification
from pipeline.models.registry import ModelEntry
from storage.deliveries import Delivery
from storage.orders import Order
from storage.prune.rule import Rule
from storage.queue.export import Filter
from storage.queue.job import LANES, TERMINAL, Job, JobError, Origin, Picture

__all__ = [
    "LANES",
    "STATES",
    "TERMINAL",
    "Backup",
    "Condition",
    "Conditions",
    "DaemonStatus",
    "Deliverer",
    "Delivery",
    "DeliveryStatus",
    "Difference",
    "Doing",
    "EngineStatus",
    "Event",
    "Filter",
    "FrontEndStatus",
    "Job",
    "JobChanged",
    "JobError",
    "JobProgress",
    "LaterError",
    "Missed",
    "ModelEntry",
    "Order",
    "OrderProgress",
    "Origin",
    "Picture",
    "PruneOrder",
    "Pruned",
    "Receipt",
    "Reloaded",
    "RetentionStatus",
    "Rule",
    "Service",
    "Status",
    "Submission",
    "Subscription",
    "UndeliverableError",
    "Verification",
]
