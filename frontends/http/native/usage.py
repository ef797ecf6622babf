"""What each has used and may use, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from frontends.http.native import usage_views as views
from frontends.http.native.door import Door

router = APIRouter(prefix="/v1/usage", tags=["usage"])

LONGEST_SCOPE = 130


@router.get("", response_model=list[views.UsageView])
async def usages(
    service: Door,
    beginning: Annotated[str, Query(max_length=LONGEST_SCOPE, description="of the scope: owner:, owner:cli:")] = "",
    after: Annotated[str, Query(max_length=LONGEST_SCOPE, description="a scope: those that follow it")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> Response:
    """Of all scopes that ever had a job, by name, a page at a time."""
    found = await service.quotas.accounts(beginning, after, limit)
    return JSONResponse([views.of_account(each) for each in found])


@router.get("/{scope}", response_model=views.UsageView)
async def usage(
    service: Door,
    scope: str,
    group: Annotated[list[str] | None, Query(max_length=16, description="roles of the owner")] = None,
) -> Response:
    """Of one scope, also of one that has used nothing. An owner's roles are those of his newest job when open."""
    return JSONResponse(views.of_account(await service.usage(scope, group)))
