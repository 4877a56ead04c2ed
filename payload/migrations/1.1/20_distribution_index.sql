-- "What has this person been given?" is asked at every handing-out, so it gets an index.

CREATE INDEX distribution_by_person ON distribution (person_id);

PRAGMA user_version = 110;
