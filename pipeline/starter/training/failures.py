"""What can go wrong that the person at the keyboard can put right."""

from __future__ import annotations


class TrainingError(Exception):
    """The training can't go on as it was asked for; the message says what to do."""
