-- name: Get :one
-- param: id integer?
-- column: x text
-- ward: unowned because it is a seed
SELECT o.*, t.n AS x, CASE WHEN o.total > :min THEN 'a' ELSE NULL END AS c FROM orders o LEFT JOIN totals t ON t.id = o.id
WHERE (o.customer = :auth_user) AND (o.id = :id OR :id IS NULL) AND sku IN (SELECT sku FROM items) ORDER BY 1 LIMIT :n;
