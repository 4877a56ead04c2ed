-- What stands on the cards, by shelter and household: to print, cut and hand out.
SELECT
  person.card_no AS card,
  person.family_name || ', ' || person.given_name AS name,
  person.born_on AS born,
  person.household_id AS household,
  coalesce(site.name, '-') AS shelter
FROM person LEFT JOIN site ON site.id = person.site_id
ORDER BY site.name, person.household_id, person.card_no;
