-- The shelters, how many people are in them and how many beds are left.
SELECT
  name AS shelter,
  place,
  capacity,
  people,
  capacity - people AS free
FROM shelter_occupancy
ORDER BY name;
