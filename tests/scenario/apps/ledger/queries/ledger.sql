-- name: AddEntry :one
INSERT INTO entries (word) VALUES (:word) RETURNING id;

-- name: CountEntries :one
SELECT count(*) AS n FROM entries WHERE word = :word;

-- name: AddName :exec
INSERT INTO names (name) VALUES (:name);

-- name: Slow :one
SELECT count(*) AS n FROM generate_series(1, 2000000000);
