-- name: AddNote :exec
INSERT INTO notes (text) VALUES (:text);

-- name: CountNotes :one
SELECT count(*) AS count FROM notes;

-- name: ListNotes :many
SELECT id, text FROM notes;
