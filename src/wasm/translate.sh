#!/bin/sh
# Translates the pinned QuickJS module to C: translate.sh MODULE.wasm SHA256FILE OUT.c. Refuses any other module,
# because nothing downstream distrusts what comes out of here.
set -eu
module=$1 pin=$2 out=$3
got=$(sha256sum "$module" | cut -d' ' -f1)
want=$(cat "$pin")
if [ "$got" != "$want" ]; then
	echo "translate: $module has SHA-256 $got, but $pin says $want" >&2
	exit 1
fi
exec wasm2c --no-debug-names -n qjs "$module" -o "$out"
