"""The models that requests may name."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from frontends.http.native import views
from frontends.http.native.door import Door

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("", response_model=list[views.ModelView])
async def find(service: Door) -> Response:
    """All of them."""
    return JSONResponse([views.of_model(entry) for entry in await service.models()])


@router.get("/{name}", response_model=views.ModelView)
async def show(service: Door, name: str) -> Response:
    """One model."""
    return JSONResponse(views.of_model(await service.model(name)))
