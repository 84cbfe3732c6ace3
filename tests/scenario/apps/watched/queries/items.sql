-- name: ListItems :many
SELECT id, name FROM items ORDER BY id LIMIT 20;

-- name: ReadPeople :many
SELECT id, email FROM people ORDER BY id;
