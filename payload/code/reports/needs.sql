-- Who needs more than the others, shelter by shelter: small children, old people, big households.
-- A person without a date of birth is counted in "age unknown" alone.
SELECT
  coalesce(site.name, '(no shelter)') AS shelter,
  count(*) AS people,
  sum(person.born_on > date('now', '-2 years')) AS "under 2",
  sum(person.born_on > date('now', '-5 years')) AS "under 5",
  sum(person.born_on <= date('now', '-65 years')) AS "65 and over",
  sum(person.born_on IS NULL) AS "age unknown",
  count(DISTINCT person.household_id) AS households
FROM person LEFT JOIN site ON site.id = person.site_id
GROUP BY site.id
ORDER BY site.name IS NULL, site.name;
