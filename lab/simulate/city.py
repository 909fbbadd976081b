"""Who calls a city's hotline, and how: the assumptions behind the simulated histories, on one page.

Nobody publishes labelled call histories of such a centre, so every figure here is an assumption.
None of them is fitted to a policy: people are drawn wide, and every seed is another city, whose
figures lie between three fifths and five thirds of those written here (`drawn`). They are meant to
be argued with: change one, run the replay again, and see what a policy's merit rests on.

Volumes are for a city of four million with about 11,000 calls a day (2.8 calls a day for 1,000
people, the order of size of the large cities that publish theirs), and shrink in proportion when
fewer calls are asked for: there are fewer callers then, and each behaves as before.

Ordinary citizens
    call about a matter. 55 % of calls come to something (`served`: a report, a message, a request
    was taken); after the others 12 % try again within minutes. 2 % of people are impatient and do
    so half of the time; 1 % redial: every minute or so, four times in five, until they are served.
    15 % of matters are followed up days later. 2 % withhold their number.
Visitors
    3 % of citizens are abroad or from abroad, with numbers of other countries.
Storms
    Six in ninety days, each of two to six hours, at any hour. 0.15 % of the city calls during one;
    each of them one to three times within an hour, and one in four goes on for another hour. One in
    a hundred calls ten to forty times, some minutes apart. 2 % withhold their number. Lines are
    full: 30 % of calls are served.
Outages
    30 in ninety days: 50 to 400 neighbours call within an hour or two about the same street.
Caretakers
    of buildings, schools, mosques: 400, two calls on a working day; on every tenth day a round of
    four to twelve matters, one call each, three to eight minutes apart.
Contractors
    150 companies with six calls on a working day, in groups of a few minutes.
Persistent callers
    200 old, lonely, worried or wronged people who call again and again. How often differs widely
    (log-normal: half call less than once a day, the first in a hundred more than six times), and on
    one day in twenty a person calls three times as often as usual; they call in runs of up to four,
    a median of twelve minutes apart; one run in fifty is of ten, a minute apart. A quarter of their
    calls are served. Operators lose their patience with one in 200 and strike; with other genuine
    calls, by mistake, with one in 20,000.
Shared lines
    60 switchboards of companies, hospitals and schools that show one number for many people: a
    median of 200 people, from 30 to 1,260, each calling as any citizen does, in storms too.
    12 exchanges of offices whose work it is: a median of 60 genuine calls on a working day, up to
    some hundreds. 100 hotels: a guest calls every other day, and once in ninety days something
    happens and three to fifteen guests call within twenty minutes.
Pranksters
    150, mostly young: an episode on one evening in five (one in three before and on days off), five
    calls on average, a few minutes apart. One episode in ten withholds the number. An operator who
    meets such a call strikes half of the time. The number belongs to a household that also calls
    about genuine matters, once in two months. One prank in fifty is taken for a report.
Harassers
    30 adults with four calls on six days in ten, mostly at night; operators strike 70 % of them.
Floods
    40 in ninety days, from one number each (one in six withholds it). Half are dialled by a machine
    (every 30 s on average, half an hour to six hours), half by hand (every 2 min, half an hour to
    three hours). One in twelve comes from a shared line. Operators strike one call in five.
Rotations
    8 in ninety days: a machine that shows another number with every call, one call in 20 s for one
    to three hours, drawn from 30 to 300 numbers: half of the time numbers in a row, half of the
    time any. They may be real people's. Operators strike one call in five.

The network
    Calls come by three to seven trunks of operators of different size; a number keeps to its own.
    Three numbers in four are vouched for in full (attestation A), the others in part or by a
    gateway (B, C), those from abroad by a gateway. Of those who withhold their number the network
    tells half apart all the same: it names them to the exchange, and asks it not to show them.
    A network that vouches for a call names where it entered, by an opaque word (the `origid` of
    RFC 8588): for A one of two to six groups of customers of a trunk, for B one of eight to forty
    resellers, for C one of two to twelve gateways, none of the same size.
    A flood by hand comes as its caller's other calls do. A machine comes through gateways: A for
    one in ten, B for three, C for six; a rotation shows numbers that are not its own, so nobody
    vouches for them in full. It enters anywhere, beside genuine callers, and one in five of those
    that are not vouched for in full by two to four ways at once.

The day has two peaks (late morning and after the sunset prayer), the week has its days off on
Friday and Saturday.
"""

