-- name: GetOrder :one
SELECT total FROM orders WHERE id = :id;
-- name: ListOrders :many
SELECT id FROM orders;
