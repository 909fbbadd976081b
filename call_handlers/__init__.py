"""The life of a call: begin, advance, end. The only orchestration; every driver comes through here.

No driver's protocol, no settings and no clients are made here: collaborators are handed in.
"""
