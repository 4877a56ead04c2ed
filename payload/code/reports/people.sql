-- Everybody in the register, by name.
SELECT
  person.card_no AS card,
  person.family_name || ', ' || person.given_name AS name,
  person.sex,
  person.born_on AS born,
  household.id AS household,
  coalesce(household.street || ', ', '') || coalesce(household.town, '') AS address,
  person.phone,
  site.name AS shelter
FROM person
JOIN household ON household.id = person.household_id
LEFT JOIN site ON site.id = person.site_id
ORDER BY person.family_name, person.given_name, person.id;
