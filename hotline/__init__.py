"""Settings, the composition root, and the `hotline` command. The only room that builds things."""
