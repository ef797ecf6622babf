"""Figures for collectors: what is counted, and the two ways to fetch it (``GET /metrics`` and a text file).

A thing that counts is a class that is built with the registry and has ``hear(event)``: to add one, name it in
:data:`daemon.metrics.metrics.PARTS`. Labels have few values, all known beforehand or bounded by :mod:`.few`: never an
owner, a prompt or an id.
"""

from __future__ import annotations

from daemon.metrics.figures import Look
from daemon.metrics.loop_lag import LoopLag
from daemon.metrics.metrics import Metrics
from daemon.metrics.textfile import TextFile

__all__ = ["Look", "LoopLag", "Metrics", "TextFile"]
