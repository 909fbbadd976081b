"""`python -m hotline` is the `hotline` command."""

from hotline.main import main

main()
