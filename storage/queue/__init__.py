"""The queue:

One verb a module. Each is a function of an open connection, so that it also works inside a caller's transaction.
"""

from __future__ import annotations

from storage.database import Connection
from storage.queue.accuse import accuse, recover
from storage.queue.cancel import cancel, cancelled
from storage.queue.claim import claim, next_rested_at, peek_urgency
from storage.queue.enqueue import enqueue, enqueue_many
from storage.queue.fail import fail
from storage.queue.find import counts, find, get, get_picture, open_jobs
from storage.queue.finish import finish
from storage.queue.release import release
from storage.queue.renew import renew
from storage.queue.retry import retry
from storage.queue.switches import is_paused, pause, resume

__all__ = [
    "Connection",
    "accuse",
    "cancel",
    "cancelled",
    "claim",
    "counts",
    "enqueue",
    "enqueue_many",
    "fail",
    "find",
    "finish",
    "get",
    "get_picture",
    "is_paused",
    "next_rested_at",
    "open_jobs",
    "pause",
    "peek_urgency",
    "recover",
    "release",
    "renew",
    "resume",
    "retry",
]
