"""The folder of an installation: made, brought to a release, and whose its parts are."""
