#!/bin/sh
# Markdown to all five formats, MB/s of CPU time, beside cmark and lowdown
# where they are installed. The input is the capsule's own pages and the golden
# files, over and over up to 10 MB.
#
# OUT is the build to measure, CC and CFLAGS as for make.
set -e
cd "$(dirname "$0")/../.."
OUT=${OUT:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Front matter goes: it is not Markdown and the others would show it.
body() {
	awk 'NR == 1 && /^---$/ { skip = 1; next }
	    skip && /^(---|\.\.\.)$/ { skip = 0; next } !skip' "$1"
	echo
}
find content/pages tests/golden -name '*.md' ! -name 'page-*' | sort |
while read -r file; do
	body "$file"
done >"$dir/once.md"
size=$(wc -c <"$dir/once.md")
i=0
while [ $((i * size)) -lt 10000000 ]; do
	cat "$dir/once.md"
	i=$((i + 1))
done >"$dir/input.md"

# shellcheck disable=SC2046,SC2086 # flags are words
${CC:-cc} -std=c11 -D_GNU_SOURCE -I. ${CFLAGS:--O2} -o "$dir/md" \
    tests/bench/md.c "$OUT/content.a" "$OUT/base.a" \
    $(${PKG_CONFIG:-pkg-config} --cflags --libs libcmark)
echo "$(wc -c <"$dir/input.md") bytes of Markdown, medians of 5"
"$dir/md" "$dir/input.md" "$OUT/capsule"
