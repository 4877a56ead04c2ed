-- The view and the triggers name tables and columns that are about to change. They are taken away
-- first and made anew, in their 2.0 form, by the last step (70_finish.sql).
--
-- A view that names a missing column makes every later RENAME fail, since SQLite reads the whole
-- schema again each time; and a trigger left in place would take our own UPDATEs for work done by
-- people: person_moved would write history that never happened.

DROP VIEW shelter_occupancy;
DROP TRIGGER person_moved;
DROP TRIGGER person_card;
