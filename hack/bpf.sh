#!/usr/bin/env bash
# Rebuilds the eBPF objects from their C with Debian's clang and compares them
# with those in the tree, which users build with. Installs clang if it is missing:
# objects are equal byte for byte only from one version of it.
set -euo pipefail
folder=agent/datapath/ebpf

missing=()
for package in clang-14 llvm-14 clang-format-14 libbpf-dev; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "installing ${missing[*]} (Debian packages)"
  apt-get -qq update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
fi

clang-format-14 --dry-run --Werror "$folder"/bpf/*.[ch]

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp "$folder"/*_bpf*.o "$folder"/*_bpf*.go "$before"
go generate "./$folder"
for built in "$folder"/*_bpf*.o "$folder"/*_bpf*.go; do
  cmp "$built" "$before/$(basename "$built")" || {
    echo "$built is not what its C gives: commit it as it is now, after go generate ./$folder" >&2
    exit 1
  }
done
echo "the objects in $folder are what their C gives"
