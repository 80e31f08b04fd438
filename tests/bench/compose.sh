#!/bin/sh
# Messages made of a 4 KB announcement, a second of one core: unsigned, and
# signed with RSA of 2048 bits and with Ed25519; and composing the template.
# OUT is the build to measure.
set -eu
OUT=${OUT:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$OUT/tests/bench/compose" "$dir"
