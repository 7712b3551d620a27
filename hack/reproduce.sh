#!/usr/bin/env bash
# Builds a release twice, in two folders, each with a build cache that is empty,
# and compares the digests. What is not committed is built too.
#
#   hack/reproduce.sh [PROGRAM…]    all three by default, which takes minutes
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VERSION=v0.0.0-reproduced
(($# == 0)) || export PROGRAMS="$*"

for folder in here "there/with a longer name"; do
  mkdir -p "$work/$folder"
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [[ -e "$file" ]]; then printf '%s\0' "$file"; fi
  done | tar --create --null --files-from=- | tar --extract --directory "$work/$folder"
  echo "-- building in $folder, from an empty cache"
  name=${folder//[^a-z]/}
  GOCACHE=$work/cache-$name "$work/$folder/hack/dist.sh" "$work/dist-$name"
done

if ! cmp "$work"/dist-*/SHA256SUMS; then
  echo "the same source gives different programs" >&2
  exit 1
fi
echo "both builds have the same digests"
