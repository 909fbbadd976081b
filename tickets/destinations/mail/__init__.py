"""E-mail: an office that is told of tickets by letters, and once a day by a list of them."""
