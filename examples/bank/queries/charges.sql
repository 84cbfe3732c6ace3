-- name: FindCharge :one
SELECT id, amount_cents AS amountCents FROM charges WHERE reference = :reference;

-- name: InsertCharge :exec
INSERT INTO charges (id, reference, amount_cents, card_last4, created_at)
VALUES (:id, :reference, :amountCents, :cardLast4, :now);
