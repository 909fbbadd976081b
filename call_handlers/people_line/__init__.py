"""The line to people: who waits for an operator, by every way on which callers come.

Nothing here is on the path of a call.
"""
