#!/bin/sh
# Compiles the translated QuickJS: compile.sh CC IN.c INCLUDE_DIR OUT.o. clang makes faster code of it than gcc (a
# tenth on the hot path), so it is taken when it is there; the warnings of generated code are nobody's business.
#
# -ffp-contract=off: WebAssembly rounds after every operation. -fno-math-errno: nobody reads errno here.
# No stack protector and no automatic initialisation: a guest cannot reach native locals, and both cost on every call.
set -eu
cc=$1 in=$2 include=$3 out=$4
if command -v clang >/dev/null 2>&1; then cc=clang; fi
exec $cc -std=gnu2x -w -O2 -g0 -fPIC -fstack-clash-protection -fcf-protection=branch -fno-stack-protector -fvisibility=hidden \
	-ffp-contract=off -fno-math-errno -fno-strict-aliasing \
	-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=1 -DWASM_RT_SKIP_SIGNAL_RECOVERY=1 -I "$include" -c "$in" -o "$out"
