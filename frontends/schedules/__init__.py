"""The clockwork of recurring orders: it wakes up when something is due and asks the service to carry it out.

::

    alarm        wakes it at a moment
    clock_watch  notices that the clock was set, or that the machine slept
    delivering   writes results into the folder that a schedule names
    front_end    the loop; what the daemon starts
"""

from frontends.schedules.front_end import Clockwork

__all__ = ["Clockwork"]
