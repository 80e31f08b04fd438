#!/bin/sh
# A file of any size streams in constant memory: 1 GiB, read to its end, with
# no process of the server over 32 MiB. Sanitizers keep memory of their own,
# so this one runs the plain program.
. tests/e2e/lib.sh
CAPSULE=build/capsule

mkdir -p "$work/pages"
echo 'A large file.' >"$work/pages/index.md"
truncate -s 1G "$work/pages/film.bin"
start_capsule <<YAML
host: localhost
pages: $work/pages
workers: 2
YAML

is "$("$GMI" -s localhost 127.0.0.1 "$gemini" \
    "gemini://localhost:$gemini/film.bin\\r\\n" 2>"$work/how" | wc -c)" \
    $((1073741824 + 29)) "1 GiB behind a header"
like "$(cat "$work/how")" 'close_notify=yes' "ended properly"
is "$(curl -sS "gopher://127.0.0.1:$gopher/9/film.bin" | wc -c)" 1073741824 \
    "the same by Gopher"
most=$(for p in $(pgrep -f "serve -c $work/capsule.yaml"); do
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$p/status"
done | sort -n | tail -n 1)
if [ "${most:-99999}" -lt 32768 ]; then
	ok "no process was ever over 32 MiB"
else
	not_ok "no process was ever over 32 MiB" "$most KB"
fi
get /
like "$header" '^20 ' "still alive"
finish
