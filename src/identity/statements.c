/* The SQL of the identity store. Every value is bound; no statement is ever put together from text. */
#include "identity/statements.h"

const char *const migrations[] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE users("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " public_id TEXT NOT NULL UNIQUE,"
    " realm INTEGER NOT NULL,"
    " email TEXT,"
    " status INTEGER NOT NULL,"
    " email_verified_ms INTEGER,"
    " password_hash TEXT,"
    " password_changed_ms INTEGER,"
    " roles TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " UNIQUE(realm, email)) STRICT;"
    "CREATE TABLE members("
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " tenant TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " PRIMARY KEY(user, tenant)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE sessions("
    " hash BLOB PRIMARY KEY,"
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " created_ms INTEGER NOT NULL,"
    " authenticated_ms INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL,"
    " methods INTEGER NOT NULL,"
    " mfa INTEGER NOT NULL,"
    " tenant TEXT NOT NULL,"
    " address TEXT NOT NULL,"
    " agent TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX sessions_user ON sessions(user);"
    "CREATE TABLE places("
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " block TEXT NOT NULL,"
    " seen_ms INTEGER NOT NULL,"
    " PRIMARY KEY(user, block)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE challenges("
    " hash BLOB PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " user INTEGER REFERENCES users(id) ON DELETE CASCADE,"
    " expires_ms INTEGER NOT NULL,"
    " tries INTEGER NOT NULL,"
    " data BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX challenges_expires ON challenges(expires_ms);"
    "CREATE INDEX challenges_user ON challenges(user);"
    "CREATE TABLE totp("
    " user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,"
    " secret BLOB NOT NULL,"
    " last_step INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE recovery_codes("
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " hash BLOB NOT NULL,"
    " PRIMARY KEY(user, hash)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE passkeys("
    " credential BLOB PRIMARY KEY,"
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " algorithm INTEGER NOT NULL,"
    " public_key BLOB NOT NULL,"
    " sign_count INTEGER NOT NULL,"
    " aaguid BLOB NOT NULL,"
    " flags INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " used_ms INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE INDEX passkeys_user ON passkeys(user);"
    "CREATE TABLE links("
    " provider TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " created_ms INTEGER NOT NULL,"
    " PRIMARY KEY(provider, subject)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX links_user ON links(user);"
    "CREATE TABLE api_keys("
    " hash BLOB PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " scopes TEXT NOT NULL,"
    " tenant TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER,"
    " used_ms INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE INDEX api_keys_user ON api_keys(user);"
    "CREATE TABLE outbox("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " recipient TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " body TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL,"
    " tries INTEGER NOT NULL,"
    " sent_ms INTEGER) STRICT;"
    "CREATE INDEX outbox_due ON outbox(next_ms) WHERE sent_ms IS NULL;",

    "CREATE TABLE audit("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " time_ms INTEGER NOT NULL,"
    " realm INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " user TEXT NOT NULL,"
    " by TEXT NOT NULL,"
    " address TEXT NOT NULL,"
    " detail TEXT NOT NULL) STRICT;"
    "CREATE INDEX audit_user ON audit(user);",
};
const size_t migration_count = sizeof migrations / sizeof *migrations;

#define USER_COLUMNS                                                                                         \
	"u.id, u.public_id, u.realm, u.email, u.status, u.email_verified_ms IS NOT NULL,"                    \
	" u.password_hash IS NOT NULL, EXISTS(SELECT 1 FROM totp t WHERE t.user = u.id),"                    \
	" (SELECT count(*) FROM passkeys p WHERE p.user = u.id), u.roles, u.created_ms"

