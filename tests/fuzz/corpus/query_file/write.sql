-- name: Put :exec
INSERT INTO orders AS o (id, customer) VALUES (:id, :auth_user), (2, 'x''y') ON CONFLICT (id) DO UPDATE SET total = excluded.total WHERE o.customer = :auth_user;
-- name: Move :one
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) UPDATE orders SET (total, customer) = (1, :to) FROM n WHERE id = n.i RETURNING id;
-- name: Gone :exec
REPLACE INTO items SELECT id, "customer" FROM [orders] WHERE at > $$x$$ AND g = ?1;
