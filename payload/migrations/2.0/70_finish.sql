-- The last step: what goes for good, then the views and triggers in their 2.0 form.

-- 2.0 prints from the browser. Forms that were still waiting are not carried over; [[rows]] in
-- holdfast.toml says so, and the result of the update names how many they were.
DROP TABLE print_queue;

CREATE VIEW shelter_occupancy AS
  SELECT site.id, site.name, site.town, site.places, count(person.id) AS people
  FROM site LEFT JOIN person ON person.site_id = site.id
  WHERE site.kind = 'shelter'
  GROUP BY site.id;

CREATE VIEW stock_left AS
  SELECT
    stock.id, stock.item, site.name AS site, stock.unit, stock.expires_on,
    stock.amount AS received,
    coalesce(sum(distribution.amount), 0.0) AS given,
    stock.amount - coalesce(sum(distribution.amount), 0.0) AS amount_left
  FROM stock
  JOIN site ON site.id = stock.site_id
  LEFT JOIN distribution ON distribution.stock_id = stock.id
  GROUP BY stock.id;

CREATE TRIGGER person_moved AFTER UPDATE OF site_id ON person
WHEN OLD.site_id IS NOT NEW.site_id
BEGIN
  INSERT INTO movement (person_id, from_site_id, to_site_id)
  VALUES (NEW.id, OLD.site_id, NEW.site_id);
END;

CREATE TRIGGER person_card AFTER INSERT ON person
WHEN NEW.card_no IS NULL
BEGIN
  UPDATE person
  SET card_no = (SELECT value FROM register_info WHERE key = 'card_prefix') || printf('-%05d', NEW.id)
  WHERE id = NEW.id;
END;

-- Goods are given out in the unit in which they were counted in.
CREATE TRIGGER distribution_unit BEFORE INSERT ON distribution
WHEN NEW.unit <> (SELECT unit FROM stock WHERE id = NEW.stock_id)
BEGIN
  SELECT RAISE(ABORT, 'the unit differs from the unit of the stock');
END;

PRAGMA user_version = 200;
