-- Quantities become a number and a unit: '12 kg' is 12 and 'kg', '62,5 kg' is 62.5 and 'kg'.
--
-- SQLite cannot change a column's type or add a constraint, so the table is remade, in the only
-- order that is safe: create stock_new, fill it, drop stock, rename stock_new to stock. (Renaming
-- the old table out of the way first would drag the foreign keys of other tables along with it.)
--
-- Nothing is guessed. The constraints have names, because the name is what people read when a row
-- does not fit: "CHECK constraint failed: the unit is known".
--   * No CAST: CAST('a few' AS REAL) is 0 without a word. The column's REAL affinity turns a
--     number in text form into a number and leaves other text alone; then the CHECK refuses it.
--   * '1,200 kg' may mean 1.2 or 1200. Such a text is left as it is and refused in the same way.
--   * So is what is neither DD/MM/YYYY nor a real day. An empty date is an unknown one: NULL.

CREATE TABLE stock_new (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  item       TEXT NOT NULL,
  amount     REAL NOT NULL CONSTRAINT "the amount is a number" CHECK (typeof(amount) = 'real' AND amount >= 0),
  unit       TEXT NOT NULL CONSTRAINT "the unit is known" CHECK (unit IN ('kg', 'l', 'piece', 'kit', 'pack', 'box', 'set')),
  site_id    INTEGER NOT NULL REFERENCES site (id),
  expires_on TEXT CONSTRAINT "the expiry date is a date" CHECK (expires_on IS date(expires_on, '+0 days'))
);

-- ltrim() removes the number from the left, so what it leaves is the unit.
INSERT INTO stock_new (id, item, amount, unit, site_id, expires_on)
SELECT
  id, item,
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
  (SELECT site.id FROM site WHERE site.warehouse_id = parts.warehouse_id),
  CASE WHEN expires GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]'
       THEN substr(expires, 7, 4) || '-' || substr(expires, 4, 2) || '-' || substr(expires, 1, 2)
       ELSE nullif(trim(expires), '')
  END
FROM (
  SELECT
    *,
    substr(quantity, 1, length(quantity) - length(ltrim(quantity, '0123456789.,'))) AS number,
    trim(ltrim(quantity, '0123456789.,')) AS unit
  FROM stock
) AS parts
ORDER BY id;

-- Carry the counter over: numbers of rows that were deleted stay used.
UPDATE sqlite_sequence
SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'stock'), seq)
WHERE name = 'stock_new';

DROP TABLE stock;

-- On for this one statement: the rename shall touch nothing but the name. Other tables refer to
-- "stock" already, and that is what they shall go on doing.
PRAGMA legacy_alter_table = ON;
ALTER TABLE stock_new RENAME TO stock;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX stock_by_site ON stock (site_id);

-- The rows of "warehouse" are in "site" now; [[rows]] in holdfast.toml declares it.
ALTER TABLE site DROP COLUMN warehouse_id;
DROP TABLE warehouse;
