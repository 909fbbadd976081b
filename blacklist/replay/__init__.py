"""A policy run over calls that were (or might be): what it would have done, and to whom."""
