"""One call through the whole embedded stack, told as a story: what `make demo` shows."""
