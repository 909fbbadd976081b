"""Files that people edit or hand in: YAML with the line of every mistake, the lines of a CSV file
however a spreadsheet saved it; what is written beside them.
"""
