"""The queue and the daemon as a whole, and how things stand."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from frontends.http.native import views
from frontends.http.native.door import Door

router = APIRouter(prefix="/v1", tags=["queue"])


@router.get("/status", response_model=views.StatusView)
async def status(service: Door) -> Response:
    """What the daemon is doing; answers also before any engine is ready."""
    return JSONResponse(views.of_status(await service.status()))


@router.post("/queue/pause", response_model=views.StatusView)
async def pause(service: Door, free_memory: bool = False) -> Response:
    """Go on accepting, start no job; survives a restart. With ``free_memory`` the engine ends once it is idle."""
    await (service.pause(free_memory=True) if free_memory else service.pause())
    return await status(service)


@router.post("/queue/resume", response_model=views.StatusView)
async def resume(service: Door) -> Response:
    """Start jobs again."""
    await service.resume()
    return await status(service)


@router.post("/reload", response_model=views.ReloadedView)
async def reload(service: Door) -> Response:
    """Read the settings anew; 422, with every problem and nothing changed, when they are wrong."""
    done = await service.reload()
    return JSONResponse(views.ReloadedView(changed=list(done.changed), at_restart=list(done.at_restart)))
