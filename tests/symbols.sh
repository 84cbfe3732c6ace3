#!/usr/bin/env bash
# No function of ours may carry the name of one in a library that ward links: the linker would take ours for it, silently.
set -euo pipefail
program=$1
archives=$(dirname "$program")/src
ours=$(find "$archives" -name '*.a' -exec realpath {} + | xargs nm 2>/dev/null | awk '$2 ~ /^[TDBR]$/ { print $3 }' | sort -u)
theirs=$(ldd "$program" | awk '$3 ~ /^\// { print $3 }' | xargs nm -D --defined-only 2>/dev/null | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u)
[ "$(wc -l <<<"$ours")" -gt 500 ] && [ "$(wc -l <<<"$theirs")" -gt 500 ] || { echo 'symbols cannot be read'; exit 1; }
both=$(comm -12 <(echo "$ours") <(echo "$theirs"))
[ -z "$both" ] || { printf 'named as in a library:\n%s\n' "$both"; exit 1; }
