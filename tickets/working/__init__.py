"""The built-in back office, beneath its pages: what a person does to a ticket, and what they see.

A change goes the way of every update (`tickets.update`), so that its destinations are told and the
follow-up call hears it; who made it stands in the audit, in the same transaction. Nothing here
decides who may: pages and API ask their table of permissions.
"""
