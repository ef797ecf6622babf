"""Signs as the Standard Webhooks specification says (version 1.0.0, https://www.standardwebhooks.com, "v1").

What is signed is ``id.timestamp.body`` with HMAC-SHA256. A receiver checks the signature, that the time is near, and
that it has not seen the id before: a delivery may come twice, always under the same id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from config import credentials
from config.errors import ConfigurationError

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64
OLD = "-old"
HOW = f'make one: printf {PREFIX}%s "$(openssl rand -base64 32)"'


class NoSecretError(Exception):
    """There is no secret to sign with, or it is none; says what to do."""


def secrets(name: str, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The secret in the credential of that name, and the one before it while there is one. Reads files.

    Raises :class:`NoSecretError`.
    """
    try:
        found = credentials.read(name, environ)
        before = credentials.read(name + OLD, environ)
    except ConfigurationError as error:
        raise NoSecretError(f"{error.problems[0].key}: {error.problems[0].message}") from None
    if found is None:
        raise NoSecretError(f"the credential {name} is not there ({HOW}; hand it over with LoadCredential=)")
    return tuple(
        _key(credential, text) for credential, text in ((name, found), (name + OLD, before)) if text is not None
    )


def headers(keys: Sequence[bytes], delivery: str, seconds: int, body: bytes) -> list[tuple[str, str]]:
    """The three headers of a message that is sent at this moment (seconds since 1970)."""
    signed = f"{delivery}.{seconds}.".encode() + body
    made = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return [
        ("webhook-id", delivery),
        ("webhook-timestamp", str(seconds)),
        ("webhook-signature", " ".join(f"v1,{each}" for each in made)),
    ]


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        wanted = f"{PREFIX} and {LEAST_BYTES} to {MOST_BYTES} bytes in base64"
        raise NoSecretError(f"the credential {name} does not hold {wanted} ({HOW})")
    return key
