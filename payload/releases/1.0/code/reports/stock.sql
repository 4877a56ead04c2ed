-- What came in, where it lies, and how often some of it was given out. Quantities are texts, so
-- they cannot be added up. Soonest expiry first: the dates are DD/MM/YYYY and are turned round to sort.
SELECT
  stock.item,
  stock.quantity AS received,
  warehouse.name AS warehouse,
  stock.expires,
  count(distribution.id) AS handouts
FROM stock
JOIN warehouse ON warehouse.id = stock.warehouse_id
LEFT JOIN distribution ON distribution.stock_id = stock.id
GROUP BY stock.id
ORDER BY
  stock.expires IS NULL,
  substr(stock.expires, 7, 4) || substr(stock.expires, 4, 2) || substr(stock.expires, 1, 2),
  stock.item;
