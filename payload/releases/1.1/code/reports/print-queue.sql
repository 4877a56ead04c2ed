-- Forms that wait for the printer.
SELECT
  print_queue.asked_at AS asked,
  print_queue.form,
  person.family_name || ', ' || person.given_name AS name
FROM print_queue JOIN person ON person.id = print_queue.person_id
ORDER BY print_queue.id;
