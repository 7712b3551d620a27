#!/usr/bin/env bash
# Runs the commands that README.md and docs/ give for use without a cluster, as
# they stand there.
set -euo pipefail

echo "-- go run ./cmd/inshore review examples/ (has bad files: exit 1)"
status=0
output=$(go run ./cmd/inshore review examples/) || status=$?
tail -n 2 <<<"$output"
if [[ $status -ne 1 ]]; then
  echo "want exit status 1 for a tree with bad files, got $status" >&2
  exit 1
fi

set -x
go run ./cmd/inshore review examples/good/
go run ./cmd/inshore review --format json examples/good/ >/dev/null
go run ./cmd/inshore review -o sarif=inshore.sarif -o junit=inshore.xml -o markdown=comment.md examples/good/
rm inshore.sarif inshore.xml comment.md
go run ./cmd/inshore review --diff examples/good/
go run ./cmd/inshore native --list
go run ./cmd/inshore explain -f examples/good/memcached-proxy.yaml
go run ./cmd/inshore version
go run ./cmd/inshore-webhook --help >/dev/null
go run ./cmd/inshore-agent check || [[ $? -eq 1 ]] # 1: this kernel does not suit the agent
