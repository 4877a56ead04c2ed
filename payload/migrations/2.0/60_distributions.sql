-- What people were given: amount and unit, and ISO dates, as for the stock (30_stock.sql).

CREATE TABLE distribution_new (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE RESTRICT,
  stock_id  INTEGER NOT NULL REFERENCES stock (id) ON DELETE RESTRICT,
  amount    REAL NOT NULL CONSTRAINT "the amount is a number" CHECK (typeof(amount) = 'real' AND amount > 0),
  unit      TEXT NOT NULL CONSTRAINT "the unit is known" CHECK (unit IN ('kg', 'l', 'piece', 'kit', 'pack', 'box', 'set')),
  given_on  TEXT NOT NULL CONSTRAINT "the date of distribution is a date" CHECK (given_on IS date(given_on, '+0 days')),
  given_by  TEXT
);

INSERT INTO distribution_new (id, person_id, stock_id, amount, unit, given_on, given_by)
SELECT
  id, person_id, stock_id,
  CASE WHEN number GLOB '*[.,][0-9][0-9][0-9]*' THEN quantity ELSE replace(number, ',', '.') END,
  CASE lower(unit)
    WHEN 'kg' THEN 'kg'       WHEN 'kgs' THEN 'kg'
    WHEN 'l' THEN 'l'         WHEN 'litre' THEN 'l'      WHEN 'litres' THEN 'l'
    WHEN 'pc' THEN 'piece'    WHEN 'pcs' THEN 'piece'    WHEN 'piece' THEN 'piece'  WHEN 'pieces' THEN 'piece'
    WHEN 'kit' THEN 'kit'     WHEN 'kits' THEN 'kit'
    WHEN 'pack' THEN 'pack'   WHEN 'packs' THEN 'pack'
    WHEN 'box' THEN 'box'     WHEN 'boxes' THEN 'box'
    WHEN 'set' THEN 'set'     WHEN 'sets' THEN 'set'
    ELSE unit
  END,
  CASE WHEN given GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]'
       THEN substr(given, 7, 4) || '-' || substr(given, 4, 2) || '-' || substr(given, 1, 2)
       ELSE given
  END,
  given_by
FROM (
  SELECT
    *,
    substr(quantity, 1, length(quantity) - length(ltrim(quantity, '0123456789.,'))) AS number,
    trim(ltrim(quantity, '0123456789.,')) AS unit
  FROM distribution
) AS parts
ORDER BY id;

UPDATE sqlite_sequence
SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'distribution'), seq)
WHERE name = 'distribution_new';

DROP TABLE distribution;

PRAGMA legacy_alter_table = ON;
ALTER TABLE distribution_new RENAME TO distribution;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX distribution_by_person ON distribution (person_id);
CREATE INDEX distribution_by_stock ON distribution (stock_id);
