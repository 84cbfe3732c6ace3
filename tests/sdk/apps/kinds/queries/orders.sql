-- name: ListOrders :many
SELECT id FROM orders WHERE customer = :auth_user;

-- name: DeleteOrder :exec
-- ward: unowned because keepers forget for everybody
DELETE FROM orders WHERE id = :id;
