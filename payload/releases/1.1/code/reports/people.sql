-- Everybody in the register, by name.
SELECT
  person.card_no AS card,
  person.family_name || ', ' || person.given_name AS name,
  person.sex,
  person.birth_date AS born,
  coalesce(person.street || ', ', '') || coalesce(person.town, '') AS address,
  person.phone,
  shelter.name AS shelter
FROM person LEFT JOIN shelter ON shelter.id = person.shelter_id
ORDER BY person.family_name, person.given_name, person.id;
