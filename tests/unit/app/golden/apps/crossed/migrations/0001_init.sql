-- ward: owner customer
CREATE TABLE orders (id INTEGER NOT NULL PRIMARY KEY, customer TEXT NOT NULL, total INTEGER NOT NULL);
-- ward: tenant firm
CREATE TABLE rows (id INTEGER NOT NULL PRIMARY KEY, firm TEXT NOT NULL);
