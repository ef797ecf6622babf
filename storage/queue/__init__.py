"""The queue, a verb a module. Each takes an open connection first, so that several can be one transaction.

``queued -> running -> done | failed | cancelled | dead``; a running job goes back to ``queued`` when its attempt may be
repeated. The modules under the verbs: :mod:`.waiting` shows what waits, :mod:`.turns` keeps what
each owner had, :mod:`.transition` changes states, :mod:`.history` remembers, :mod:`.tally` counts.
"""

from __future__ import annotations

from sqlalchemy import Connection

from storage.queue.accuse import accuse, recover
from storage.queue.cancel import cancel, cancelled
from storage.queue.claim import Charge, Choose, claim
from storage.queue.enqueue import enqueue, enqueue_many, enqueue_what_fits
from storage.queue.fail import fail
from storage.queue.find import find, get, get_picture
from storage.queue.finish import finish
from storage.queue.glance import LaneGlance, lanes, longest_waiting, under_way
from storage.queue.history import attempts_of, events_of
from storage.queue.pause import is_freed, is_paused, pause, resume
from storage.queue.release import release
from storage.queue.renew import renew
from storage.queue.retry import retry
from storage.queue.tally import counts, ever_took_jobs, open_jobs
from storage.queue.turns import LONGEST_REST_MS, next_rested_at
from storage.queue.waiting import Place, ReadyJob, Waiting, ready_lanes

__all__ = [
    "LONGEST_REST_MS",
    "Charge",
    "Choose",
    "Connection",
    "LaneGlance",
    "Place",
    "ReadyJob",
    "Waiting",
    "accuse",
    "attempts_of",
    "cancel",
    "cancelled",
    "claim",
    "counts",
    "enqueue",
    "enqueue_many",
    "enqueue_what_fits",
    "events_of",
    "ever_took_jobs",
    "fail",
    "find",
    "finish",
    "get",
    "get_picture",
    "is_freed",
    "is_paused",
    "lanes",
    "longest_waiting",
    "next_rested_at",
    "open_jobs",
    "pause",
    "ready_lanes",
    "recover",
    "release",
    "renew",
    "resume",
    "retry",
    "under_way",
]
