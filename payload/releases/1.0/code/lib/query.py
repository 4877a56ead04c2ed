"""Runs one report with Python's own SQLite, where the program sqlite3 is not installed.

usage: python3 query.py DATABASE-URI REPORT.sql
"""

import sqlite3
import sys


def table(names, rows):
    """The rows as text in columns, as wide as they need to be."""
    cells = [names] + [["" if value is None else str(value) for value in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells)


def main(uri, report):
    with open(report, encoding="utf-8") as file:
        query = file.read()
    database = sqlite3.connect(uri, uri=True)
    try:
        cursor = database.execute(query)
        names = [column[0] for column in cursor.description]
        text = table(names, cursor.fetchall())
    finally:
        database.close()
    sys.stdout.buffer.write((text + "\n").encode("utf-8"))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (sqlite3.Error, OSError) as error:
        sys.exit("query: %s" % error)
