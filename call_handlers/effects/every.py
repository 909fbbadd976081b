"""All effects that the 940 flow may ask for: a branch adds its own here."""

from collections.abc import Mapping

from call_handlers.effects import callback, challenge, contact, report, review
from call_handlers.effects.port import Effect, Keep, OpenTicket, RequestReview
from ivr.contract import by_name
from tickets.catalogue import Service

CONTRACTS = by_name(
    (
        *report.CONTRACTS,
        *callback.CONTRACTS,
        *challenge.CONTRACTS,
        *contact.CONTRACTS,
        *review.CONTRACTS,
    )
)


def make_effects(
    open_ticket: OpenTicket,
    services: Mapping[str, Service],
    request_review: RequestReview,
    keep: Keep,
) -> dict[str, Effect]:
    """The effects of the 940 flow, by name.

    A report whose caller is there to hear its number fails while the database is away, and an
    operator takes the call. Whoever left words, or has hung up, cannot be asked again: `keep` has
    their request until the database is back.
    """
    return {
        **report.report_effects(open_ticket, services, keep),
        **callback.callback_effects(open_ticket, services, keep),
        "check_challenge": challenge.check_challenge,
        "check_contact": contact.check_contact,
        **review.review_effects(request_review, keep),
    }
