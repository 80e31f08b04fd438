#!/bin/sh
# `capsule check`, where something is wrong with the configuration, the pages
# or a certificate: each fault is printed with its place and what to do, and
# what serve would make by itself is none.
. tests/e2e/lib.sh

check() { # [VARIABLE=value] : sets out, err, code
	env "$@" "$CAPSULE" check -c "$work/capsule.yaml" \
	    >"$work/out" 2>"$work/err"
	code=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}
conf() { # lines of the configuration on standard input
	{
		cat
		echo "state: $work/state"
	} >"$work/capsule.yaml"
}
clean() { # name
	is "$code:$out" "0:" "$1"
}
fault() { # pattern name
	is "$code" 1 "$2: a fault"
	like "$out" "$1" "$2: what, and what to do"
}
pem() { # name days [subject]: NAME.crt and NAME.key
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$work/$1.key" -out "$work/$1.crt" -days "$2" \
	    -subj "/CN=${3:-one.example}" \
	    -addext "subjectAltName=DNS:${3:-one.example}" 2>/dev/null
	chmod 600 "$work/$1.key"
}

mkdir -p "$work/pages" "$work/state"
echo '# Front' >"$work/pages/index.md"
conf <<YAML
host: one.example
pages: $work/pages
YAML
check
clean "a certificate that is still to be made"
is "$err" "no fault in 1 page and 0 files" "and what was read is said"
is "$(ls -A "$work/state")" "" "check makes nothing"

# The server's own certificate.
pem state/one.example 400
check
clean "one that is there"
mv "$work/state/one.example.crt" "$work/away"
check
clean "of a key alone serve makes the certificate"
mv "$work/state/one.example.key" "$work/kept"
mv "$work/away" "$work/state/one.example.crt"
check
fault 'one\.example\.key: there is no such file' "a certificate without its key"
mv "$work/kept" "$work/state/one.example.key"

later() { # days from now, for CAPSULE_NOW
	date -u -d "+$1 days" +%Y-%m-%dT%H:%MZ
}
check CAPSULE_NOW="$(later 380)"
fault 'crt: warning: expires in (19|20) days; capsule cert renew' \
    "one that expires soon"
check CAPSULE_NOW="$(later 399)"
fault 'expires in 1 day; ' "on its last days"
check CAPSULE_NOW="$(later 401)"
fault 'this certificate expired on .*; say capsule cert renew' "an expired one"
check CAPSULE_NOW=2001-01-01T00:00Z
fault 'is not valid before .*clock' "one that is not valid yet"

conf <<YAML
host: one.example
aliases: [www.one.example]
pages: $work/pages
YAML
check
fault 'not made out to the alias www\.one\.example; capsule cert renew' \
    "an alias that it is not made out to"
"$CAPSULE" cert renew -c "$work/capsule.yaml" >/dev/null 2>&1
check
clean "renewed it is"

# One that is named.
named() { # certificate key
	conf <<YAML
host: one.example
pages: $work/pages
certificate: $work/$1
key: $work/$2
YAML
	check
}
pem other 400 two.example
pem strange 400
named none.crt none.key
fault 'none\.crt: there is no such file' "one that is named and not there"
named other.crt other.key
fault 'not made out to one\.example; clients .* refuse it; capsule cert renew' \
    "one of another host"
named strange.crt other.key
fault 'strange\.crt: does not fit the key in .*other\.key' "another's key"
openssl req -x509 -newkey rsa:512 -nodes -keyout "$work/weak.key" \
    -out "$work/weak.crt" -days 400 -subj /CN=one.example \
    -addext subjectAltName=DNS:one.example 2>/dev/null
chmod 600 "$work/weak.key"
named weak.crt weak.key
fault 'weak\.crt: the TLS library cannot use .* P-256.*: .*too small' \
    "a key that anybody can break"
echo 'no PEM' >"$work/junk"
named junk other.key
fault 'junk: holds no certificate in PEM' "a certificate that is none"
openssl pkey -aes128 -passout pass:x -in "$work/strange.key" \
    -out "$work/locked.key" 2>/dev/null
chmod 600 "$work/locked.key"
named strange.crt locked.key
fault 'locked\.key: this key is encrypted' "a key that wants a password"
{
	cat "$work/strange.crt"
	head -n 5 "$work/other.crt"
} >"$work/cut.crt"
named cut.crt strange.key
fault 'cut\.crt: a certificate of its chain cannot be read' "a chain cut off"

# The configuration and the pages.
conf <<YAML
host: one.example
pages: $work/pages
proxies: [192.0.2.0/24, 10.1.0.0/8]
YAML
check
fault 'capsule\.yaml: proxies: "10\.1\.0\.0/8" has bits set behind its prefix' \
    "a network that is none"
conf <<YAML
sites:
  - {host: one.example, pages: $work/pages}
  - {host: two.example, pages: $work/nowhere}
YAML
check
fault 'nowhere' "a pages folder that is not there"
is "$err" "capsule: 1 error and 0 warnings" "and the other site has none"
printf '[gone](nowhere.md)\n' >"$work/pages/page.md"
mkdir "$work/nowhere"
printf '# Two\n' >"$work/nowhere/index.md"
check
like "$out" 'pages/page\.md:1: warning: ' "a warning alone"
is "$code" 1 "is a fault, too"
conf <<YAML
host: one.example
gemini: {listen: "one.example:1965"}
YAML
check
fault 'capsule\.yaml:2: "listen": "one\.example:1965" is no address to' \
    "a name to listen on"
rm "$work/capsule.yaml"
check
fault 'capsule\.yaml: there is no such file' "no configuration"
finish
