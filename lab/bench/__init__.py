"""`hotline bench`: what a call costs, as ratios of two things measured in the same run.

Every part starts processes of its own on stores of its own, in a temporary folder, and leaves
nothing behind. Figures are printed, never asserted: the machine is shared, so only a ratio means
something.
"""
