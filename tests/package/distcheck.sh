#!/bin/sh
# The archive that `make dist` makes ($1), as its receiver has it: it builds in
# two folders to the same bytes, makes itself again, installs what it says and
# nothing else, keeps a configuration that is there, and leaves nothing behind.
set -eu
archive=$(realpath "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/capsule-dist-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
# Not what the make that runs us was told.
unset MAKEFLAGS MAKELEVEL MFLAGS

fail() {
	echo "distcheck: $*" >&2
	exit 1
}

unpack() { # folder; sets tree
	mkdir -p "$work/$1"
	tar -x -C "$work/$1" -f "$archive"
	tree=$(echo "$work/$1"/*)
}

unpack a
one=$tree
make -s -C "$one" -j2 PREFIX=/opt/capsule
unpack somewhere/else
make -s -C "$tree" -j1 PREFIX=/usr
for program in capsule announce; do
	cmp "$one/build/$program" "$tree/build/$program" ||
	    fail "a second build of $program differs"
done
make -s -C "$tree" dist >/dev/null
cmp "$archive" "$tree/build/${archive##*/}" ||
    fail "the archive does not make itself again"

set -- PREFIX=/opt/capsule SYSCONFDIR=/opt/etc DESTDIR="$work/root"
make -s -C "$one" install "$@"
(cd "$work/root" && find . ! -type d | LC_ALL=C sort) >"$work/installed"
diff - "$work/installed" <<'END' || fail "something else is installed"
./opt/capsule/bin/announce
./opt/capsule/bin/capsule
./opt/capsule/lib/systemd/system/announce.service
./opt/capsule/lib/systemd/system/capsule.service
./opt/capsule/share/man/man1/announce.1
./opt/capsule/share/man/man5/capsule.yaml.5
./opt/capsule/share/man/man7/capsule-page.7
./opt/capsule/share/man/man8/capsule.8
./opt/etc/capsule/capsule.yaml
END
"$work/root/opt/capsule/bin/announce" -h | grep -q ' /opt/etc/capsule/' ||
    fail "the programs look elsewhere for their configuration"
make -s -C "$one" uninstall "$@"
[ -z "$(find "$work/root" ! -type d)" ] ||
    fail "left behind: $(find "$work/root" ! -type d)"
echo "${archive##*/}: builds alike twice, installs and leaves as it should"
