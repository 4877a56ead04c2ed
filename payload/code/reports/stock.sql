-- What came in, what was given out and what is left, soonest expiry first.
SELECT
  item,
  site AS warehouse,
  expires_on AS expires,
  unit,
  received,
  given,
  amount_left AS "left"
FROM stock_left
ORDER BY expires_on IS NULL, expires_on, item, id;
