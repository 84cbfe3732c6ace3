CREATE TABLE charges (
  id           TEXT NOT NULL PRIMARY KEY,
  reference    TEXT NOT NULL UNIQUE,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  card_last4   TEXT NOT NULL,
  created_at   TIMESTAMP NOT NULL
);
