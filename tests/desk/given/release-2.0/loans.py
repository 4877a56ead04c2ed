#!/usr/bin/env python3
"""Says who has what, and where they live."""
import pathlib, sqlite3

here = pathlib.Path(__file__).parent
rows = sqlite3.connect(here / "data/loans.db").execute(
    "SELECT name, town, label FROM loan JOIN member ON member.id = loan.member_id LEFT JOIN address USING (member_id)"
    " JOIN tool ON tool.id = tool_id WHERE state = 'open'"
)
for name, town, label in rows:
    print(name, "of", town, "has the", label)
