"""``mezzotint verify``: draw a picture again from its record and compare."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from config.errors import UserError
from daemon.cli import exits, given, options, output, private
from daemon.cli.invocation import Invocation

MAX_PNG_BYTES = 64 * 1024 * 1024
"""The same that the daemon takes of a picture of ours."""


def command(
    context: typer.Context,
    picture: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="A picture or job, or a picture file with its record.")
    ],
    config: options.Config = None,
    json: options.Json = False,
) -> int:
    """Draw a picture again from its record and compare.

    The exit code is 0 when it is identical or within the stated tolerance, 1 when not.
    """
    invocation = Invocation.of(context, config, json)
    body = _subject(picture)
    with private.daemon(invocation) as client:
        found = client.post("/v1/verify", body, timeout=None)
    invocation.answer(found, lambda: _tell(found))
    return exits.OK if found["identical"] or found["within_tolerance"] else exits.FAILED


def _subject(named: str) -> dict[str, str]:
    # Not Path.exists: it raises where a name is too long to be one.
    if not ("/" in named or "." in named or os.path.exists(named)):
        return {"picture": named}
    try:
        return {"png_base64": base64.b64encode(given.read(Path(named), MAX_PNG_BYTES)).decode()}
    except given.NoFileError as error:
        raise UserError(str(error), field="picture") from None


def _tell(found: dict[str, Any]) -> None:
    similarity = found["similarity_psnr_db"]
    if found["identical"]:
        output.text("identical: every pixel is the same")
    else:
        said = "within tolerance" if found["within_tolerance"] else "different"
        output.text(said if similarity is None else f"{said}: {similarity:.1f} dB")
        output.text(f"  {found['tolerance']}")
    for each in found["differences"]:
        output.text(f"  {each['fact']}: recorded {each['recorded']}, now {each['now']}")
