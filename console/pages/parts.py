"""`/parts`: the health of each part, as `hotline doctor` finds it, with the mend of what is ill.

It asks each part when the page is opened, so a page that everybody has open does not.
"""

from flask import Blueprint, render_template

from console.access import needs
from console.house import House


def blueprint(house: House) -> Blueprint:
    """One page; it takes as long as the slowest part."""
    made = Blueprint("parts", __name__)

    @made.get("/parts")
    @needs("today.read")
    def show() -> str:
        found = list(house.parts())
        return render_template("pages/parts.html", parts=found, now=house.now())

    return made
