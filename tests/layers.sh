#!/usr/bin/env bash
# Arrows point down: a folder under src/ includes itself and the folders before it in this list, nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
layers=(base os ipc http contract wasm data app review identity observe proc cli)
declare -A rank
for i in "${!layers[@]}"; do rank[${layers[$i]}]=$i; done
wrong=0
while IFS=: read -r file line text; do
  from=${file#src/}; from=${from%%/*}
  to=$(sed -n 's/^#include "\([^"\/]*\)\/.*/\1/p' <<<"$text")
  [ -n "$to" ] && [ -n "${rank[$to]:-}" ] || continue
  if [ "${rank[$to]}" -gt "${rank[$from]}" ]; then
    printf '%s:%s: %s may not include %s\n' "$file" "$line" "$from" "$to"
    wrong=1
  fi
  # Processes never include each other; only the headers directly in proc/ are shared.
  if [ "$from" = proc ] && [ "$to" = proc ]; then
    mine=$(cut -d/ -f3 <<<"$file"); theirs=$(sed -n 's/^#include "proc\/\([^"\/]*\)\/.*/\1/p' <<<"$text")
    if [ -n "$theirs" ] && [ -d "src/proc/$mine" ] && [ "$mine" != "$theirs" ]; then
      printf '%s:%s: process %s may not include process %s\n' "$file" "$line" "$mine" "$theirs"
      wrong=1
    fi
  fi
done < <(grep -rn '^#include "' src --include='*.c' --include='*.h')
exit $wrong
