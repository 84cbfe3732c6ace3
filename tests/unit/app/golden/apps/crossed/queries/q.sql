-- name: ListOwnOrders :many
SELECT id, total FROM orders WHERE customer = :auth_user;
-- name: ListAllOrders :many
SELECT id, total FROM orders;
-- name: CountOrders :one
-- ward: unowned because it counts and names nobody
SELECT count(*) AS n FROM orders;
-- name: ListTenantRows :many
SELECT id FROM rows WHERE firm = :auth_tenant;
-- name: ListAllRows :many
SELECT id FROM rows;
-- name: Forgotten :many
SELECT total FROM orders WHERE customer = :auth_user;
