"""One action, two ways of asking: a swap of a fragment (htmx) or a whole page (no JavaScript)."""

from flask import Response, make_response, redirect, render_template, request

from accelerator.notices import leave_notice


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def wants_partial() -> bool:
    """Whether a fragment is enough: an htmx request that is not about the whole page."""
    return (
        is_htmx()
        and "HX-Boosted" not in request.headers
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def respond(
    *, page: str, partial: str, notice: str = "", tone: str = "leaf", link: str = "", status: int = 200
) -> Response:
    """After an action: htmx gets ``partial``, others are sent to ``page``.

    ``partial`` is HTML made by a template and shows by itself what has happened; ``notice`` says it in a sentence,
    on the next page or to those who listen.
    """
    if wants_partial():
        extra = render_template("errors/_notice_oob.html", text=notice) if notice else ""
        return make_response(partial + extra, status)
    if notice:
        leave_notice(notice, tone, link)
    return make_response(redirect(page, 303))


def redirect_to(page: str, *, notice: str = "", tone: str = "leaf", link: str = "") -> Response:
    """Leave the page: 303 for a form, ``HX-Redirect`` for htmx (it would follow a 303 inside the card)."""
    if notice:
        leave_notice(notice, tone, link)
    if is_htmx():
        return no_content({"HX-Redirect": page})
    return make_response(redirect(page, 303))


def no_content(headers: dict[str, str] | None = None) -> Response:
    """204: htmx leaves the page as it is."""
    response = Response(status=204, headers=headers)
    del response.headers["Content-Type"]
    return response
