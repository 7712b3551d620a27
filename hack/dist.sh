#!/usr/bin/env bash
# Builds what a release consists of: the three programs, a bill of materials of
# each (CycloneDX), and the digests of all. The same source, version and Go release
# give the same digests on every machine, in every folder: hack/reproduce.sh.
#
#   hack/dist.sh [FOLDER]      dist by default
#
# VERSION is what the programs say; by default the tag or commit that git knows.
# PLATFORMS are GOOS/GOARCH, one or several.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-dist}
version=${VERSION:-$(git describe --tags --always --dirty)}
platforms=${PLATFORMS:-$(go env GOOS)/$(go env GOARCH)}
programs=${PROGRAMS:-inshore inshore-agent inshore-webhook}

# As the Dockerfile builds them, so that what is in the images is what is listed.
# No version control stamp: it differs between a checkout and an archive of it.
export CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=false' GOWORK=off
flags="-s -w -X github.com/inshore-dev/inshore/cmd/internal/version.linked=$version"

mkdir -p "$out"
for platform in $platforms; do
  for program in $programs; do
    name=$program-${platform/\//-}
    GOOS=${platform%/*} GOARCH=${platform#*/} go build -ldflags "$flags" -o "$out/$name" "./cmd/$program"
    go run ./hack/sbom "$out/$name" "$version" >"$out/$name.cdx.json"
  done
done
(
  cd "$out"
  for platform in $platforms; do
    for program in $programs; do
      name=$program-${platform/\//-}
      sha256sum "$name" "$name.cdx.json"
    done
  done >SHA256SUMS
)
cat "$out/SHA256SUMS"
