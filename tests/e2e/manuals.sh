#!/bin/sh
# The manuals against the programs: they are well-formed, name every command
# with its options as -h does, no other ones, and every key that the
# configuration and front matter take.
. tests/e2e/lib.sh

# As on a printer that cannot overstrike.
printed() { # manual [width]
	mandoc -T ascii -O width="${2:-78}" "$1" | sed "s/.$(printf '\b')//g"
}

manuals='server/capsule.8 mail/announce.1 base/capsule.yaml.5
content/capsule-page.7'
for manual in $manuals; do
	# The machine's own index of manuals says nothing of ours.
	said=$(mandoc -T lint -W warning "$manual" 2>&1)
	is "$said" "" "$manual is well-formed"
	wide=$(printed "$manual" | awk 'length > 80 { print NR ": " $0 }')
	is "$wide" "" "$manual fits a terminal"
done

as_text() { # manual: in one line, no word broken
	printed "$1" 900 | tr -s ' \n' ' '
}

# What -h lists of a command: "name arguments", tables within it included.
listed() { # program [command]
	"$@" -h | sed -n -e '/^  [a-z]/ {' -e ':more' -e 'N' \
	    -e 's/\n          */ /' -e 't more' -e 's/^  //' -e 'P' -e '}'
}

# Each command and each option of it stands in the manual.
holds_commands() { # program manual [command]
	program=$1
	manual=$2
	shift 2
	text=$(as_text "$manual")
	listed "$program" "$@" >"$work/listed"
	is "$("$program" "$@" -h | awk 'length > 80')" "" \
	    "the list of commands fits a terminal"
	while read -r name arguments; do
		case " $* $name" in *[!a-z\ -]*) continue ;; esac
		like "$text" "(^| )${*:+$* }$name( |\$)" \
		    "$manual names ${*:+$* }$name"
		wide=$("$program" "$@" "$name" -h </dev/null |
		    awk 'length > 80')
		is "$wide" "" "its help fits a terminal"
		for option in $(printf '%s\n' "$arguments" |
		    grep -oE -- '--[a-z-]+'); do
			like "$text" "[^-]$option" \
			    "$manual names $option of ${*:+$* }$name"
		done
	done <"$work/listed"
}
holds_commands "$CAPSULE" server/capsule.8
holds_commands "$ANNOUNCE" mail/announce.1
holds_commands "$ANNOUNCE" mail/announce.1 offer
holds_commands "$ANNOUNCE" mail/announce.1 subscribers

# What they read out of the environment.
for name in $(grep -hoE 'getenv\("[A-Z_]+' server/*.c mail/*.c base/*.c |
    cut -d'"' -f2 | sort -u); do
	case $name in TZ) continue ;; esac # lent to the C library
	like "$(cat server/capsule.8 mail/announce.1)" \
	    "^\.It Ev (.* , )?$name( |\$)" "a manual names $name"
done

# No command that is not there: .It Ic NAME of the commands' list.
named=$(sed -n '/^The commands are:/,/^\.El/s/^\.It Ic \([a-z-]*\).*/\1/p' \
    server/capsule.8)
is "$named" "$(listed "$CAPSULE" | cut -d' ' -f1)" \
    "capsule(8) lists what -h lists, in its order"

# The words of the tables of keys in a source file.
keys() { # source table...
	source=$1
	shift
	for table; do
		awk -v name=" ${table}_keys[] = {" \
		    'index($0, name) { on = 1 } on { print } /};/ { on = 0 }' \
		    "$source"
	done | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u
}
for key in $(keys base/conf.c top site listen log limit) \
    $(keys base/conf_mail.c mail dkim list); do
	if grep -Eq "^(\.It )?(.* )?Ic $key( |\$)" base/capsule.yaml.5 ||
	    grep -Eq "^\.Ss $key\$" base/capsule.yaml.5; then
		ok "capsule.yaml(5) names $key"
	else
		not_ok "capsule.yaml(5) names $key"
	fi
	[ "$key" = port ] || [ "$key" = sites ] || [ "$key" = domain ] ||
	    like "$(cat base/sample.yaml)" "\\b$key:" "the sample shows $key"
done

# The sample is a configuration as it is, and with each example taken up that
# needs no file.
sed "s|/var/lib/capsule|$work|" base/sample.yaml >"$work/sample.yaml"
mkdir -p "$work/pages"
echo '# A page' >"$work/pages/index.md"
said=$("$CAPSULE" check -c "$work/sample.yaml" 2>&1)
is "$said" "no fault in 1 page and 0 files" "the sample is a configuration"
sed -E 's/^( *)#(  [a-z]|[a-z])/\1\2/
    /^(organizers|  - "aa|certificate|key|user|  relay: smtp:)/d; /^#  - /d' \
    "$work/sample.yaml" >"$work/all.yaml"
said=$("$CAPSULE" check -c "$work/all.yaml" 2>&1)
is "$said" "no fault in 1 page and 0 files" "so are its examples"
for key in $(keys content/page.c page event talk sponsor offer); do
	like "$(cat content/capsule-page.7)" "Ic $key( |\$)" \
	    "capsule-page(7) names $key"
done
finish
