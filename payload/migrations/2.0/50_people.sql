-- The person without the address, with dates in ISO form and with a household that must be there.
--
-- Remade in the same order as the stock (30_stock.sql says why). NOT NULL on household_id and the
-- date constraints stop the update at any row that the steps before could not settle.

CREATE TABLE person_new (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  household_id  INTEGER NOT NULL REFERENCES household (id),
  card_no       TEXT,
  family_name   TEXT NOT NULL,
  given_name    TEXT NOT NULL,
  sex           TEXT NOT NULL CHECK (sex IN ('f', 'm', 'x')),
  born_on       TEXT CONSTRAINT "the date of birth is a date" CHECK (born_on IS date(born_on, '+0 days')),
  phone         TEXT,
  site_id       INTEGER REFERENCES site (id),
  registered_on TEXT NOT NULL CONSTRAINT "the date of registration is a date" CHECK (registered_on IS date(registered_on, '+0 days')),
  note          TEXT
);

INSERT INTO person_new (id, household_id, card_no, family_name, given_name, sex, born_on, phone, site_id, registered_on, note)
SELECT
  id, household_id, card_no, family_name, given_name, sex,
  CASE WHEN birth_date GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]'
       THEN substr(birth_date, 7, 4) || '-' || substr(birth_date, 4, 2) || '-' || substr(birth_date, 1, 2)
       ELSE nullif(trim(birth_date), '')
  END,
  phone, shelter_id,
  CASE WHEN registered GLOB '[0-9][0-9]/[0-9][0-9]/[0-9][0-9][0-9][0-9]'
       THEN substr(registered, 7, 4) || '-' || substr(registered, 4, 2) || '-' || substr(registered, 1, 2)
       ELSE registered
  END,
  note
FROM person
ORDER BY id;

UPDATE sqlite_sequence
SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'person'), seq)
WHERE name = 'person_new';

DROP TABLE person;

PRAGMA legacy_alter_table = ON;
ALTER TABLE person_new RENAME TO person;
PRAGMA legacy_alter_table = OFF;

-- A table takes its indexes with it when it is dropped.
CREATE INDEX person_by_name ON person (family_name, given_name);
CREATE INDEX person_by_site ON person (site_id);
CREATE INDEX person_by_household ON person (household_id);
CREATE UNIQUE INDEX person_by_card ON person (card_no);
