#!/bin/sh
# Which folder may include which, and who sees which foreign library; and that
# every header compiles alone. Arrows never point back: a wrong #include is
# named with its file and line. Speaks TAP.
cd "$(dirname "$0")/.." || exit 1

# folder: the folders whose headers it includes, itself among them.
folders='
base: base
certs: certs base
content: content base
server: server base certs content
mail: mail base content
'

# foreign header: the files that may see it. A header of ours never may, but
# one that only its own module's files include.
foreign='
yaml.h: base/yaml.c
sys/sdt.h: base/probes.h
openssl/ssl.h: server/tls.c mail/smtp.c mail/smtp_tls.c
openssl/: certs/*.c server/tls.c mail/*.c
cmark: content/md*.c content/md_inner.h
sqlite3.h: content/search.c mail/store*.c mail/store_inner.h
event2/: server/worker.c server/conn*.c server/conn_inner.h mail/daemon.c mail/desk_listen.c
seccomp.h: server/sandbox.c
linux/landlock.h: server/sandbox.c
libesmtp.h: mail/smtp.c
auth-client.h: mail/smtp.c
gmime/: mail/incoming*.c mail/compose*.c mail/mime*.c mail/receive*.c mail/bounce*.c
idn2.h: mail/*.c
'

tests=0
failures=0

result() { # code name
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
	fi
}

# What stands after "name:" in a list; fails when there is no such line.
entry() { # list name
	printf '%s\n' "$1" | sed -n "s|^$2: ||p" | grep .
}

# Prints "file:line: why" for each include that is wrong.
wrong_includes() { # folder
	find "$1" -maxdepth 1 -name '*.[ch]' -exec \
	    grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null {} + | sort |
	    sed -E 's/:[[:space:]]*#[[:space:]]*include[[:space:]]*/ /' |
	    while read -r where what _; do
		file=${where%%:*}
		case "$what" in
		\"*/*\")
			to=${what#\"}
			to=${to%%/*}
			case " $(entry "$folders" "$1") " in
			*" $to "*) ;;
			*) echo "$where: $1/ may not include $to/" ;;
			esac
			;;
		\"*\") echo "$where: write \"folder/name.h\"" ;;
		\<*\>)
			what=${what#<}
			seen_by "$file" "${what%>}" ||
			    echo "$where: only another file may see <$what"
			;;
		esac
	done
}

# May this file see this foreign header? The first entry that fits decides;
# what is not listed is the system's and for everybody.
seen_by() { # file header
	list=$(printf '%s\n' "$foreign" | while IFS=: read -r name files; do
		case "$name" in
		'') continue ;;
		*.h) [ "$2" = "$name" ] || continue ;;
		*) case "$2" in "$name"*) ;; *) continue ;; esac ;;
		esac
		echo "$files"
		break
	done)
	[ -n "$list" ] || return 0
	for allowed in $list; do # patterns that the shell has expanded
		[ "$1" != "$allowed" ] || return 0
	done
	return 1
}

for folder in base certs content server mail; do
	[ -d "$folder" ] || continue
	wrong=$(wrong_includes "$folder")
	[ -z "$wrong" ]
	result $? "$folder/ includes only what it may"
	[ -z "$wrong" ] || printf '%s\n' "$wrong" | sed 's/^/# /'
done

for header in base/*.h certs/*.h content/*.h server/*.h mail/*.h; do
	[ -f "$header" ] || continue
	said=$(printf '#include "%s"\n' "$header" |
	    ${CC:-cc} -std=c11 -D_GNU_SOURCE -DVERSION='"0"' -I. -Wall -Wextra \
		-Werror -fsyntax-only -x c - 2>&1)
	result $? "$header compiles alone"
	[ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/# /'
done

echo "1..$tests"
[ "$failures" -eq 0 ]
