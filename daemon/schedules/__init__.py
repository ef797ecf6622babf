"""When recurring orders are due and what they ask for, computed without a database, a clock or a queue.

::

    zones         time zones by their IANA names
    local_times   local times become moments, on the days on which clocks are set as well
    cron, calendar_rule, spans    the three ways to say when
    quiet_hours, jitter           what moves or takes out single times
    timetable     all of that together: the due times of one schedule
    catch_up      which of the times that were missed are made up for
    verdicts      what becomes of each time that is due
    template/     what is drawn at one of them
"""
