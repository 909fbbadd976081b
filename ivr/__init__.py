"""The dialog: a pure function from (flow, session, event) to (session, turn).

No socket, no store, no clock lives here.
"""
