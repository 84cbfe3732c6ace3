CREATE TABLE doctors (
  id    INTEGER NOT NULL PRIMARY KEY,
  name  TEXT NOT NULL,
  slots INTEGER NOT NULL
);

-- ward: owner patient
-- ward: tenant clinic
CREATE TABLE visits (
  id         INTEGER NOT NULL PRIMARY KEY,
  patient    TEXT NOT NULL,
  clinic     TEXT NOT NULL,
  doctor     INTEGER NOT NULL,
  reason     TEXT,
  starts_at  TIMESTAMP NOT NULL
);

CREATE VIEW busy AS SELECT doctor, starts_at FROM visits;
