"""The lab's own commands of the command line."""
