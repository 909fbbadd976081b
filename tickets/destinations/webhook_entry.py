"""A webhook in config/destinations.yaml."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from tickets.destination import Destination
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.entry import (
    Address,
    Entry,
    House,
    Office,
    Secret,
    SecretMissing,
    Text,
)
from tickets.destinations.webhook_secret import split_secrets, webhook_key


def _acknowledgement(text: str) -> str:
    parse_acknowledgement(text)
    return text


class WebhookEntry(Entry):
    """A signed webhook. One without `url` is the back office of the settings, HOTLINE_BACKOFFICE.

    `listing` is where it tells what it has (`hotline deliveries reconcile`).
    """

    kind: Literal["webhook"]
    url: Address | None = None
    secrets: Secret | None = None
    acknowledgement: Annotated[Text, AfterValidator(_acknowledgement)] | None = None
    listing: Address | None = None

    @model_validator(mode="after")
    def _together(self) -> "WebhookEntry":
        if (self.url is None) != (self.secrets is None):
            raise ValueError("url and secrets stand together: write both, or neither")
        return self

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing for secrets that are not there, or of no form."""
        from tickets.destinations.webhook import WebhookDestination

        office = self._office(house)
        return WebhookDestination(
            name,
            office.url,
            office.secrets,
            self.timeout_s(house),
            parse_acknowledgement(self.acknowledgement or office.acknowledgement),
            self.schedule(house),
            admits=self.admits,
            listing=self.listing or "",
            tls=self.trust(house),
        )

    def _office(self, house: House) -> Office:
        if self.url is not None and self.secrets is not None:
            return Office(self.url, _secrets(self.secrets, house))
        if house.office is None:
            raise SecretMissing("HOTLINE_BACKOFFICE is not set: write url and secrets")
        return house.office


def _secrets(secret: Secret, house: House) -> Callable[[], Sequence[str]]:
    read = secret.reader(house)

    def now() -> Sequence[str]:
        found = split_secrets(read())
        for one in found:
            try:
                webhook_key(one)
            except ValueError as error:
                raise SecretMissing(f"a webhook's secret {error}") from None
        return found

    now()
    return now
