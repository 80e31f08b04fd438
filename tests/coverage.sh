#!/bin/sh
# Line coverage by folder, and the files that tests reach least; the lines
# themselves stand in BUILD/coverage.txt. `make coverage` calls it.
build=${1:-build-cov}
cd "$(dirname "$0")/.." || exit 1
gcovr -r . --object-directory "$build" --exclude tests/ --exclude build \
    --csv "$build/coverage.csv" --txt "$build/coverage.txt" \
    --gcov-ignore-parse-errors "$build" >/dev/null || exit 1
awk -F, 'NR > 1 {
	split($1, path, "/")
	all[path[1]] += $2; ran[path[1]] += $3
	all["together"] += $2; ran["together"] += $3
}
END {
	for (f in all)
		printf "%-10s %6d of %6d lines, %5.1f %%\n", f, ran[f],
		    all[f], 100 * ran[f] / all[f]
}' "$build/coverage.csv" | sort
echo 'least:'
awk -F, 'NR > 1 && $2 > 0 {
	printf "%6d lines missing, %5.1f %% of %s\n", $2 - $3, 100 * $3 / $2, $1
}' "$build/coverage.csv" | sort -rn | head -n "${LEAST:-25}"
