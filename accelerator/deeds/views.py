"""The feed, one deed, telling of one, thanks and reports, photos, Atom; and the first page."""

from flask import Response, make_response, render_template, request, send_file, url_for
from flask_babel import gettext

from accelerator import formatting, limits, policy
from accelerator.accounts.sessions import current_viewer
from accelerator.board.lists import draw_first, home_of
from accelerator.board.models import Credit
from accelerator.board.queries import Filters, count_waiting
from accelerator.board.views import public
from accelerator.clock import utcnow
from accelerator.current import me, settings
from accelerator.deeds import atom, cards, queries, transitions, uploads
from accelerator.deeds.forms import DeedReportForm, TellForm
from accelerator.deeds.models import Deed, DeedStatus, Photo
from accelerator.errors import NotFound, TooManyTries
from accelerator.extensions import db
from accelerator.htmx import redirect_to, respond, wants_partial
from accelerator.i18n import current_language, switched_to
from accelerator.integrity.record import READER
from accelerator.paging import Cursor
from accelerator.photos import PhotoSize, photo_file
from accelerator.reference import places
from accelerator.security import client_address, earlier_reader_key, reader_key
from accelerator.sharing import picture_response


class NoLongerShown(NotFound):
    """A deed that everybody could read was hidden since."""

    def sentence(self) -> str:
        return gettext("This good deed is not shown any more.")


def show_home() -> Response:
    now, viewer = utcnow(), current_viewer()
    rows, _ = queries.list_published(db.read, limit=6)
    zone = places(db.read).zone(settings().default_region)
    html = render_template(
        "home.html",
        needs=draw_first(viewer, Filters(region=home_of(viewer)), Filters(), now=now, most=4),
        deeds=cards.draw_deeds(rows, places(db.read), now, fresh=True),
        totals=queries.read_totals(db.read, now.astimezone(zone).date()),
        open_requests=count_waiting(db.read, now),
        active="home",
    )
    return public(make_response(html))


def show_feed() -> Response:
    now = utcnow()
    rows, following = queries.list_published(db.read, after=Cursor.parse(request.args.get("after", "")))
    template = "deeds/_more.html" if wants_partial() and "after" in request.args else "deeds/index.html"
    deeds = cards.draw_deeds(rows, places(db.read), now)
    return public(make_response(render_template(template, deeds=deeds, next=following, active="deeds")))


def show_deed(deed_id: int) -> Response:
    deed, viewer, now = visible_deed(deed_id), current_viewer(), utcnow()
    may_moderate = viewer is not None and policy.can_moderate(viewer, deed)
    html = render_template(
        "deeds/deed.html",
        deed=cards.make_deed_card(deed, places(db.read), now),
        status=deed.status,
        status_label=formatting.deed_status_label(deed.status),
        hidden_reason=deed.hidden_reason,
        helped=deed.helped,
        kind_label=places(db.read).kind(deed.kind_code, current_language()),
        kind_code=deed.kind_code,
        photos=cards.make_photos(queries.list_photos(db.read, deed.id)),
        may_thank=policy.can_thank(viewer, deed),
        may_moderate=may_moderate,
        look=cards.look_at_words(deed) if may_moderate and deed.status != DeedStatus.PUBLISHED else None,
        has_thanked=queries.has_thanked(db.read, deed_id, reader_key(), earlier_reader_key()),
        active="deeds",
    )
    return make_response(html)


def visible_deed(deed_id: int) -> Deed:
    """A published deed; others are seen by their doer and by the desk."""
    deed = queries.get_deed(db.read, deed_id)
    viewer = current_viewer()
    if deed.status == DeedStatus.PUBLISHED:
        return deed
    if viewer and (deed.user_id == viewer.id or policy.can_read_desk(viewer, deed.region_code)):
        return deed
    raise NoLongerShown if deed.published_at else NotFound


def tell_of_deed() -> Response:
    posted = request.method == "POST"
    zone = places(db.read).zone(settings().default_region)
    today = utcnow().astimezone(zone).date()
    form = TellForm.posted() if posted else TellForm(data={"day": today, "helpers": 1, "district": me().district_code})
    form.offer(places(db.read), current_language())
    if not posted:
        return show_tell_form(form, [])
    is_valid = not switched_to() and form.validate(today=today)  # first: it would wipe the sentences about photos
    photo_keys = uploads.take_photos(form, by=me(), at=utcnow())
    if not is_valid or form.photos.errors:
        db.session.commit()  # keeps the good photos
        return show_tell_form(form, photo_keys, 422 if form.errors else 200)
    if not limits.spend(db.session, limits.TELL_BY_PERSON, str(me().id), at=utcnow()):
        db.session.commit()
        form.add_error("title", TooManyTries().sentence())
        return show_tell_form(form, photo_keys, TooManyTries.status)
    transitions.tell(new_deed(form), photo_keys, by=me(), at=utcnow())
    db.session.commit()
    return redirect_to(
        "/me", notice=gettext("Thank you for telling us! A coordinator will look at it, then everyone can see it.")
    )


