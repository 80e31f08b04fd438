#!/bin/sh
# Runs test programs (arguments), the checks of layers and house, and every
# end-to-end script, all speaking TAP; shows what failed and counts. The last
# line is `N passed, N failed`. ONLY=pattern runs the tests whose name matches.
#
# OUT is the build to test; end-to-end scripts find their programs there.
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-build}
export OUT
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
log=$OUT/tests/log
mkdir -p "$log"
passed=0
failed=0

run() { # name command...
	name=$1
	shift
	case "$name" in *${ONLY:-}*) ;; *) return ;; esac
	"$@" >"$log/$name.tap" 2>"$log/$name.err" </dev/null
	code=$?
	ok=$(grep -c '^ok ' "$log/$name.tap")
	not=$(grep -c '^not ok ' "$log/$name.tap")
	# A program that died or lost its plan has failed once more.
	if ! grep -q "^1\.\.$((ok + not))\$" "$log/$name.tap" ||
	    { [ $code -ne 0 ] && [ "$not" -eq 0 ]; }; then
		not=$((not + 1))
		echo "$name: ended early, exit code $code"
	fi
	if [ "$not" -gt 0 ]; then
		grep -A3 '^not ok ' "$log/$name.tap" | head -n 40
		tail -n 30 "$log/$name.err"
	fi
	passed=$((passed + ok))
	failed=$((failed + not))
	echo "$name: $ok passed, $not failed"
}

run layers sh tests/layers.sh
run house sh tests/house.sh
for program; do
	name=${program##*/}
	case "$name" in
	f_*) run "$name" "$program" "tests/fuzz/corpus/${name#f_}" ;;
	*) run "$name" "$program" ;;
	esac
done
for script in tests/e2e/*.sh; do
	case "$script" in */lib*.sh | "tests/e2e/*.sh") continue ;; esac
	name=${script##*/}
	run "e2e_${name%.sh}" sh "$script"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
