-- name: AddNote :exec
INSERT INTO notes (text) VALUES (:text);

-- name: CountNotes :one
SELECT count(*) AS count FROM notes;

-- name: ReadVault :many
SELECT id, secret FROM vault;
