"""Files that people edit: YAML with the line of every mistake; written beside what they changed."""
