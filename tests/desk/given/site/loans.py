#!/usr/bin/env python3
"""Says who has what."""
import pathlib, sqlite3

here = pathlib.Path(__file__).parent
rows = sqlite3.connect(here / "data/loans.db").execute(
    "SELECT name, label FROM loan JOIN customer ON customer.id = customer_id JOIN tool ON tool.id = tool_id WHERE state = 'out'"
)
for name, label in rows:
    print(name, "has the", label)
