"""``/healthz``: whether this process can read and write its database; and the design page while developing."""

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from sqlalchemy import select, update

from accelerator.access import Access, UrlTable
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityHead

blueprint = Blueprint("health", __name__)
urls = UrlTable(blueprint)


def check_health() -> tuple[Response, int]:
    """200 when a row could be written (and the write taken back), else 503 and the reason."""
    try:
        db.session.execute(
            update(IntegrityHead).values(seq=IntegrityHead.seq).execution_options(synchronize_session=False)
        )
        seq = db.session.scalars(select(IntegrityHead.seq)).one()
        db.session.rollback()
    except Exception as error:
        db.session.rollback()
        current_app.logger.exception("The database cannot be written")
        return jsonify(ok=False, reason=name_reason(error)), 503
    return jsonify(ok=True, events=seq), 200


def name_reason(error: Exception) -> str:
    """Kinds of the error, ours and the driver's: ``InternalError: ReadOnlySqlTransaction``. No addresses."""
    driver = getattr(error, "orig", None)
    if driver is None:
        return type(error).__name__
    code = getattr(driver, "sqlite_errorname", "") or type(driver).__name__
    return f"{type(error).__name__}: {code}"


def show_design() -> Response:
    return make_response(render_template("design.html"))


urls.page("/healthz", check_health, Access.ANYONE)
urls.page("/design", show_design, Access.DEMONSTRATION)
