"""Requests for review: callers who are restricted ask, a person answers by a deadline."""

from typing import Literal

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from blacklist.record.reviews import list_reviews
from console.access import needs, person
from console.faults import REFUSALS, told
from console.house import House
from console.pages.blocklist.lists import page_of_number
from people.person import NothingThere
from store.sql import reading

_MOST = 100


def add_views(made: Blueprint, house: House) -> None:
    """The requests that wait, by deadline, and the decision."""

    def page(status: int = 200, fault: str = "") -> Response:
        only: Literal["all", "open"] = "all" if request.args.get("only") == "all" else "open"
        now = house.now()
        with reading(house.engine) as connection:
            found = list_reviews(connection, now, only=only, limit=_MOST)
        text = render_template(
            "pages/blocklist/reviews.html", reviews=found, now=now, only=only, fault=fault
        )
        return Response(text, status=status)

    @made.get("/blocklist/reviews")
    @needs("reviews.read")
    def reviews() -> Response:
        return page()

    @made.post("/blocklist/reviews/<int(max=2147483647):review>/number")
    @needs("reviews.read")
    def review_number(review: int) -> AnyResponse:
        """Lead to the number that asks."""
        with reading(house.engine) as connection:
            found = list_reviews(connection, house.now(), only="all", limit=1000)
        wanted = next((one for one in found if one.id == review), None)
        if wanted is None:
            raise NothingThere("no such request")
        return page_of_number(wanted.number)

    @made.post("/blocklist/reviews/<int(max=2147483647):review>")
    @needs("reviews.decide")
    def decide(review: int) -> AnyResponse:
        accept, why = request.form.get("decision") == "accept", request.form.get("why", "").strip()
        try:
            house.register.decide_review(review, accept=accept, why=why, by=person())
        except NothingThere:
            return page(409, _("It is decided already: somebody else was quicker."))
        except REFUSALS as error:
            return page(422, told(error))
        flash(
            _("Accepted: the restriction and the strikes behind it are lifted.")
            if accept
            else _("Refused. The reason is kept."),
            "success",
        )
        return redirect(url_for("blocklist.reviews"))
