-- name: InsertOrder :one
-- ward: unowned because the database looks into order_lines for its foreign key alone, and returns nothing of it
INSERT INTO orders (customer, status, total_cents, note, created_at)
VALUES (:auth_user, 'open', :totalCents, :note, :now)
RETURNING id;

-- name: InsertLine :exec
INSERT INTO order_lines (order_id, customer, sku, qty, price_cents)
SELECT id, :auth_user, :sku, :qty, :priceCents FROM orders WHERE id = :order AND customer = :auth_user;

-- name: ListOwnOrders :many
SELECT id, status, total_cents AS totalCents, created_at AS createdAt FROM orders
WHERE customer = :auth_user ORDER BY id DESC LIMIT 100;

-- name: GetOwnOrder :one
SELECT id, status, total_cents AS totalCents, note, created_at AS createdAt, paid_at AS paidAt FROM orders
WHERE id = :order AND customer = :auth_user;

-- name: ListOwnLines :many
SELECT l.sku, p.name, l.qty, l.price_cents AS priceCents
FROM order_lines l JOIN products p ON p.sku = l.sku
WHERE l.order_id = :order AND l.customer = :auth_user ORDER BY p.name;

-- name: MarkPaid :exec
UPDATE orders SET status = 'paid', paid_at = :now, charge = :charge
WHERE id = :order AND customer = :auth_user AND status = 'open';
