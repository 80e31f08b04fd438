#!/bin/sh
# The probes that a manual lists are in its program, with as many arguments,
# and no others; and the manual's one-liners ask for probes and arguments that
# are there, for texts where there is an address.
. tests/e2e/lib.sh

# readelf prints Provider, Name, Location and Arguments ("8@%r12 -4@%ebp") of
# each place, and a probe may stand in several: its name, and each argument's
# bytes.
present() { # program provider
	readelf -n "$1" 2>/dev/null | awk -v of="$2" '
		$1 == "Provider:" { provider = $2 }
		$1 == "Name:" { name = $2; gsub("__", "-", name) }
		$1 == "Arguments:" && provider == of {
			printf "%s", name
			for (i = 2; i <= NF; i++)
				if (sub(/@.*/, "", $i))
					printf " %d", $i < 0 ? -$i : $i
			print ""
		}' | sort -u
}

# .It Cm NAME Pq Ar FIRST , SECOND: the name, and how many.
told() { # manual
	sed -n '/^\.Sh PROBES/,/^\.Sh [^P]/p' "$1" |
	    sed -n 's/^\.It Cm \([a-z-]*\) Pq Ar \(.*\)/\1 \2/p' |
	    awk '{ print $1, gsub(",", "") + 1 }' | sort
}

# What the one-liners of a manual ask for: "NAME ARGUMENT WHAT" each.
asked() { # manual provider
	awk -v of="$2" '
		/usdt:|[$]target:::/ {
			name = $0
			sub(".*(:" of ":|[$]target:::)", "", name)
			sub("[^a-z_-].*", "", name)
			gsub("__", "-", name)
			print name, "-", "probe"
		}
		/^\.Ed/ { name = "" }
		name != "" {
			for (rest = $0; match(rest, /[a-z]*[(]?arg[0-9]/);
			    rest = substr(rest, RSTART + RLENGTH)) {
				what = substr(rest, RSTART, RLENGTH)
				print name, substr(what, length(what)),
				    what ~ /str[(]/ ? "text" : "number"
			}
		}' "$1" | sort -u
}

# A text is an address, of eight bytes here.
answered() { # asked, beside the probes that are present
	awk 'NR == FNR { n[$1] = NF - 1
			for (i = 2; i <= NF; i++)
				bytes[$1, i - 2] = $i
			next }
		!($1 in n) || ($2 != "-" && $2 >= n[$1]) ||
		    ($3 == "text" && bytes[$1, $2] != 8)' "$work/present" "$1"
}

# Arguments that no register or constant holds; bpftrace reads no others, if
# they are named by where they are in the program ("-4@counter(%rip)").
hidden() { # program provider
	readelf -n "$1" 2>/dev/null | awk -v of="$2" '
		$1 == "Provider:" { provider = $2 }
		$1 == "Name:" { name = $2 }
		$1 == "Arguments:" && provider == of && /\(%rip\)/ {
			print name, $0 }'
}

check_probes() { # program provider manual one-liners
	present "$1" "$2" >"$work/present"
	if [ ! -s "$work/present" ] &&
	    ! find /usr/include -path '*/sys/sdt.h' | grep -q .; then
		ok "$2 was built without <sys/sdt.h>: no probes # SKIP"
		return
	fi
	is "$(told "$3")" "$(awk '{ print $1, NF - 1 }' "$work/present" |
	    sort -u)" "the manual lists what $2 has, with its arguments"
	is "$(hidden "$1" "$2")" "" "and all of them can be read"
	asked "$3" "$2" >"$work/asked"
	is "$(grep -c 'probe$' "$work/asked")" "$4" \
	    "the probes that its one-liners name were found"
	is "$(answered "$work/asked")" "" "and they are there, with what is asked"

	awk '/^bpftrace -e/ { take = 1; sub(/^bpftrace -e ./, "") }
		take { end = sub(/\047$/, ""); print; if (end) take = 0 }' \
	    "$3" | sed "s|/usr/bin/$2|$PWD/$1|" >"$work/bt"
	if command -v bpftrace >/dev/null && [ "$(id -u)" -eq 0 ]; then
		said=$(bpftrace -d "$work/bt" 2>&1) && ok "bpftrace takes them" ||
		    not_ok "bpftrace takes them" "$said"
	fi
}

check_probes "$CAPSULE" capsule server/capsule.8 3
check_probes "$ANNOUNCE" announce mail/announce.1 3
finish
