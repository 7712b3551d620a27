#!/usr/bin/env bash
# Builds a release twice, in two folders, each with a build cache that is empty,
# and compares the digests. What is not committed is built too.
#
#   hack/reproduce.sh [--quick] [PROGRAM…]    all three by default
#
# Empty caches take minutes. With --quick both use the cache that there is: what
# depends on the folder, the time or the repository is found, a compiler that
# decides otherwise the second time is not.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VERSION=v0.0.0-reproduced
quick=
if [[ "${1:-}" == --quick ]]; then
  quick=yes
  shift
fi
(($# == 0)) || export PROGRAMS="$*"

for folder in here "there/with a longer name"; do
  mkdir -p "$work/$folder"
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [[ -e "$file" ]]; then printf '%s\0' "$file"; fi
  done | tar --create --null --files-from=- | tar --extract --directory "$work/$folder"
  name=${folder//[^a-z]/}
  cache=$work/cache-$name
  [[ -z "$quick" ]] || cache=$(go env GOCACHE)
  echo "-- building in $folder"
  GOCACHE=$cache "$work/$folder/hack/dist.sh" "$work/dist-$name"
done

if ! cmp "$work"/dist-*/SHA256SUMS; then
  echo "the same source gives different programs" >&2
  exit 1
fi
echo "both builds have the same digests"
