-- name: AddNote :exec
INSERT INTO notes (firm, text) VALUES (:auth_tenant, :text);

-- name: ListNotes :many
SELECT id, firm, text FROM notes WHERE firm = :auth_tenant ORDER BY id LIMIT 100;

-- name: GetNote :one
SELECT id, firm, text FROM notes WHERE id = :id AND firm = :auth_tenant;

-- name: EditNote :exec
UPDATE notes SET text = :text WHERE id = :id AND firm = :auth_tenant;

-- name: AddOrder :exec
INSERT INTO orders (customer, what) VALUES (:auth_user, :what);

-- name: ListOrders :many
SELECT id, customer, what FROM orders WHERE customer = :auth_user ORDER BY id LIMIT 100;
