-- name: ListOwnVisits :many
SELECT id, doctor, reason, starts_at AS startsAt FROM visits
WHERE patient = :auth_user AND clinic = :auth_tenant ORDER BY starts_at;

-- name: InsertVisit :exec
INSERT INTO visits (patient, clinic, doctor, reason, starts_at)
VALUES (:auth_user, :auth_tenant, :doctor, :reason, :startsAt);

-- name: TakeSlot :exec
UPDATE doctors SET slots = slots - 1 WHERE id = :doctor AND slots > 0;

-- name: CountVisits :one
-- ward: unowned because the report counts and names nobody
SELECT count(*) AS visits FROM busy;
