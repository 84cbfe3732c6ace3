-- name: GetProduct :one
SELECT id, name, price, stock FROM products WHERE id = :id;
