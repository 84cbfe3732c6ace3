# The commands of this project. Everything else is Meson's.
MESON_FLAGS ?=

.PHONY: all setup build test clang asan fmt lint clean

all: build

setup:
	@scripts/setup

build/build.ninja: | setup
	meson setup build --werror $(MESON_FLAGS)

build: setup build/build.ninja
	ninja -C build

test: build clang
	tests/layers.sh
	meson test -C build --print-errorlogs

# The second compiler: clean with -Werror too.
clang: setup
	[ -e build-clang/build.ninja ] || CC=clang meson setup build-clang --werror
	ninja -C build-clang

asan: setup
	[ -e build-asan/build.ninja ] || meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
	meson test -C build-asan --print-errorlogs

fmt:
	git ls-files '*.c' '*.h' | xargs clang-format -i

lint:
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run

clean:
	rm -rf build build-clang build-asan
