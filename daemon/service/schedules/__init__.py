"""Recurring orders: set up, shown and steered through :class:`Schedules`, carried out by its ``firing``."""

from __future__ import annotations

from daemon.service.schedules.door import Schedules
from daemon.service.schedules.draft import Draft
from daemon.service.schedules.firing import Firing
from daemon.service.schedules.views import OccurrenceReport, Run, ScheduleReport, SchedulesStatus, Tally

__all__ = ["Draft", "Firing", "OccurrenceReport", "Run", "ScheduleReport", "Schedules", "SchedulesStatus", "Tally"]
