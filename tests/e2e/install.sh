#!/bin/sh
# `make install` into a folder: the units start the programs that were
# installed with the configuration that was, a configuration that is there
# stays, and so it does when all else is uninstalled.
. tests/e2e/lib.sh
# Not what the make that runs us was told.
unset MAKEFLAGS MAKELEVEL MFLAGS

root=$work/root
# Of what is built a copy, for the programs say where their configuration is.
mkdir "$work/build"
cp -a build/base build/certs build/content build/mail build/server build/*.a \
    build/announce build/capsule "$work/build"
make_to() { # target
	make -s "$1" OUT="$work/build" PREFIX=/opt/c SYSCONFDIR=/opt/etc \
	    MANDIR=/opt/man UNITDIR=/opt/units DESTDIR="$root" 2>&1
}

is "$(make_to install)" "" "install says nothing"
for program in capsule announce; do
	is "$("$root/opt/c/bin/$program" -V)" "$("$OUT/$program" -V)" \
	    "$program is installed and runs"
	unit=$(cat "$root/opt/units/$program.service")
	like "$unit" "^ExecStart=/opt/c/bin/$program .*/opt/etc/capsule/" \
	    "its unit starts it where it is"
	unlike "$unit" '[^t](/usr/bin|/etc/capsule)' "and names no other place"
	said=$(cd "$root" && "./opt/c/bin/$program" check 2>&1)
	like "$said" 'nor /opt/etc/capsule/capsule\.yaml' \
	    "without a unit it looks for its configuration there"
	like "$("$root/opt/c/bin/$program" -h)" '^ +/opt/etc/capsule/' \
	    "and its help says so"
done
unlike "$(cat "$root"/opt/man/*/*)" '[^t]/etc/capsule|/usr/bin' \
    "and the manuals name these places"
is "$(cd "$root/opt/man" && echo */*)" \
    "man1/announce.1 man5/capsule.yaml.5 man7/capsule-page.7 man8/capsule.8" \
    "the manuals are in their sections"
conf=$root/opt/etc/capsule/capsule.yaml
is "$(cat "$conf")" "$(cat base/sample.yaml)" "a configuration to begin with"

echo 'host: mine' >"$conf"
make_to install >/dev/null
is "$(cat "$conf")" "host: mine" "a configuration that is there stays"
is "$(make_to uninstall)" "" "uninstall says nothing"
is "$(find "$root" ! -type d)" "$conf" "it leaves what is not ours"
cp base/sample.yaml "$conf"
make_to uninstall
is "$(find "$root" ! -type d)" "" "and a sample that nobody changed goes too"

version=$(sed -n 's/^VERSION := //p' Makefile)
is "$("$CAPSULE" -V)" "capsule $version" "the program tells its version"
like "$(head -n 1 debian/changelog)" "^capsule \\($version\\)" \
    "the Debian package has the same"
finish
