"""The three kinds of error. What happens next depends on the kind alone.

Every error of ours is one of these. The class docstring is the default message;
``field`` names the offending part of the input, ``hint`` says what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Kind = Literal["user", "retryable", "fatal"]


class MezzotintError(Exception):
    """Something went wrong."""

    kind: ClassVar[Kind] = "fatal"

    def __init__(self, message: str | None = None, *, field: str | None = None, hint: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.field = field
        self.hint = hint
        super().__init__(self.message)


class UserError(MezzotintError):
    """The request can't be carried out as it is."""

    kind = "user"


class RetryableError(MezzotintError):
    """It did not work this time; it may work later."""

    kind = "retryable"


class FatalError(MezzotintError):
    """This process can't go on."""

    kind = "fatal"


class NotFoundError(UserError):
    """There is nothing under that name or id."""


class ConflictError(UserError):
    """The thing exists already or is in a state that does not allow this."""


class BusyError(RetryableError):
    """The service does not take this work now; try again later."""


class QuotaError(BusyError):
    """What may be used is used up; it comes free again."""

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        free_at: int | None = None,
        what: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.free_at = free_at
        """When a new day or month begins (UTC epoch milliseconds); None where no clock sets it free."""
        self.what = what
        """``pictures``, ``engine_ms``, ``bytes`` or ``queued``: which limit it was."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the configuration: which setting, what about it, and what to do."""

    key: str
    message: str
    hint: str | None = None


class UnusableError(FatalError):
    """What is stored here can't be used as it is, and starting again won't change that."""


class ConfigurationError(FatalError):
    """The configuration is wrong."""

    problems: tuple[Problem, ...] = ()
    """All that is wrong with it, not only the first thing found."""

    @classmethod
    def of(cls, *problems: Problem) -> ConfigurationError:
        """One error that carries every problem."""
        first = problems[0]
        if len(problems) == 1:
            error = cls(f"the configuration is wrong: {first.key}: {first.message}", field=first.key, hint=first.hint)
        else:
            error = cls(f"the configuration has {len(problems)} problems", field=first.key)
        error.problems = problems
        return error


class AlreadyRunningError(FatalError):
    """Another daemon owns this state directory."""
