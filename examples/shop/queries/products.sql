-- name: ListProducts :many
SELECT sku, name, description, price_cents AS priceCents, stock FROM products ORDER BY name;

-- name: SearchProducts :many
SELECT sku, name, description, price_cents AS priceCents, stock FROM products
WHERE instr(lower(name), lower(:text)) > 0 ORDER BY name;

-- name: GetProduct :one
SELECT sku, name, price_cents AS priceCents, stock FROM products WHERE sku = :sku;

-- name: TakeStock :exec
UPDATE products SET stock = stock - :qty WHERE sku = :sku AND stock >= :qty;
