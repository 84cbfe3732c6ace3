#!/bin/sh
# Every kind of finding that the app layer can make is shown by a kept text: every_code.sh SOURCE_ROOT
# (but for the file that is too large to keep, which test_manifest.c makes)
set -eu
cd "$1"
missing=0
codes=$(cat src/app/manifest/*.c src/app/checks*.c src/app/resolve.c |
	grep -oE '"[a-z]+(-[a-z]+)+"|"empty"|"types"' | tr -d '"' | sort -u |
	grep -vE '^(content-length|transfer-encoding|keep-alive|proxy-connection|default-export|sql-unbound-rows|too-large)$')
for code in $codes; do
	if ! grep -rqF "[$code]" tests/unit/app/golden; then
		echo "no kept text shows [$code]"
		missing=1
	fi
done
exit $missing
