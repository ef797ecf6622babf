"""Picture files, and whether they can be drawn again."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from config.errors import UserError
from frontends.http.native import views
from frontends.http.native.bodies import JsonRoute, VerifyBody, unpacked
from frontends.http.native.door import Door

router = APIRouter(prefix="/v1", tags=["pictures"], route_class=JsonRoute)


@router.get("/pictures/{picture_id}", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def picture(service: Door, picture_id: str) -> Response:
    """The PNG file, with its record in it."""
    return Response(await service.picture_bytes(picture_id), media_type="image/png")


@router.post("/verify", response_model=views.VerificationView)
async def verify(service: Door, body: VerifyBody) -> Response:
    """Draw a picture again from its record and compare; answered when that is done."""
    if (body.picture is None) == (body.png_base64 is None):
        raise UserError("either picture or png_base64 must be given", field="picture")
    subject = body.picture if body.png_base64 is None else await unpacked(body.png_base64, "png_base64")
    assert subject is not None
    return JSONResponse(views.of_verification(await service.verify(subject)))
