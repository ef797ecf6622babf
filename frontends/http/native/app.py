"""The application: routes, bounds and error answers put together around a service."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from config.settings import HttpSettings
from config.version import VERSION
from daemon.service import Service
from frontends.http.native import (
    errors,
    events,
    jobs,
    keeping,
    metrics,
    models,
    overview,
    pictures,
    queue,
    schedules,
    usage,
)
from frontends.http.native.bounds import BodyBounds

SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The framework would report to whatever collector the environment names; this service reports to nobody."""


def create_app(service: Service, settings: HttpSettings) -> FastAPI:
    """The native API of one service; its description is at ``/v1/openapi.json``."""
    app = FastAPI(
        title="Mezzotint",
        version=VERSION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry=SILENT,
    )
    app.state.service = service
    app.state.streams = set()
    errors.install(app)
    app.add_middleware(BodyBounds, max_body_bytes=settings.max_body_bytes)
    for room in (jobs, queue, events, models, pictures, keeping, overview, metrics, usage, schedules):
        app.include_router(room.router)
    return app
