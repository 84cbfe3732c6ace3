-- ward: owner customer
CREATE TABLE orders (id);
/* ALTER */ ALTER TABLE orders RENAME TO items; -- ward: type sku json
-- ward: tenant x
CREATE VIEW IF NOT EXISTS totals AS SELECT 'x
