-- What was given to whom, the last first.
SELECT
  distribution.given_on AS given,
  person.family_name || ', ' || person.given_name AS name,
  stock.item,
  distribution.amount,
  distribution.unit,
  distribution.given_by AS "by"
FROM distribution
JOIN person ON person.id = distribution.person_id
JOIN stock ON stock.id = distribution.stock_id
ORDER BY distribution.given_on DESC, distribution.id;
