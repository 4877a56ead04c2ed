-- What was given to whom, the last first.
SELECT
  distribution.given,
  person.family_name || ', ' || person.given_name AS name,
  stock.item,
  distribution.quantity,
  distribution.given_by AS by
FROM distribution
JOIN person ON person.id = distribution.person_id
JOIN stock ON stock.id = distribution.stock_id
ORDER BY
  substr(distribution.given, 7, 4) || substr(distribution.given, 4, 2) || substr(distribution.given, 1, 2) DESC,
  distribution.id;
