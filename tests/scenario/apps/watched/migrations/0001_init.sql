CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL) STRICT;
INSERT INTO items (name) VALUES ('a cup'), ('a saucer');
INSERT INTO people (email) VALUES ('ada@example.org');
