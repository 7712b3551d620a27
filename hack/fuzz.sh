#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME each. `go test -fuzz` takes
# one target of one package at a time, hence the loop.
set -euo pipefail
: "${FUZZTIME:=5s}"

count=0
while read -r package target; do
  # Go minimizes every new input for up to a minute by default, which for reviews
  # of 20 KB leaves no time to try others.
  go test "$package" -run '^$' -fuzz "^${target}\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 20x
  count=$((count + 1))
done < <(
  git ls-files --cached --others --exclude-standard '*_test.go' |
    xargs grep -HoE '^func Fuzz[A-Za-z0-9_]+' |
    sed -E 's|^(.*)/[^/]*:func (.*)$|./\1 \2|' | sort -u
)
if [[ $count -eq 0 ]]; then
  echo "no fuzz targets found: run this from the root of the checkout" >&2
  exit 1
fi
echo "$count fuzz targets ran for $FUZZTIME each"
