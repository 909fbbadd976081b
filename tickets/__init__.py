"""The ticket: its reference number, the SQL outbox, and delivery to the back office.

A ticket and its delivery rows are committed in one transaction; the delivery rows *are* the
outbox. RQ jobs carry a delivery's identifier and nothing else, so a lost queue is refilled
from SQL. No telephony, no Flask and no settings live here: collaborators are passed in.
"""
