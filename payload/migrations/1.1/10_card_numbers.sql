-- Every person gets a card number: the prefix of this register and the person's number.
--
-- ADD COLUMN cannot add a UNIQUE column, so the column comes first, its values second, and a unique
-- index third. The index also proves the backfill: two equal numbers would stop the update here.

ALTER TABLE person ADD COLUMN card_no TEXT;

UPDATE person
SET card_no = (SELECT value FROM register_info WHERE key = 'card_prefix') || printf('-%05d', id);

CREATE UNIQUE INDEX person_by_card ON person (card_no);

-- People who are registered from now on get theirs at once.
CREATE TRIGGER person_card AFTER INSERT ON person
WHEN NEW.card_no IS NULL
BEGIN
  UPDATE person
  SET card_no = (SELECT value FROM register_info WHERE key = 'card_prefix') || printf('-%05d', NEW.id)
  WHERE id = NEW.id;
END;
