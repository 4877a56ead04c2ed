-- The shelters, how many people are in them and how many places are left.
SELECT
  name AS shelter,
  town,
  places,
  people,
  places - people AS free
FROM shelter_occupancy
ORDER BY name;
