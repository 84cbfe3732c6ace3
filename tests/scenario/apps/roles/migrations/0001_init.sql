-- ward: tenant firm
CREATE TABLE notes (
  id   INTEGER PRIMARY KEY,
  firm TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

-- ward: owner customer
CREATE TABLE orders (
  id       INTEGER PRIMARY KEY,
  customer TEXT NOT NULL,
  what     TEXT NOT NULL
) STRICT;
