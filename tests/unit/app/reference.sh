#!/bin/sh
# docs/ward-yaml.md is what `ward reference ward-yaml` prints: reference.sh WARD SOURCE_ROOT
set -eu
"$1" reference ward-yaml | diff -u "$2/docs/ward-yaml.md" -
