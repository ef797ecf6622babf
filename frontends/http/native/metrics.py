"""The figures for a collector."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from frontends.http.native.door import Door

router = APIRouter(tags=["metrics"])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: Door, accept: Annotated[str, Header()] = "") -> Response:
    """Everything that is counted, as Prometheus collects it; in the OpenMetrics format when that is asked for."""
    exposition = await service.metrics(accept)
    return Response(exposition.text, headers={"content-type": exposition.content_type, "cache-control": "no-store"})
