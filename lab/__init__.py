"""What plays the world around 940: callers, transcripts, bench, demo, back office, city.

Nothing imports it; its commands register by name with `hotline.main`.
"""
