"""A call as Twilio presents it."""

from blacklist.numbers import LONGEST_RAW
from call_handlers.twilio.arrival import arrival_of


def test_the_line_and_who_sent_the_call_on_are_told() -> None:
    """By Twilio's own names for them; what it does not send is empty."""
    form = {"CallSid": "CA1", "From": "+966501234567", "To": "+966126140911"}
    arrival = arrival_of(form)
    assert arrival.trunk == "twilio"
    assert (arrival.dialled, arrival.redirected) == ("+966126140911", "")
    assert arrival_of(form | {"ForwardedFrom": "997"}).redirected == "997"
    assert len(arrival_of(form | {"ForwardedFrom": "9" * 1000}).redirected) == LONGEST_RAW
