#!/bin/sh
# Makes the certificates of the tests anew, valid for a hundred years: two authorities that know nothing of each other,
# and what they have signed. The keys protect nothing.
set -eu
cd "$(dirname "$0")"
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
authority() {
  new_key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=katcp test $1" -days 36500 -out "$1.pem"
}
# name, authority, names it is good for, use, days
certificate() {
  new_key "$1"
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n' "$3" "$4" > extensions
  openssl req -new -key "$1.key" -subj "/O=katcp/CN=katcp test $1" |
    openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -days "${5:-36500}" -extfile extensions -out "$1.pem"
}
authority authority
authority stranger
certificate server authority 'DNS:localhost,DNS:device.example,IP:127.0.0.1,IP:::1' serverAuth
certificate renewed authority 'DNS:localhost,DNS:device.example,IP:127.0.0.1,IP:::1' serverAuth
certificate client authority 'DNS:operator.example,URI:spiffe://site/operator' clientAuth
certificate intruder stranger 'DNS:operator.example,URI:spiffe://site/operator' clientAuth
authority former
certificate expired former 'DNS:localhost,IP:127.0.0.1' serverAuth -1
rm -f extensions authority.key stranger.key former.key ./*.srl
