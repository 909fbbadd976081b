"""`/`: what goes on now, and what has gone on today."""

from flask import Blueprint, render_template

from blacklist.record.today import look_at_today
from console.access import needs
from console.house import House

_SHOWN = 10


def blueprint(house: House) -> Blueprint:
    """The first page."""
    made = Blueprint("today", __name__)

    @made.get("/")
    @needs("today.read")
    def show() -> str:
        register = house.register
        screening = look_at_today(house.engine, house.now(), house.zone, register.met, limit=_SHOWN)
        return render_template("pages/today.html", now=house.now(), screening=screening)

    return made
