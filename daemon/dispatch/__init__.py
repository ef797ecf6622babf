"""Keeps the engine full: claims jobs, hands them to the engine, records what comes back. Decides, computes nothing."""

from daemon.dispatch.dispatcher import Dispatcher
from daemon.dispatch.status import EngineStatus

__all__ = ["Dispatcher", "EngineStatus"]
