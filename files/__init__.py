"""YAML that people edit, with the line of every mistake."""
