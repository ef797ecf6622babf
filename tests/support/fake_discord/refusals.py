"""What the API says no with: a status, a code, a message, and for a form the place of each mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = {
    "application": 10002,
    "channel": 10003,
    "guild": 10004,
    "member": 10007,
    "message": 10008,
    "user": 10013,
    "webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}


class Refusal(Exception):
    """One answer of the API that is not a success."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} ({code}): {message} {errors or ''}".rstrip())
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.extra = extra or {}
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {"message": self.message, "code": self.code, **self.extra}
        if self.errors:
            told["errors"] = self.errors
        return told


def unknown(what: str) -> Refusal:
    """404 with the code of that kind of thing."""
    return Refusal(404, UNKNOWN[what], f"Unknown {what.title()}")


def unauthorized() -> Refusal:
    return Refusal(401, 0, "401: Unauthorized")


def no_such_route() -> Refusal:
    return Refusal(404, 0, "404: Not Found")


def wrong_method() -> Refusal:
    return Refusal(405, 0, "405: Method Not Allowed")


def missing_access() -> Refusal:
    return Refusal(403, 50001, "Missing Access")


def missing_permissions() -> Refusal:
    return Refusal(403, 50013, "Missing Permissions")


def direct_messages_closed() -> Refusal:
    return Refusal(403, 50007, "Cannot send messages to this user")


def authored_by_another() -> Refusal:
    return Refusal(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> Refusal:
    return Refusal(400, 50006, "Cannot send an empty message")


def already_acknowledged() -> Refusal:
    return Refusal(400, 40060, "Interaction has already been acknowledged.")


def token_expired() -> Refusal:
    return Refusal(401, 50027, "Invalid Webhook Token")


def too_many_followups() -> Refusal:
    return Refusal(400, 40094, "This interaction has hit the maximum number of follow up messages")


def too_large() -> Refusal:
    return Refusal(413, 40005, "Request entity too large")


def too_many_attachments() -> Refusal:
    return Refusal(400, 30015, "Maximum number of attachments in a message reached (10)")


def too_many_creates() -> Refusal:
    return Refusal(400, 30034, "Max number of daily application command creates has been reached (200)")


def thread_exists() -> Refusal:
    return Refusal(400, 160004, "A thread has already been created for this message")


def thread_archived() -> Refusal:
    return Refusal(400, 50083, "Thread is archived")


def invalid_json() -> Refusal:
    return Refusal(400, 50109, "The request body contains invalid JSON.")


class Form:
    """Collects the mistakes of one body; :meth:`finish` refuses it when there are any."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def wrong(self, where: str, code: str, message: str) -> None:
        """A mistake at a dotted place, such as ``components.0.label``; an empty one is the body itself."""
        place = self._errors
        for part in where.split(".") if where else ():
            place = place.setdefault(part, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def required(self, where: str) -> None:
        self.wrong(where, "BASE_TYPE_REQUIRED", "This field is required")

    def length(self, where: str, value: object, least: int, most: int) -> None:
        """The length of a text or a list, both ends included; ``None`` is not looked at."""
        if value is None:
            return
        if not isinstance(value, str | list):
            self.wrong(where, "BASE_TYPE_STRING", "Could not interpret value as string.")
        elif least and not least <= len(value) <= most:
            self.wrong(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        elif len(value) > most:
            self.wrong(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def number(self, where: str, value: object, least: float, most: float) -> None:
        """A whole number within bounds; ``None`` is not looked at."""
        if value is None:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(where, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < least:
            self.wrong(where, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.wrong(where, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")

    def choice(self, where: str, value: object, allowed: tuple[object, ...]) -> bool:
        if value in allowed:
            return True
        listed = ", ".join(map(str, allowed))
        self.wrong(where, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
        return False

    def finish(self) -> None:
        if self._errors:
            raise Refusal(400, 50035, "Invalid Form Body", errors=self._errors)
