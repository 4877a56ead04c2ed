-- The database of one site, in 1.0: tools that people of a neighbourhood lend each other.
CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT,
    street TEXT,
    town TEXT
);
CREATE TABLE tool (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    price TEXT
);
CREATE TABLE loan (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    tool_id INTEGER NOT NULL REFERENCES tool (id),
    lent_on TEXT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX loan_by_customer ON loan (customer_id);
INSERT INTO customer VALUES
    (1, 'Ada Okafor', '0151 200', 'Mill Lane 3', 'Riverton'),
    (2, 'Bruno Silva', NULL, 'High Street 12', 'Riverton'),
    (3, 'Chen Wei', '0151 417', NULL, NULL),
    (4, 'Dana Levy', '0151 322', 'Mill Lane 9', 'Riverton');
INSERT INTO tool VALUES
    (1, 'ladder', '4.5'), (2, 'drill', '6'), (3, 'saw', NULL), (4, 'wheelbarrow', '2.25');
INSERT INTO loan VALUES
    (1, 1, 1, '2024-03-01', 'back'),
    (2, 1, 2, '2024-03-02', 'out'),
    (3, 2, 4, '2024-03-09', 'out'),
    (4, 4, 3, '2024-04-01', 'gone'),
    (5, 4, 1, '2024-04-02', 'back');
PRAGMA user_version = 1;
