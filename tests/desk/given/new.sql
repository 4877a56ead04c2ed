-- The database of the new release, freshly made.
CREATE TABLE member ( -- @renamed from=customer
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT
);
CREATE TABLE address (
    member_id INTEGER PRIMARY KEY REFERENCES member (id),
    street TEXT,
    town TEXT
);
CREATE TABLE tool (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    price REAL
);
CREATE TABLE loan (
    id INTEGER PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES member (id),
    tool_id INTEGER NOT NULL REFERENCES tool (id),
    lent_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'lost'))
);
CREATE INDEX loan_by_member ON loan (member_id);
PRAGMA user_version = 2;
