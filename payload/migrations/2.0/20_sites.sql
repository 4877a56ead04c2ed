-- Shelters and warehouses become one table, "site", with a kind.
--
-- "shelter" keeps its rows and their numbers, so it is renamed and not remade. RENAME also
-- rewrites the foreign keys of the tables that refer to it, provided that legacy_alter_table is
-- off (it is, unless somebody turns it on).

ALTER TABLE shelter RENAME TO site;
ALTER TABLE site RENAME COLUMN place TO town;
ALTER TABLE site RENAME COLUMN capacity TO places;
ALTER TABLE site RENAME COLUMN opened TO opened_on;
ALTER TABLE site RENAME COLUMN contact_phone TO phone;
ALTER TABLE site ADD COLUMN kind TEXT NOT NULL DEFAULT 'shelter' CHECK (kind IN ('shelter', 'warehouse'));
ALTER TABLE site ADD COLUMN keeper TEXT;

-- DD/MM/YYYY becomes YYYY-MM-DD. The table has no constraint that would notice a bad date, so the
-- check "opening dates are dates" in holdfast.toml looks at the result.
UPDATE site
SET opened_on = substr(opened_on, 7, 4) || '-' || substr(opened_on, 4, 2) || '-' || substr(opened_on, 1, 2)
WHERE opened_on GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]';

-- Warehouses get new numbers here. The old number stays beside the new one until the stock has
-- found its site (30_stock.sql); then the column goes again.
ALTER TABLE site ADD COLUMN warehouse_id INTEGER;

-- One building may be both, and site names are unique: then the warehouse says that it is one.
INSERT INTO site (name, town, phone, kind, keeper, warehouse_id)
SELECT
  CASE WHEN EXISTS (SELECT 1 FROM site WHERE site.name = warehouse.name)
       THEN warehouse.name || ' (warehouse)'
       ELSE warehouse.name
  END,
  place, phone, 'warehouse', keeper, id
FROM warehouse
ORDER BY id;

-- Movements between shelters: only the names of the columns change.
ALTER TABLE movement RENAME COLUMN from_shelter_id TO from_site_id;
ALTER TABLE movement RENAME COLUMN to_shelter_id TO to_site_id;
