#!/usr/bin/env bash
# `ward db` as a person uses it: db_commands.sh WARD
set -euo pipefail
ward=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/app/migrations"
app=$dir/app
failures=0
fail() { printf 'FAILED: %s\n' "$*"; failures=$((failures + 1)); }
# has TEXT COMMAND...: exit 0 and the text in what it prints
has() {
  local want=$1 out
  shift
  if ! out=$("$@" 2>&1); then fail "exit $? of $*: $out"; return; fi
  [[ $out == *"$want"* ]] || fail "no \"$want\" in the output of $*: $out"
}
# refuses TEXT COMMAND...: not exit 0, and the text says why
refuses() {
  local want=$1 out
  shift
  if out=$("$@" 2>&1); then fail "$* was allowed: $out"; return; fi
  [[ $out == *"$want"* ]] || fail "no \"$want\" in the output of $*: $out"
}

printf 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n' >"$app/migrations/0001_notes.sql"
has 'CREATE TABLE notes' "$ward" db migrate "$app" --dry-run
[ ! -e "$app/.ward/state/app.db" ] || fail 'a dry run made the database'
mkdir -p "$app/.ward"
has '1 migration applied' "$ward" db migrate "$app"
[ "$(stat -c %a "$app/.ward/state/app.db")" = 600 ] || fail 'others may read the database'
has '0001_notes.sql' "$ward" db status "$app"
has '0 rows' "$ward" db status "$app"
refuses 'start the shell with --write' "$ward" db shell "$app" "INSERT INTO notes VALUES (1, 'x')"
has '1 row changed' "$ward" db shell "$app" --write "INSERT INTO notes VALUES (1, 'a' || char(27) || '[31mred')"
has 'a\x1b[31mred' "$ward" db shell "$app" 'SELECT text FROM notes'
has 'notes' "$ward" db shell "$app" <<<'.tables'
has 'whole copy' "$ward" db backup "$app" "$dir/copy.db"
refuses 'there already' "$ward" db backup "$app" "$dir/copy.db"
has '1 row changed' "$ward" db shell "$app" --write 'DELETE FROM notes'
has 'kept at' "$ward" db restore "$app" "$dir/copy.db"
has '1 rows' "$ward" db status "$app"
refuses 'not a database' "$ward" db restore "$app" "$0"
printf 'CREATE TABLE notes (id INTEGER);\n' >"$app/migrations/0001_notes.sql"
has 'CHANGED' "$ward" db status "$app"
refuses 'changed after it was applied' "$ward" db migrate "$app"
has 'kill' "$ward" db durability "$app"
has 'power' "$ward" db durability "$app" power
has 'power' "$ward" db durability "$app"
refuses 'kill or power' "$ward" db durability "$app" always
refuses 'usage: ward db' "$ward" db drop "$app"
refuses 'usage: ward db' "$ward" db
[ "$failures" -eq 0 ] && printf 'ward db: every command answers as it should\n'
exit "$((failures > 0))"
