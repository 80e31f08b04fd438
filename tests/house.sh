#!/bin/sh
# The house rules that a script can see: sizes, notes to self, names. Speaks
# TAP. How a function ends, the formatter has settled: with "}" at the margin.
cd "$(dirname "$0")/.." || exit 1
FILE_LINES=900
FUNCTION_LINES=120

tests=0
failures=0

none() { # what-was-found name
	tests=$((tests + 1))
	if [ -z "$1" ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
		printf '%s\n' "$1" | sed 's/^/# /'
	fi
}

ours() { # find's tests: names of files, one a line
	find base certs content server mail tests Makefile README.md \
	    -type d \( -name corpus -o -name golden -o -name pages \) -prune \
	    -o -type f "$@" -print | sort
}
each() { # awk's program: run over all code
	ours -name '*.[ch]' | xargs awk "$1"
}

none "$(ours \( -name '*.[ch]' -o -name '*.sh' -o -name '*.sql' \
    -o -name '*.py' -o -name Makefile \) | xargs wc -l |
    awk -v max=$FILE_LINES '$1 > max && $2 != "total"')" \
    "no file has more than $FILE_LINES lines"
none "$(each "FNR == 1 { from = 0 }
	/^{\$/ { from = FNR }
	/^}/ && from {
		if (FNR - from - 1 > $FUNCTION_LINES)
			print FILENAME \":\" from \": \" FNR - from - 1 \" lines\"
		from = 0
	}")" "no function has more than $FUNCTION_LINES lines"
none "$(ours ! -name house.sh |
    xargs grep -nE '(^|[^[:alnum:]])(TODO|FIXME|XXX)([^[:alnum:]]|$)')" \
    "nothing is left for later"
none "$(find base certs content server mail -name '*.[ch]' \
    ! -path base/probes.h -exec grep -niE 'dtrace' {} +)" \
    "no program knows the name of one conference"
none "$(each '/^\t* +\t/ || /[ \t]$/ { print FILENAME ":" FNR }')" \
    "no line ends with blanks, and none has them before a tab"

echo "1..$tests"
[ "$failures" -eq 0 ]
