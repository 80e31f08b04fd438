#!/bin/sh
# How long 100 and 10,000 pages take to load (and with LARGE=1 100,000), the
# parent's memory at its peak and afterwards beside the bytes that are served
# of them, and how soon the search answers. OUT is the build to measure.
set -eu
OUT=${OUT:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for pages in 100 10000 ${LARGE:+100000}; do
	"$OUT/tests/bench/site" "$dir" "$pages"
	find "$dir" -mindepth 1 -delete
done
