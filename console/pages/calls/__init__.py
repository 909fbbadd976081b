"""`/calls`: the calls that were: looking for some, one as it happened, what was spoken in it."""

from flask import Blueprint

from console.house import House
from console.pages.calls import found, measures, one, opening, sound


def blueprint(house: House) -> Blueprint:
    """The pages of calls."""
    made = Blueprint("calls", __name__)
    for add in (found.add, one.add, sound.add, measures.add, opening.add):
        add(made, house)
    return made
