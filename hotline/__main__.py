"""`python -m hotline` is the `hotline` command."""

from hotline.start import main

main()
