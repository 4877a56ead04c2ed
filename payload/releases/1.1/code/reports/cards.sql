-- What stands on the cards, by shelter: to print, cut and hand out.
SELECT
  person.card_no AS card,
  person.family_name || ', ' || person.given_name AS name,
  person.birth_date AS born,
  coalesce(shelter.name, '-') AS shelter
FROM person LEFT JOIN shelter ON shelter.id = person.shelter_id
ORDER BY shelter.name, person.card_no;
