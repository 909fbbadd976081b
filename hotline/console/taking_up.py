"""Having this machine's roles take up a file that the console has written."""

from hotline.bootstrap import Services


class Roles:
    """The roles that run here, told of changed files as `hotline reload` tells them."""

    def __init__(self, services: Services, within_s: float = 15.0) -> None:
        self._services = services
        self._within_s = within_s

    def in_the_way(self) -> list[str]:
        """What is wrong with the files as they are now: with a mistake in one none is taken up."""
        from hotline.cli.reload import mistakes  # what reads every file, for one request in a month

        return mistakes(self._services.read_again())

    def tell(self) -> list[tuple[str, bool]]:
        """Each process by its role, and whether it goes by the files as they are now."""
        from hotline.cli.reload import tell_roles

        answers = tell_roles(self._services.read_again(), self._within_s)
        return [(answer.role, answer.well) for answer in answers]
