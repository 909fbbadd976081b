"""What the dialog can ask of the world, a file a branch. Each effect comes to a named outcome.

An effect is run again when a server dies in the middle of it, so each is idempotent: what it makes
is keyed by the call and the turn that asked for it. `every` has all of them.
"""
