# The commands of this project. Everything else is Meson's.
#
#	make run          installs what is missing, builds, serves examples/shop at http://127.0.0.1:8080
#	make test         everything CI needs            make bench        ward beside its peers, a table
#	make conformance  outside suites, a table        make fuzz         every fuzz target, FUZZ_SECONDS each
#	make asan         the tests under sanitizers     make fmt, lint    the house format
#	make attack       sqlmap against the shop
MESON_FLAGS ?=
FUZZ_SECONDS ?= 60

.PHONY: all run setup build test clang asan fuzz bench conformance attack fmt lint hooks clean

all: build

setup:
	@scripts/setup

setup-tests:
	@scripts/setup tests

build/build.ninja: | setup
	meson setup build --werror $(MESON_FLAGS)

build: setup build/build.ninja
	ninja -C build

run: build
	@scripts/run-shop

test: setup-tests build clang
	tests/layers.sh
	meson test -C build --print-errorlogs

# The second compiler: clean with -Werror too. The engine's translated C is compiled once, in build/.
clang: setup
	[ -e build-clang/build.ninja ] || CC=clang meson setup build-clang --werror
	ninja -C build-clang

asan: setup-tests
	[ -e build-asan/build.ninja ] || meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
	meson test -C build-asan --print-errorlogs -t 8 --suite unit --suite fuzz

fuzz: setup
	[ -e build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
	tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

bench: build
	@scripts/setup bench
	bench/run

conformance: setup-tests build
	tests/conformance/run

# sqlmap against the example shop.
attack: build
	node tests/attack/run.mjs

fmt:
	git ls-files '*.c' '*.h' | xargs clang-format -i

lint:
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run

# Runs the checks of CI's first minute before every commit: git config core.hooksPath scripts/hooks
hooks:
	git config core.hooksPath scripts/hooks

clean:
	rm -rf build build-clang build-asan build-fuzz
