-- The households, their heads and how many people belong to them.
SELECT
  household.id AS no,
  household.name,
  coalesce(household.street || ', ', '') || coalesce(household.town, '') AS address,
  head.given_name AS head,
  head.phone,
  count(member.id) AS people
FROM household
JOIN person AS head ON head.id = household.head_id
JOIN person AS member ON member.household_id = household.id
GROUP BY household.id
ORDER BY household.name, household.id;
