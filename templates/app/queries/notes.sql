-- name: ListNotes :many
SELECT id, author, text, created_at FROM notes ORDER BY id DESC LIMIT 50;

-- name: InsertNote :one
INSERT INTO notes (author, text, created_at) VALUES (:author, :text, :now) RETURNING id;
