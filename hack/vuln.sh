#!/usr/bin/env bash
# Looks for known vulnerabilities in what the three programs call. Where the
# database cannot be reached it says so, in capitals, and looks at what can be
# looked at: that the modules are those of go.sum, that none that we require
# directly is retracted or deprecated, and how old the Go release is.
#
#   hack/vuln.sh [PACKAGE…]    ./cmd/... by default
#
# INSHORE_VULNDB is another database, such as a mirror's URL.
# INSHORE_VULN=require makes an unreachable database an error, for releases.
set -euo pipefail
cd "$(dirname "$0")/.."
database=${INSHORE_VULNDB:-https://vuln.go.dev}
govulncheck() { go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 -db "$database" "$@"; }
(($# > 0)) || set -- ./cmd/...

# A question about one old module, which the database can answer or nobody.
if refusal=$(govulncheck -mode=query -format json golang.org/x/net@v0.1.0 2>&1 >/dev/null); then
  echo "-- govulncheck $*, by $database"
  govulncheck "$@"
  exit
fi

echo "NOT CHECKED for known vulnerabilities: $database cannot be asked: ${refusal%%$'\n'*}"
if [[ "${INSHORE_VULN:-}" == require ]]; then
  echo "INSHORE_VULN=require: this is an error" >&2
  exit 1
fi
echo "Instead, what says nothing about vulnerabilities that are published:"

go mod verify

direct=$(go list -m -f '{{if not (or .Indirect .Main)}}{{.Path}}{{end}}' all)
# shellcheck disable=SC2086 # One word a module.
if ! left=$(go list -m -u -retracted -f '{{with .Retracted}}{{$.Path}}@{{$.Version}} is retracted: {{.}}{{"\n"}}{{end}}{{with .Deprecated}}{{$.Path}} is deprecated: {{.}}{{"\n"}}{{end}}' $direct 2>&1); then
  echo "NOT CHECKED for retracted versions either: ${left%%$'\n'*}"
elif [[ -n "${left//[$'\n' ]/}" ]]; then
  echo "$left" >&2
  echo "take another version, or another module" >&2
  exit 1
else
  echo "none of $(wc -w <<<"$direct") modules that go.mod requires directly is retracted or deprecated"
fi

here=$(go env GOVERSION)
minor=$(sed -E 's/^go([0-9]+\.[0-9]+).*/\1/' <<<"$here")
if newest=$(go list -m -f '{{.Version}}' "go@$minor" 2>/dev/null); then
  if [[ "go$newest" != "$here" ]]; then
    echo "$here compiled this; go$newest is out, and its notes say what it repairs"
  else
    echo "$here is the newest release of its line"
  fi
else
  echo "NOT CHECKED whether $here is the newest release of its line"
fi
