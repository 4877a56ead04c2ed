"""Runs one report with Python's own SQLite, where the program sqlite3 is not installed.

usage: python3 query.py DATABASE-URI REPORT.sql [column|html]
"""

import html
import sqlite3
import sys


def table(cells):
    """The rows as text in columns, as wide as they need to be."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells)


def page(cells):
    """The rows as rows of an HTML table."""
    lines = []
    for number, row in enumerate(cells):
        tag = "td" if number else "th"
        lines.append("<tr>%s</tr>" % "".join("<%s>%s</%s>" % (tag, html.escape(c), tag) for c in row))
    return "\n".join(lines)


def main(uri, report, form="column"):
    with open(report, encoding="utf-8") as file:
        query = file.read()
    database = sqlite3.connect(uri, uri=True)
    try:
        cursor = database.execute(query)
        names = [column[0] for column in cursor.description]
        rows = [["" if value is None else str(value) for value in row] for row in cursor]
    finally:
        database.close()
    text = page([names] + rows) if form == "html" else table([names] + rows)
    sys.stdout.buffer.write((text + "\n").encode("utf-8"))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (sqlite3.Error, OSError) as error:
        sys.exit("query: %s" % error)
