"""Who may be given a ticket."""

from console.house import House
from people.accounts import list_accounts
from people.permissions import allows
from store.sql import reading


def workers(house: House) -> list[str]:
    """The names of those who may work tickets, by the accounts that are in use."""
    with reading(house.engine) as connection:
        found = list_accounts(connection)
    return [
        one.name for one in found if one.disabled_at is None and allows(one.role, "tickets.work")
    ]
