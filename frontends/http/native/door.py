"""How a route gets at the service: by parameter, from the application it belongs to."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from daemon.service import Service


async def _service(request: Request) -> Service:
    # A coroutine although it waits for nothing: the framework would run a plain function in a thread.
    return cast(Service, request.app.state.service)


Door = Annotated[Service, Depends(_service)]
"""Parameter type of a route that uses the service."""
