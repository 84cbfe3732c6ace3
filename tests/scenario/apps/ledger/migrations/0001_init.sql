CREATE TABLE entries (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text NOT NULL, hidden text NOT NULL DEFAULT 'hidden');
CREATE TABLE names (name text PRIMARY KEY);
CREATE TABLE vault (id integer PRIMARY KEY, jewel text NOT NULL);
INSERT INTO vault VALUES (1, 'a jewel');