const char *const statement_sql[STATEMENT_COUNT] = {
    [ST_BEGIN] = "BEGIN IMMEDIATE",
    [ST_COMMIT] = "COMMIT",
    [ST_ROLLBACK] = "ROLLBACK",
    [ST_META_GET] = "SELECT value FROM meta WHERE name = ?1",
    [ST_META_SET] = "INSERT INTO meta(name, value) VALUES(?1, ?2)"
		    " ON CONFLICT(name) DO UPDATE SET value = excluded.value",

    /* Changes when another connection has written. */
    [ST_DATA_VERSION] = "PRAGMA data_version",

    [ST_USER_INSERT] = "INSERT INTO users(public_id, realm, email, status, email_verified_ms, password_hash,"
		       " password_changed_ms, roles, created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ST_USER_BY_ROW] = "SELECT " USER_COLUMNS " FROM users u WHERE u.id = ?1",
    [ST_USER_BY_ID] = "SELECT " USER_COLUMNS " FROM users u WHERE u.public_id = ?1",
    [ST_USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users u WHERE u.realm = ?1 AND u.email = ?2",
    [ST_USER_LIST] =
	"SELECT " USER_COLUMNS " FROM users u WHERE u.id > ?2 AND u.realm = ?1 ORDER BY u.id LIMIT ?3",
    [ST_USER_COUNT] = "SELECT count(*) FROM users",
    /* Of one realm: accounts, disabled ones, open sessions, accounts with a second factor, passkeys, API keys. */
    [ST_OVERVIEW] = "WITH mine AS (SELECT id, status FROM users WHERE realm = ?1)"
		    " SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM mine WHERE status = ?2),"
		    " (SELECT count(*) FROM sessions WHERE user IN (SELECT id FROM mine) AND expires_ms > ?3),"
		    " (SELECT count(*) FROM mine WHERE id IN (SELECT user FROM totp) OR id IN (SELECT user FROM passkeys)),"
		    " (SELECT count(*) FROM passkeys WHERE user IN (SELECT id FROM mine)),"
		    " (SELECT count(*) FROM api_keys WHERE user IN (SELECT id FROM mine)"
		    " AND (expires_ms IS NULL OR expires_ms > ?3))",
    [ST_USER_STATUS] = "UPDATE users SET status = ?2 WHERE id = ?1",
    [ST_USER_ROLES] = "UPDATE users SET roles = ?2 WHERE id = ?1",
    [ST_USER_PASSWORD] = "UPDATE users SET password_hash = ?2, password_changed_ms = ?3 WHERE id = ?1",
    /* Only if nobody has changed it since it was read. */
    [ST_USER_UPGRADE] = "UPDATE users SET password_hash = ?2 WHERE id = ?1 AND password_hash = ?3",
    /* An address that is proved makes an account that waited for it usable. */
    [ST_USER_VERIFIED] = "UPDATE users SET email_verified_ms = coalesce(email_verified_ms, ?2),"
			 " status = CASE status WHEN 2 THEN 0 ELSE status END WHERE id = ?1",
    [ST_USER_DELETE] = "DELETE FROM users WHERE id = ?1",
    [ST_USER_HASH] = "SELECT password_hash FROM users WHERE id = ?1",

    [ST_TENANT_JOIN] = "INSERT INTO members(user, tenant, role) VALUES(?1, ?2, ?3)"
		       " ON CONFLICT(user, tenant) DO UPDATE SET role = excluded.role",
    [ST_TENANT_LEAVE] = "DELETE FROM members WHERE user = ?1 AND tenant = ?2",
    [ST_TENANT_ROLE] = "SELECT role FROM members WHERE user = ?1 AND tenant = ?2",
    [ST_TENANT_SESSIONS] = "SELECT hash FROM sessions WHERE user = ?1 AND tenant = ?2",

    [ST_SESSION_INSERT] =
	"INSERT INTO sessions(hash, user, created_ms, authenticated_ms, seen_ms, expires_ms, methods,"
	" mfa, tenant, address, agent) VALUES(?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6, '', ?7, ?8)",
    [ST_SESSION_LOOKUP] =
	"SELECT s.user, u.public_id, u.realm, u.email, u.roles, s.tenant, m.role, s.methods, s.mfa,"
	" s.authenticated_ms, s.created_ms, s.seen_ms, s.expires_ms, u.status, m.user IS NOT NULL"
	" FROM sessions s JOIN users u ON u.id = s.user"
	" LEFT JOIN members m ON s.tenant <> '' AND m.user = s.user AND m.tenant = s.tenant"
	" WHERE s.hash = ?1",
    [ST_SESSION_TOUCH] = "UPDATE sessions SET seen_ms = max(seen_ms, ?2) WHERE hash = ?1",
    [ST_SESSION_ROTATE] =
	"UPDATE sessions SET hash = ?2, methods = methods | ?3, mfa = mfa | ?4,"
	" authenticated_ms = max(authenticated_ms, ?5), seen_ms = max(seen_ms, ?6), tenant = ?7"
	" WHERE hash = ?1",
    /* A factor is gone: what it raised is lowered, but where one of the methods of ?3 raised it too. */
    [ST_SESSION_LOWER] =
	"UPDATE sessions SET mfa = mfa AND (methods & ?3) <> 0, methods = methods & ~?2"
	" WHERE user = ?1 AND methods & ?2 RETURNING hash",
    [ST_SESSION_DELETE] = "DELETE FROM sessions WHERE hash = ?1",
    [ST_SESSION_HASHES] = "SELECT hash FROM sessions WHERE user = ?1",
    [ST_SESSION_LIST] =
	"SELECT hash, created_ms, seen_ms, address, agent, methods, mfa FROM sessions"
	" WHERE user = ?1 AND expires_ms > ?2 AND seen_ms > ?3 ORDER BY seen_ms DESC LIMIT ?4",
    [ST_SESSION_COUNT] = "SELECT count(*) FROM sessions",
    [ST_SESSION_SWEEP] =
	"SELECT hash, expires_ms, seen_ms FROM sessions WHERE hash > ?1 ORDER BY hash LIMIT ?2",

    [ST_PLACE_SEEN] = "INSERT INTO places(user, block, seen_ms) VALUES(?1, ?2, ?3)"
		      " ON CONFLICT(user, block) DO UPDATE SET seen_ms = excluded.seen_ms",
    [ST_PLACE_KNOWN] = "SELECT 1 FROM places WHERE user = ?1 AND block = ?2 AND seen_ms > ?3",

    [ST_CHALLENGE_INSERT] =
	"INSERT INTO challenges(hash, kind, user, expires_ms, tries, data) VALUES(?1, ?2, ?3, ?4, 0, ?5)",
    [ST_CHALLENGE_GET] = "SELECT kind, user, expires_ms, tries, data FROM challenges WHERE hash = ?1",
    [ST_CHALLENGE_TRY] = "UPDATE challenges SET tries = tries + 1 WHERE hash = ?1",
    [ST_CHALLENGE_DELETE] = "DELETE FROM challenges WHERE hash = ?1",
    [ST_CHALLENGE_SWEEP] = "DELETE FROM challenges WHERE expires_ms < ?1",

    [ST_TENANT_LIST] = "SELECT tenant, role FROM members WHERE user = ?1 ORDER BY tenant LIMIT 100",

    [ST_TOTP_SET] =
	"INSERT INTO totp(user, secret, last_step, created_ms) VALUES(?1, ?2, ?3, ?4)"
	" ON CONFLICT(user) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step,"
	" created_ms = excluded.created_ms",
    [ST_TOTP_GET] = "SELECT secret, last_step FROM totp WHERE user = ?1",
    /* Two codes at once: the one that comes second finds the step gone. */
    [ST_TOTP_STEP] = "UPDATE totp SET last_step = ?2 WHERE user = ?1 AND last_step < ?2",
    [ST_TOTP_DELETE] = "DELETE FROM totp WHERE user = ?1",
    [ST_RECOVERY_INSERT] = "INSERT INTO recovery_codes(user, hash) VALUES(?1, ?2)",
    [ST_RECOVERY_TAKE] = "DELETE FROM recovery_codes WHERE user = ?1 AND hash = ?2",
    [ST_RECOVERY_DELETE] = "DELETE FROM recovery_codes WHERE user = ?1",
    [ST_RECOVERY_COUNT] = "SELECT count(*) FROM recovery_codes WHERE user = ?1",

    [ST_PASSKEY_INSERT] =
	"INSERT INTO passkeys(credential, user, name, algorithm, public_key, sign_count, aaguid, flags,"
	" created_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ST_PASSKEY_GET] = "SELECT user, public_key, sign_count, flags FROM passkeys WHERE credential = ?1",
    [ST_PASSKEY_USED] = "UPDATE passkeys SET sign_count = ?2, flags = ?3, used_ms = ?4 WHERE credential = ?1",
    [ST_PASSKEY_LIST] = "SELECT credential, name, created_ms, used_ms, flags FROM passkeys WHERE user = ?1"
			" ORDER BY created_ms LIMIT 100",
    [ST_PASSKEY_DELETE_ALL] = "DELETE FROM passkeys WHERE user = ?1",
    [ST_PASSKEY_DELETE] = "DELETE FROM passkeys WHERE user = ?1 AND credential = ?2",

    [ST_LINK_INSERT] = "INSERT INTO links(provider, subject, user, created_ms) VALUES(?1, ?2, ?3, ?4)",
    [ST_LINK_FIND] = "SELECT user FROM links WHERE provider = ?1 AND subject = ?2",
    [ST_LINK_LIST] =
	"SELECT provider, subject, created_ms FROM links WHERE user = ?1 ORDER BY created_ms LIMIT 100",
    [ST_LINK_DELETE] = "DELETE FROM links WHERE user = ?1 AND provider = ?2 AND subject = ?3",

    [ST_KEY_INSERT] = "INSERT INTO api_keys(hash, id, user, name, scopes, tenant, created_ms, expires_ms)"
		      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [ST_KEY_LOOKUP] = "SELECT k.user, u.public_id, u.realm, u.email, k.scopes, k.tenant, k.created_ms, "
		      "k.expires_ms, u.status,"
		      " k.tenant = '' OR m.user IS NOT NULL, k.used_ms, k.name"
		      " FROM api_keys k JOIN users u ON u.id = k.user"
		      " LEFT JOIN members m ON k.tenant <> '' AND m.user = k.user AND m.tenant = k.tenant"
		      " WHERE k.hash = ?1",
    [ST_KEY_USED] = "UPDATE api_keys SET used_ms = ?2 WHERE hash = ?1",
    [ST_KEY_LIST] =
	"SELECT id, name, scopes, tenant, created_ms, expires_ms, used_ms, hash FROM api_keys WHERE user = ?1"
	" ORDER BY created_ms LIMIT 100",
    [ST_KEY_DELETE] = "DELETE FROM api_keys WHERE user = ?1 AND id = ?2 RETURNING hash, name",

    [ST_AUDIT_INSERT] = "INSERT INTO audit(time_ms, realm, kind, user, by, address, detail)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ST_AUDIT_LIST] = "SELECT id, time_ms, realm, kind, user, by, address, detail FROM audit WHERE id < ?1"
		      " ORDER BY id DESC LIMIT ?2",
    [ST_AUDIT_FORGET] = "DELETE FROM audit WHERE user = ?1 AND realm = 0",
    /* What operators did is kept by time alone: nobody outside can push it out. */
    [ST_AUDIT_SWEEP] = "DELETE FROM audit WHERE time_ms < ?1"
		       " OR (realm = 0 AND id < (SELECT max(id) FROM audit) - ?2)",

    [ST_MAIL_INSERT] = "INSERT INTO outbox(recipient, subject, body, created_ms, next_ms, tries) VALUES(?1, "
		       "?2, ?3, ?4, ?4, 0)",
    [ST_MAIL_NEXT] =
	"SELECT id, recipient, subject, body, tries FROM outbox WHERE sent_ms IS NULL AND next_ms <= ?1"
	" ORDER BY next_ms LIMIT 1",
    /* What was sent held a secret link: the text goes, that it was sent stays for a day. */
    [ST_MAIL_SENT] = "UPDATE outbox SET sent_ms = ?2, body = '' WHERE id = ?1",
    [ST_MAIL_TAKE] = "UPDATE outbox SET next_ms = ?2 WHERE id = ?1",
    [ST_MAIL_SHOWN] = "UPDATE outbox SET sent_ms = ?2 WHERE id = ?1",
    [ST_MAIL_TRIES] = "SELECT tries FROM outbox WHERE id = ?1",
    [ST_MAIL_WAITING] = "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE sent_ms IS NULL LIMIT ?1)",
    [ST_MAIL_LIST] = "SELECT recipient, subject, body, created_ms FROM outbox ORDER BY id DESC LIMIT ?1",
    [ST_MAIL_DELETE] = "DELETE FROM outbox WHERE id = ?1",
    [ST_MAIL_RETRY] = "UPDATE outbox SET next_ms = ?2, tries = tries + 1 WHERE id = ?1",
    [ST_MAIL_SWEEP] = "DELETE FROM outbox WHERE created_ms < ?1",
};
