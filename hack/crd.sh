#!/usr/bin/env bash
# Makes the CRD and the deep copies again from the Go types of api/v1alpha1, and
# compares them with those in the tree.
set -euo pipefail
made=(api/v1alpha1/zz_generated.deepcopy.go manifests/base/webhook/inshore.dev_nodelocalpolicies.yaml)

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp "${made[@]}" "$before"
go generate ./api/v1alpha1
for file in "${made[@]}"; do
  cmp "$file" "$before/$(basename "$file")" || {
    echo "$file is not what its Go types give: commit it as it is now, after go generate ./api/v1alpha1" >&2
    exit 1
  }
done
echo "the CRD is what its Go types give"
