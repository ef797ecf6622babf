"""Who is served next. Pure: frozen values in, decisions out; no clock, no database, no engine.

Two things are decided here. *What to claim* (:mod:`daemon.fairness.policy`): which of the waiting jobs the engine is
given next. *Who goes first on board* (:mod:`daemon.fairness.board`): which of the jobs that the engine holds are drawn
and which are parked. The dispatcher asks both with the real queue, the simulator with a traffic of its own, the
forecast with a copy of what waits.
"""
