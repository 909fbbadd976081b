"""`hotline web` as it starts itself: with numbers that all its processes share."""

from hotline.web.numbers import share_safely

share_safely()

from hotline.main import main  # noqa: E402 - what counts something is imported from here on

main()
