"""Who calls a city's hotline, and how: the assumptions behind the simulated histories.

Nobody publishes labelled call histories of such a centre, so every figure here is an assumption.
None of them is fitted to a policy. They are meant to be argued with: change one, run the replay
again, and see what a policy's merit rests on.

Volumes are for a city of four million with about 11,000 calls a day (2.8 calls a day for 1,000
people, the order of size of the large cities that publish theirs), and shrink in proportion when
fewer calls are asked for: there are fewer callers then, and each behaves as before.

Ordinary citizens
    call about a matter. 5 % of calls are tried again soon (the line dropped, the queue was long),
    and 15 % are followed up days later. 2 % of citizens are impatient: they try again after 40 % of
    their calls, at a median of three minutes. 2 % withhold their number.
Storms
    Six in ninety days, each of two to six hours. 0.15 % of the city calls during one; each of them
    one to three times within an hour, and one in four goes on for another hour. They are citizens:
    2 % of them withhold their number.
Caretakers
    of buildings, schools, mosques: 400, two calls on a working day; on every tenth day a round of
    four to eight matters, one call each, three to eight minutes apart.
Contractors
    150 companies with six calls on a working day, in groups of a few minutes.
Persistent callers
    200 old, lonely, worried or wronged people who call again and again. How often differs widely
    (log-normal: half call less than once a day, the first in a hundred more than six times), and on
    one day in twenty a person calls three times as often as usual; they call in runs of up to four,
    a median of twelve minutes apart. Operators lose their patience
    with one in 200 of these calls and strike; with other genuine calls, by mistake, with one in
    20,000.
Shared lines
    60 switchboards of companies, hospitals and schools that show one number for many people: a
    median of 200 people, from 30 to 1,260, each calling as any citizen does, in storms too.
Pranksters
    150, mostly young: an episode on one evening in five (one in three before and on days off), five
    calls on average, a few minutes apart. One episode in ten withholds the number. An operator who
    meets such a call strikes half of the time. The number belongs to a household that also calls
    about genuine matters, once in two months.
Harassers
    30 adults with four calls on six days in ten, mostly at night; operators strike 70 % of them.
Floods
    40 in ninety days, from one number each (one in six withholds it). Half are dialled by a machine
    (every 30 s on average, half an hour to six hours), half by hand (every 2 min, half an hour to
    three hours). Operators strike one call in five.
Rotations
    8 in ninety days: a machine that shows another number with every call, one call in 20 s for one
    to three hours, drawn from 30 to 300 numbers. Operators strike one call in five.

The day has two peaks (late morning and after the sunset prayer), the week has its days off on
Friday and Saturday.
"""

from dataclasses import dataclass

HOURS = (
    *(14, 9, 6, 5, 6, 8, 14, 30, 55, 76, 88, 92),
    *(84, 72, 64, 66, 72, 74, 62, 78, 84, 74, 52, 28),
)
"""How the calls of a day fall on its hours, local time."""

WEEKDAYS = (1.08, 1.05, 1.04, 0.98, 0.62, 0.84, 1.12)
"""How the calls of a week fall on its days, Monday first: Friday is quiet, Sunday is not."""

FRIDAY, SATURDAY = 4, 5
NUMBERS = "+99952"
"""The beginning of every simulated number. The ITU keeps country code 999 in reserve (List of ITU-T
Recommendation E.164 assigned country codes): nobody can have one. Seven digits follow."""


@dataclass(frozen=True, slots=True)
class City:
    """The assumptions that are figures; see the module's text. Counts are for a whole city."""

    citizens: int = 4_000_000
    matters_a_day: float = 6_500
    again: float = 0.05
    impatient: float = 0.02
    impatient_again: float = 0.40
    follow_up: float = 0.15
    withheld: float = 0.02
    mistaken_strike: float = 1 / 20_000

    storms: float = 6 / 90
    storm_callers: float = 0.0015
    storm_goes_on: float = 0.25

    caretakers: int = 400
    caretaker_round: float = 0.10
    contractors: int = 150
    contractor_calls: float = 6
    persistent: int = 200
    persistent_spread: float = 0.8
    persistent_bad_day: float = 0.05
    persistent_struck: float = 1 / 200
    shared_lines: int = 60
    shared_people: int = 200

    pranksters: int = 150
    prank_calls: float = 5
    prank_withheld: float = 0.10
    prank_struck: float = 0.5
    household_matters: float = 1 / 60
    harassers: int = 30
    harasser_calls: float = 4
    harasser_struck: float = 0.7

    floods: float = 40 / 90
    flood_withheld: float = 1 / 6
    flood_struck: float = 0.2
    rotations: float = 8 / 90
    operators: int = 60

    whole_city_calls: int = 1_000_000
    """Calls of about ninety days of the whole city: fewer are asked of a smaller one."""
