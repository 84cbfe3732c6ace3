#!/usr/bin/env bash
# The iac family against `ward check`: see tests/review/iac_score.py. Bounds of the project are checked there; each missed finding is
# a failure by id.
set -euo pipefail
[ -x "$WARD_CORPORA/unpack" ] || exit 77
work=$WARD_BUILD/conformance/iac
data=$work/data
if [ ! -d "$data/iac" ]; then
  mkdir -p "$data"
  "$WARD_CORPORA/unpack" "$data" iac >&2
fi
ninja -C "$WARD_BUILD" src/review/ward-review >&2
python3 tests/review/iac_score.py --data "$data/iac" --program "$WARD_BUILD/src/review/ward-review" --work "$work/cases" \
  --json "$WARD_BUILD/conformance/iac_details.json" --result
