"""What releases have stored, as they stored it: later ones must read it (see CONTRIBUTING).

A folder per release, written by `python -m tests.golden.write` and never changed afterwards.
"""