def new_deed(form: TellForm) -> Deed:
    district = form.district.data
    region = places(db.read).regions[district].parent_code or district
    return Deed(
        doer_name=me().name if form.credit.data == Credit.NAME else "",
        title=form.title.data,
        story=form.story.data,
        locale=current_language(),
        kind_code=form.kind.data,
        region_code=region,
        district_code=district if district != region else None,
        happened_at=form.noon(places(db.read).zone(region)),
        minutes=form.total_minutes,
        helpers=form.helpers.data,
        helped=form.helped.data or 0,
    )


def show_tell_form(form: TellForm, photo_keys: list[str], status: int = 200) -> Response:
    form.kept_photos.data = ",".join(photo_keys)
    return make_response(render_template("deeds/tell.html", form=form, photo_keys=photo_keys, active="deeds"), status)


def thank_for_deed(deed_id: int) -> Response:
    deed = visible_deed(deed_id)
    if not limits.spend(db.session, limits.THANKS_BY_ADDRESS, client_address(), at=utcnow()):
        db.session.commit()
        raise TooManyTries
    is_first = transitions.thank(deed_id, by=current_viewer(), reader=reader_key(), earlier=earlier_reader_key())
    db.session.commit()
    button = render_template(
        "deeds/_thanks.html", deed_id=deed_id, thanks=deed.thanks + int(is_first), has_thanked=True
    )
    notice = gettext("Thank you for saying thanks!") if is_first else gettext("You have already said thanks.")
    return respond(page=url_for(".show_deed", deed_id=deed_id), partial=button, notice=notice)


def report_deed(deed_id: int) -> Response:
    deed = visible_deed(deed_id)
    form = DeedReportForm.posted() if request.method == "POST" else DeedReportForm.asked()
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return make_response(render_template("deeds/report.html", form=form, deed=deed, active="deeds"), status)
    if not limits.spend(db.session, limits.REPORT_BY_READER, client_address(), at=utcnow()):
        db.session.commit()
        form.add_error("note", TooManyTries().sentence())
        html = render_template("deeds/report.html", form=form, deed=deed, active="deeds")
        return make_response(html, TooManyTries.status)
    transitions.report_deed(
        deed_id,
        reader=reader_key(),
        reason=form.reason.data,
        note=form.note.data,
        by=current_viewer() or READER,
        at=utcnow(),
    )
    db.session.commit()
    notice = gettext("Thank you. A coordinator will look at it.")
    return redirect_to(url_for(".show_deed", deed_id=deed_id), notice=notice)


def show_photo(key: str, size: PhotoSize) -> Response:
    """A photo of a published deed for everybody; others for their owner and the region's desk only."""
    photo = db.read.get(Photo, key) if key.isalnum() else None
    if photo is None or not may_see(photo):
        raise NotFound
    try:
        stream = uploads.storage().open(photo_file(key, size))
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(stream, mimetype="image/webp")
    response.set_etag(f"{key}-{size}")
    # The picture never changes, but who may see it does: a hidden one must not stay in sight for long.
    response.headers["Cache-Control"] = "private, max-age=60, must-revalidate"
    response.make_conditional(request)
    return response


def may_see(photo: Photo) -> bool:
    deed = db.read.get(Deed, photo.deed_id) if photo.deed_id else None
    if deed and deed.status == DeedStatus.PUBLISHED:
        return True
    viewer = current_viewer()
    if viewer is None:
        return False
    region = deed.region_code if deed else queries.find_report_region(db.read, photo)
    return photo.user_id == viewer.id or (region is not None and policy.can_read_desk(viewer, region))


def share_picture(deed_id: int) -> Response:
    row = queries.find_feed_row(db.read, deed_id)
    if row is None:
        raise NotFound
    card = cards.make_deed_card(row, places(db.read), utcnow())
    return picture_response(card.title, f"{card.doer} · {card.place}", None)


def share_site() -> Response:
    """The picture for links to the first page, the board and the feed."""
    return picture_response(gettext("One good deed. Today. Close to you."), gettext("Help that is close"), None)


def show_atom() -> Response:
    rows, _ = queries.list_published(db.read)
    feed = atom.make_feed(rows, site_url=settings().site_url, language=current_language())
    response = make_response(feed)
    response.content_type = "application/atom+xml; charset=utf-8"
    return public(response)
