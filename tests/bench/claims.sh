#!/bin/sh
# Claims a second at the desk, on the disk before they are answered. OUT is the
# build to measure.
set -eu
OUT=${OUT:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$OUT/tests/bench/claims" "$dir"
