"""Exit codes (the numbers of sysexits.h where it has one), and which error ends with which."""

from __future__ import annotations

from config.errors import (
    AlreadyRunningError,
    ConfigurationError,
    FatalError,
    MezzotintError,
    RetryableError,
    UnusableError,
    UserError,
)

OK = 0
FAILED = 1
USAGE = 2
NO_DAEMON = 69
TRY_AGAIN = 75
CONFIGURATION = 78
INTERRUPTED = 130


class UsageError(UserError):
    """The command was given something it can't work with."""


class NoDaemonError(RetryableError):
    """No daemon runs on this state directory."""


class LostDaemonError(RetryableError):
    """The daemon went away before it answered."""


class DefectError(FatalError):
    """The command failed at something it should have handled."""


_CODES: tuple[tuple[type[MezzotintError], int], ...] = (
    (UsageError, USAGE),
    (NoDaemonError, NO_DAEMON),
    (RetryableError, TRY_AGAIN),
    (AlreadyRunningError, TRY_AGAIN),
    (ConfigurationError, CONFIGURATION),
    (UnusableError, CONFIGURATION),
)


def code_of(error: MezzotintError) -> int:
    """The exit code of a command that ends with this error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)