import math
from dataclasses import dataclass, replace
from random import Random

HOURS = (
    *(14, 9, 6, 5, 6, 8, 14, 30, 55, 76, 88, 92),
    *(84, 72, 64, 66, 72, 74, 62, 78, 84, 74, 52, 28),
)
"""How the calls of a day fall on its hours, local time."""

WEEKDAYS = (1.08, 1.05, 1.04, 0.98, 0.62, 0.84, 1.12)
"""How the calls of a week fall on its days, Monday first: Friday is quiet, Sunday is not."""

FRIDAY, SATURDAY = 4, 5


@dataclass(frozen=True, slots=True)
class City:
    """The assumptions that are figures; see the module's text. Counts are for a whole city."""

    citizens: int = 4_000_000
    matters_a_day: float = 6_000
    served: float = 0.55
    again: float = 0.12
    impatient: float = 0.02
    impatient_again: float = 0.50
    redialling: float = 0.01
    redialling_again: float = 0.80
    follow_up: float = 0.15
    withheld: float = 0.02
    identified: float = 0.5
    visitors: float = 0.03
    mistaken_strike: float = 1 / 20_000

    storms: float = 6 / 90
    storm_callers: float = 0.0015
    storm_goes_on: float = 0.25
    storm_redialling: float = 0.01
    storm_served: float = 0.30
    outages: float = 30 / 90

    caretakers: int = 400
    caretaker_round: float = 0.10
    contractors: int = 150
    contractor_calls: float = 6
    persistent: int = 200
    persistent_spread: float = 0.8
    persistent_bad_day: float = 0.05
    persistent_redialling: float = 1 / 50
    persistent_struck: float = 1 / 200
    persistent_served: float = 0.25
    shared_lines: int = 60
    shared_people: int = 200
    exchanges: int = 12
    exchange_calls: float = 60
    hotels: int = 100

    pranksters: int = 150
    prank_calls: float = 5
    prank_withheld: float = 0.10
    prank_struck: float = 0.5
    prank_served: float = 0.02
    household_matters: float = 1 / 60
    harassers: int = 30
    harasser_calls: float = 4
    harasser_struck: float = 0.7

    floods: float = 40 / 90
    flood_withheld: float = 1 / 6
    flood_shared: float = 1 / 12
    flood_struck: float = 0.2
    rotations: float = 8 / 90
    machine_split: float = 0.2
    """The share of machines by B and C that call by several ways at once."""
    operators: int = 60

    vouched: float = 0.75
    """The share of numbers that their network vouches for in full (attestation A)."""

    whole_city_calls: int = 1_000_000
    """Calls of about ninety days of the whole city: fewer are asked of a smaller one."""


_WIDE = (
    *("served", "again", "impatient", "redialling", "follow_up", "withheld", "visitors"),
    "identified",
    *("mistaken_strike", "storms", "storm_callers", "storm_goes_on", "storm_redialling"),
    *("storm_served", "outages", "caretaker_round", "contractor_calls", "persistent_bad_day"),
    *("persistent_redialling", "persistent_struck", "persistent_served", "exchange_calls"),
    *("prank_calls", "prank_withheld", "prank_struck", "prank_served", "household_matters"),
    *("harasser_calls", "harasser_struck", "floods", "flood_struck", "rotations"),
    "machine_split",
)
_WIDEST = 5 / 3


def drawn(rng: Random) -> City:
    """A city like the one above, each figure drawn around its own: other cities are other.

    What may not pass 1 is kept under it. How many callers there are stays.
    """
    usual = City()
    figures: dict[str, float] = {}
    for name in _WIDE:
        value = getattr(usual, name) * math.exp(math.log(_WIDEST) * rng.uniform(-1, 1))
        figures[name] = min(value, 0.9) if getattr(usual, name) < 1 else value
    return replace(usual, vouched=rng.uniform(0.6, 0.9), **figures)  # type: ignore[arg-type]  # names of its own fields
