CREATE TABLE products (
  sku         TEXT NOT NULL PRIMARY KEY,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  stock       INTEGER NOT NULL CHECK (stock >= 0)
);

-- ward: owner customer
CREATE TABLE orders (
  id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  customer    TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('open', 'paid')),
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  note        TEXT,
  created_at  TIMESTAMP NOT NULL,
  paid_at     TIMESTAMP,
  charge      TEXT
);
CREATE INDEX orders_by_customer ON orders (customer, id);

-- ward: owner customer
CREATE TABLE order_lines (
  order_id    INTEGER NOT NULL REFERENCES orders (id),
  customer    TEXT NOT NULL,
  sku         TEXT NOT NULL REFERENCES products (sku),
  qty         INTEGER NOT NULL CHECK (qty > 0),
  price_cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, sku)
);
