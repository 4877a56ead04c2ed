-- One table becomes two: the address moves from the person to a household, and every person
-- belongs to one. (50_people.sql then takes the address columns from the person.)
--
-- People of the same family name at the same street and town are one household; its head is the
-- one who was registered first. People without a street get a household of their own: to put
-- two people together because they share a name and a town would be a guess.

CREATE TABLE household (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  name    TEXT NOT NULL,
  street  TEXT,
  town    TEXT,
  head_id INTEGER NOT NULL REFERENCES person (id)
);

INSERT INTO household (name, street, town, head_id)
SELECT family_name, nullif(trim(street), ''), town, min(id)
FROM person
GROUP BY family_name, nullif(trim(street), ''), town, CASE WHEN coalesce(trim(street), '') = '' THEN id END
ORDER BY min(id);

CREATE INDEX household_by_address ON household (street, town, name);
CREATE INDEX household_by_head ON household (head_id);

-- The person finds its household: by the address where there is one, else as its head.
ALTER TABLE person ADD COLUMN household_id INTEGER;

UPDATE person
SET household_id = (
  SELECT household.id FROM household
  WHERE household.street = trim(person.street)
    AND household.town IS person.town
    AND household.name = person.family_name
)
WHERE coalesce(trim(street), '') <> '';

UPDATE person
SET household_id = (SELECT household.id FROM household WHERE household.head_id = person.id)
WHERE coalesce(trim(street), '') = '';
