#!/usr/bin/env bats
# What Knot DNS must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

PATIENCE=12
conf=/etc/knot
site=$conf/knot.conf
state=/var/lib/knot
home=/srv/fenced-probe
other=$home/other
key=$conf/fenced-probe.key
certificate=$conf/fenced-probe.crt
secret=K2tf3TRjvQkVCmJF3/Z9vA==

# question WORD...: as for dig, but to this machine if no server is named
question() {
  [[ $* == *@* ]] || set -- @127.0.0.1 "$@"
  dig +time=2 +tries=1 "$@"
}
query() { question +short "$@"; }
says() { [ "$(query "${@:2}" 2>/dev/null)" = "$1" ]; }
status() { question "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
refuses() { [ "$(status "$1")" = REFUSED ]; }
safely() { kdig +short +time=2 +retry=0 +tls-ca=$certificate +tls-hostname=localhost "$@"; }
transfer() { question +noall +answer -y "hmac-sha256:probe:$secret" "$@"; }
# update PORT LINE...
update() { printf '%s\n' "server 127.0.0.1 $1" "${@:2}" send | timeout 10 nsupdate -y "hmac-sha256:probe:$secret"; }
order() { timeout 20 knotc "$@"; }
order_other() { timeout 20 knotc -s $other/knot.sock "$@"; }
answers() { says 192.0.2.77 www.home.example; }
start_again() { restart && eventually answers; }
reload() { timeout 20 systemctl reload "$UNIT"; }
version_from() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' knot)" ge "$1"; }
serial() { query "$@" SOA | cut -d ' ' -f 3; }

# zone FILE SERIAL RECORD...: belongs to knot, which may have to write it back
zone() {
  printf '%s\n' '$TTL 300' "@ SOA ns hostmaster $2 3600 600 86400 300" '@ NS ns' 'ns A 192.0.2.1' "${@:3}" >"$1.new"
  chown knot: "$1.new"
  mv "$1.new" "$1"
}

# site: the usual configuration, with what comes on stdin after it
site() { cat $home/usual - >$site; }

# A second name server: primary of what this one copies, by QUIC too, and it copies what this one has.
start_other() {
  stop_other
  knotd -d -c $other/knot.conf >>$home/out 2>&1 3>&-
  eventually says 192.0.2.11 -p 5399 first.copied.example
}

stop_other() {
  local pid
  pid=$(cat $other/knot.pid 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || true
  eventually gone "$pid"
  rm -f $other/knot.pid
}

set_up_other() {
  rm -rf $other
  mkdir -p $other
  zone $other/copied.example 1 'first A 192.0.2.11'
  zone $other/closed.example 1 'first A 192.0.2.12'
  zone $other/plain.example 1 'first A 192.0.2.13'
  zone $other/member.example 1 'first A 192.0.2.14'
  zone $other/catalog.example 1 'version TXT 2' 'one.zones PTR member.example.'
  {
    printf '%s\n' server: "  rundir: $other" '  user: knot:knot' '  listen: 127.0.0.1@5399' '  automatic-acl: on'
    version_from 3.4 && printf '%s\n' '  listen-quic: 127.0.0.1@5398' '  listen-tls: 127.0.0.1@5398' \
      "  key-file: $key" "  cert-file: $certificate"
    cat <<END
log:
  - target: $other/log
    any: info
database:
  storage: $other
key:
  - id: probe
    algorithm: hmac-sha256
    secret: $secret
remote:
  - id: probe
    address: 127.0.0.1
    key: probe
acl:
  - id: update
    action: [ update, transfer, notify ]
    key: probe
template:
  - id: default
    storage: $other
    file: "%s"
    notify: probe
    acl: update
    zonefile-load: difference
  - id: copy
    storage: $other
    file: home
    master: probe
zone:
  - domain: copied.example
  - domain: closed.example
  - domain: plain.example
  - domain: member.example
  - domain: catalog.example
  - domain: home.example
    template: copy
END
  } >$other/knot.conf
  chown -R knot: $other
}

setup_file() {
  mkdir -p $home/package
  chmod 755 $home
  cp -n $site /etc/default/knot $home/package/
  systemctl stop "$UNIT" || true
  stop_other
  rm -rf ${state:?}/* /var/log/fenced-knot $conf/zones
  cp $home/package/knot /etc/default/
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $certificate 2>/dev/null
    chgrp knot $key
    chmod 640 $key
  fi
  zone $state/home.example.zone 1 'www A 192.0.2.77' "large TXT $(printf '"%0200d" ' {1..18})" \
    "$(printf 'n%d A 192.0.2.99\n' {1..40})"
  zone $state/dynamic.example.zone 1 'www A 192.0.2.78'
  zone $state/signed.example.zone 1 'www A 192.0.2.79'
  set_up_other
  usual
  cp $home/usual $site
  start_other || true
  start_again || true
}

usual() {
  {
    printf '%s\n' server: '  rundir: /run/knot' '  user: knot:knot' '  automatic-acl: on' \
      '  listen: [ 127.0.0.1@53, ::1@53, 192.0.2.10@53, 2001:db8::10@53 ]' '  udp-workers: 2' '  tcp-idle-timeout: 60' '  tcp-io-timeout: 10000'
    version_from 3.4 && printf '%s\n' '  listen-quic: [ 127.0.0.1@853, ::1@853 ]' '  listen-tls: [ 127.0.0.1@853, ::1@853 ]' \
      "  key-file: $key" "  cert-file: $certificate"
    cat <<END
log:
  - target: syslog
    any: info
database:
  storage: $state
key:
  - id: probe
    algorithm: hmac-sha256
    secret: $secret
remote:
  - id: other
    address: 127.0.0.1@5399
    key: probe
acl:
  - id: update
    action: [ update, transfer ]
    key: probe
    address: [ 127.0.0.1, ::1 ]
template:
  - id: default
    storage: $state
    file: "%s.zone"
    acl: update
  - id: member
    storage: $state
    file: "%s.zone"
    master: other
zone:
  - domain: home.example
    notify: other
    zonefile-load: difference
  - domain: dynamic.example
  - domain: signed.example
    dnssec-signing: on
  - domain: copied.example
    master: other
  - domain: catalog.example
    master: other
    catalog-role: interpret
    catalog-template: member
END
  } >$home/usual
}

teardown_file() {
  stop_other
  cp $home/package/knot.conf $conf/
  cp $home/package/knot /etc/default/
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  ip netns del fenced 2>/dev/null || true
  [ -n "$BATS_TEST_COMPLETED" ] || start_other || true
  cmp -s $home/usual $site && cmp -s $home/package/knot /etc/default/knot && [ ! -e $state/confdb ] &&
    [ -n "$BATS_TEST_COMPLETED" ] && return 0
  cp $home/usual $site
  cp $home/package/knot /etc/default/
  systemctl stop "$UNIT" || true
  rm -rf $state/confdb
  start_again || true
}

@test "answers over IPv4 and IPv6, UDP and TCP" {
  local address
  for address in 127.0.0.1 ::1; do
    says 192.0.2.77 @$address www.home.example
    says 192.0.2.77 @$address +tcp www.home.example
    [ "$(status @$address missing.home.example)" = NXDOMAIN ]
    [ "$(status @$address www.elsewhere.example)" = REFUSED ]
  done
}

@test "answers other machines" {
  local address
  for address in 192.0.2.10 2001:db8::10; do
    says 192.0.2.77 @$address www.home.example
    says 192.0.2.77 @$address +tcp www.home.example
  done
}

@test "listens on every address" {
  sed 's/^  listen: .*/  listen: [ 0.0.0.0@53, "::@53" ]/' $home/usual >$site
  start_again
  says 192.0.2.77 @192.0.2.10 www.home.example
  says 192.0.2.77 @2001:db8::10 +tcp www.home.example
}

@test "listens on an address that comes later" {
  ip address del 198.51.100.5/24 dev lan0 2>/dev/null || true
  sed 's/^  listen: .*/  listen: [ 127.0.0.1@53, 198.51.100.5@53, "2001:db8:5::5@53" ]/' $home/usual >$site
  start_again
  ip address add 198.51.100.5/24 dev lan0
  ip address add 2001:db8:5::5/64 dev lan0 nodad
  eventually says 192.0.2.77 @198.51.100.5 www.home.example
  eventually says 192.0.2.77 @2001:db8:5::5 +tcp www.home.example
  ip address del 198.51.100.5/24 dev lan0
  ip address del 2001:db8:5::5/64 dev lan0
}

@test "carries large answers whole" {
  question +bufsize=1232 +ignore large.home.example TXT | grep -q '^;; flags: .* tc[ ;]'
  [ "$(query +bufsize=1232 large.home.example TXT | tr -cd 0-9 | wc -c)" = 3600 ]
}

@test "answers over TLS" {
  version_from 3.4 || skip 'does not do so yet'
  [ "$(safely +tls @127.0.0.1 www.home.example)" = 192.0.2.77 ]
  [ "$(safely +tls @::1 www.home.example)" = 192.0.2.77 ]
}

@test "answers over QUIC" {
  version_from 3.4 || skip 'does so by XDP only'
  [ "$(safely +quic @127.0.0.1 www.home.example)" = 192.0.2.77 ]
  [ "$(safely +quic @::1 www.home.example)" = 192.0.2.77 ]
}

@test "makes a key for QUIC and TLS by itself, where none is named" {
  version_from 3.4 || skip 'does so by XDP only'
  sed '/key-file: \|cert-file: /d' $home/usual >$site
  start_again
  [ "$(kdig +short +quic @127.0.0.1 www.home.example)" = 192.0.2.77 ]
  [ "$(stat -c %U $state/keys/quic_key.pem)" = knot ]
}

@test "hands its zone to who has the key, and to nobody else" {
  [ "$(transfer home.example AXFR | grep -c '192.0.2.99$')" = 40 ]
  [ "$(transfer @::1 home.example AXFR | grep -c '192.0.2.99$')" = 40 ]
  run ! grep -q 192.0.2.99 <(question home.example AXFR)
  run ! grep -q 192.0.2.99 <(transfer -b 127.0.0.2 home.example AXFR)
}

@test "tells the other server of a change, and hands over only the difference" {
  local name before
  name=$(fresh)
  eventually says 192.0.2.77 -p 5399 www.home.example
  before=$(serial home.example)
  sed -i "s/\(SOA.*\) $before /\1 $((before + 1)) /" $state/home.example.zone
  echo "$name A 192.0.2.31" >>$state/home.example.zone
  order zone-reload home.example
  eventually says 192.0.2.31 "$name.home.example"
  eventually says 192.0.2.31 -p 5399 "$name.home.example"
  [ "$(transfer home.example IXFR="$before" | grep -c 192.0.2)" = 1 ]
  transfer home.example IXFR="$before" | grep -q "^$name.home.example.*192.0.2.31$"
  kjournalprint -c $site home.example | grep -q "$name"
}

@test "copies a zone, each change that it is told of, and still has it when the other is gone" {
  local name
  name=$(fresh)
  eventually says 192.0.2.11 first.copied.example
  update 5399 "update add $name.copied.example 60 A 192.0.2.32"
  eventually says 192.0.2.32 "$name.copied.example"
  eventually grep -q "^$name" $state/copied.example.zone
  stop_other
  start_again
  says 192.0.2.32 "$name.copied.example"
  start_other
}

@test "copies a zone over TLS, and one over QUIC" {
  version_from 3.4 || skip 'does not do so yet'
  rm -f $state/closed.example.zone $state/plain.example.zone
  site <<END
remote:
  - id: other-quic
    address: 127.0.0.1@5398
    quic: on
    key: probe
  - id: other-tls
    address: 127.0.0.1@5398
    tls: on
    key: probe
zone:
  - domain: closed.example
    master: other-quic
  - domain: plain.example
    master: other-tls
END
  reload
  eventually says 192.0.2.12 first.closed.example
  eventually says 192.0.2.13 first.plain.example
  eventually grep -q ^first $state/closed.example.zone
}

@test "takes updates with a key, and keeps them in its journal and its zone file" {
  local name
  name=$(fresh)
  update 53 "update add $name.dynamic.example 60 A 192.0.2.21"
  says 192.0.2.21 "$name.dynamic.example"
  eventually grep -q "^$name" $state/dynamic.example.zone
  setpriv --reuid nobody --regid knot --clear-groups grep -q "^$name" $state/dynamic.example.zone
  run ! nsupdate <<<"$(printf '%s\n' 'server 127.0.0.1' "update delete $name.dynamic.example" send)"
  start_again
  says 192.0.2.21 "$name.dynamic.example"
}

@test "passes updates of a zone that it copies on to its primary" {
  local name
  name=$(fresh)
  eventually says 192.0.2.11 first.copied.example
  update 53 "update add $name.copied.example 60 A 192.0.2.22"
  eventually says 192.0.2.22 -p 5399 "$name.copied.example"
  eventually says 192.0.2.22 "$name.copied.example"
}

@test "signs a zone with keys that it makes itself, and rolls one over" {
  local before
  question signed.example DNSKEY +noall +answer | awk '$5 == 257 {
    printf "trust-anchors { signed.example. static-key 257 %s %s \"", $6, $7
    for (n = 8; n <= NF; n++) printf "%s", $n
    print "\"; };" }' >$home/anchor
  delv @127.0.0.1 -a $home/anchor +root=signed.example www.signed.example | grep -q '^; fully validated'
  [ "$(stat -c %U $state/keys/keys/*.pem | sort -u)" = knot ]
  before=$(keys)
  order zone-key-rollover signed.example zsk
  eventually more_keys_than "$before"
  grep -q RRSIG $state/signed.example.zone
}

keys() { query signed.example DNSKEY | sort; }
more_keys_than() { [ -n "$(comm -13 <(echo "$1") <(keys))" ]; }

@test "still has its keys after a restart" {
  local before
  before=$(query signed.example DNSKEY | grep ^257)
  [ -n "$before" ]
  start_again
  [ "$(query signed.example DNSKEY | grep ^257)" = "$before" ]
}

@test "signs answers as they are asked for" {
  zone $state/online.example.zone 1 'www A 192.0.2.80'
  site <<<$'zone:\n  - domain: online.example\n    module: mod-onlinesign'
  reload
  eventually says 192.0.2.80 www.online.example
  question +dnssec www.online.example | grep -q 'RRSIG.A 13 '
  question +dnssec missing.online.example | grep -q 'RRSIG.NSEC 13 '
}

@test "takes the members of a catalog, and lets go of them" {
  local name
  name=$(fresh)
  eventually says 192.0.2.14 first.member.example
  zone $other/"$name.example" 1 'first A 192.0.2.15'
  printf '%s\n' zone: "  - domain: $name.example" >>$other/knot.conf
  order_other reload
  update 5399 "update add $name.zones.catalog.example 60 PTR $name.example"
  eventually says 192.0.2.15 "first.$name.example"
  update 5399 "update delete $name.zones.catalog.example"
  eventually refuses "first.$name.example"
}

@test "lists its zones in a catalog of its own" {
  site <<END
zone:
  - domain: made.example
    catalog-role: generate
  - domain: listed.example
    catalog-role: member
    catalog-zone: made.example
END
  zone $state/listed.example.zone 1
  start_again
  eventually lists_member
}

lists_member() { transfer made.example AXFR | grep -q 'PTR.listed.example.$'; }

@test "takes records by knotc, and keeps them" {
  local name
  name=$(fresh)
  order zone-begin dynamic.example
  order zone-set dynamic.example "$name" 60 A 192.0.2.41
  order zone-commit dynamic.example
  says 192.0.2.41 "$name.dynamic.example"
  order zone-read dynamic.example "$name" | grep -q 192.0.2.41
  order zone-flush dynamic.example
  eventually grep -q "^$name" $state/dynamic.example.zone
  start_again
  says 192.0.2.41 "$name.dynamic.example"
}

@test "lets its group use knotc" {
  setpriv --reuid nobody --regid knot --clear-groups knotc status version | grep -q '[0-9]'
  run ! setpriv --reuid nobody --regid nogroup --clear-groups timeout 5 knotc status version
}

@test "lets an administrator edit a dynamic zone" {
  local name before
  name=$(fresh)
  order -b zone-freeze dynamic.example
  order -b zone-flush dynamic.example
  printf '%s\n' 'server 127.0.0.1' "update add during$name.dynamic.example 60 A 192.0.2.23" send |
    nsupdate -t 1 -r 0 -y "hmac-sha256:probe:$secret" >$home/during 2>&1 || true
  says '' "during$name.dynamic.example"
  before=$(serial dynamic.example)
  sed -i "s/\(SOA.*\) $before /\1 $((before + 1)) /" $state/dynamic.example.zone
  echo "$name.dynamic.example. 60 A 192.0.2.24" >>$state/dynamic.example.zone
  order -b zone-reload dynamic.example
  order -b zone-thaw dynamic.example
  eventually says 192.0.2.24 "$name.dynamic.example"
  # An update that came meanwhile was either refused or has waited.
  grep -q REFUSED $home/during || eventually says 192.0.2.23 "during$name.dynamic.example"
}

@test "keeps its configuration in a database that knotc changes while it runs" {
  local before
  zone $state/added.example.zone 1 'www A 192.0.2.34'
  systemctl stop "$UNIT"
  setpriv --reuid knot --regid knot --clear-groups knotc conf-import $site
  start_again
  before=$(main_pid)
  order conf-begin
  order conf-set 'zone[added.example]'
  order conf-commit
  eventually says 192.0.2.34 www.added.example
  # Debian 12's was seen to end at this and to be started again by systemd, as packaged too.
  [ "$(main_pid)" = "$before" ] || ! version_from 3.4
  start_again
  eventually says 192.0.2.34 www.added.example
  run ! grep -q added.example $site
}

@test "takes a new zone of its configuration without a restart" {
  local before
  before=$(main_pid)
  zone $state/later.example.zone 1 'www A 192.0.2.35'
  site <<<$'zone:\n  - domain: later.example'
  order reload
  eventually says 192.0.2.35 www.later.example
  [ "$(main_pid)" = "$before" ]
}

@test "takes a changed zone on a reload, without one lost question" {
  local before questions name old
  name=$(fresh)
  before=$(main_pid)
  rm -f $home/enough
  traffic >$home/traffic 3>&- &
  questions=$!
  old=$(serial home.example)
  sed -i "s/\(SOA.*\) $old /\1 $((old + 1)) /" $state/home.example.zone
  echo "$name A 192.0.2.36" >>$state/home.example.zone
  reload
  eventually says 192.0.2.36 "$name.home.example"
  touch $home/enough
  wait $questions
  [ "$(sort -u $home/traffic)" = 192.0.2.77 ]
  [ "$(wc -l <$home/traffic)" -ge 20 ]
  [ "$(main_pid)" = "$before" ]
}

traffic() {
  local end=$((SECONDS + 12)) n=0
  until [ -e $home/enough ] && ((n >= 20)) || ((SECONDS > end)); do
    query +tries=3 www.home.example
    n=$((n + 1))
  done
}

@test "writes a log file, and a new one after it was moved away" {
  local log=/var/log/fenced-knot/knot.log
  install -d -o knot -g knot -m 750 /var/log/fenced-knot
  site <<<$'log:\n  - target: '$log$'\n    any: info'
  start_again
  grep -q 'server started' $log
  mv $log $log.1
  reload
  eventually grep -q 'configuration reloaded' $log
  holds $log
  setpriv --reuid nobody --regid knot --clear-groups cat $log >$home/out
}

@test "counts its questions, shows that to knotc and writes it to a file" {
  rm -f /run/knot/stats.yaml
  site <<END
statistics:
  timer: 1
  file: /run/knot/stats.yaml
  append: off
mod-stats:
  - id: all
    query-type: on
template:
  - id: counted
    storage: $state
    file: "%s.zone"
    module: mod-stats/all
zone:
  - domain: counted.example
    template: counted
END
  zone $state/counted.example.zone 1 'www A 192.0.2.42'
  start_again
  says 192.0.2.42 www.counted.example
  order zone-stats counted.example | grep -q 'query-type\[A\] = 1'
  eventually grep -q counted.example /run/knot/stats.yaml
}

@test "makes up records for a range of addresses" {
  site <<END
mod-synthrecord:
  - id: hosts
    type: forward
    prefix: dyn-
    ttl: 60
    network: 198.51.100.0/24
zone:
  - domain: synth.example
    module: mod-synthrecord/hosts
END
  zone $state/synth.example.zone 1
  reload
  eventually says 198.51.100.9 dyn-198-51-100-9.synth.example
}

@test "answers by where the client is" {
  printf '%s\n' 'www.place.example:' '  - net: 127.0.0.1/32' '    A: 192.0.2.51' '  - net: 127.0.0.2/32' '    A: 192.0.2.52' >$state/places.conf
  site <<END
mod-geoip:
  - id: places
    config-file: $state/places.conf
    ttl: 20
    mode: subnet
zone:
  - domain: place.example
    module: mod-geoip/places
END
  zone $state/place.example.zone 1 'www A 192.0.2.50'
  start_again
  says 192.0.2.51 www.place.example
  says 192.0.2.52 -b 127.0.0.2 www.place.example
}

@test "records its traffic for dnstap" {
  local name
  name=$(fresh)
  rm -f $state/traffic.tap
  site <<END
mod-dnstap:
  - id: tap
    sink: $state/traffic.tap
    log-queries: on
    log-responses: on
zone:
  - domain: tapped.example
    module: mod-dnstap/tap
END
  zone $state/tapped.example.zone 1 "$name A 192.0.2.53"
  start_again
  says 192.0.2.53 "$name.tapped.example"
  systemctl stop "$UNIT"
  kdig -G $state/traffic.tap | grep -q "$name.tapped.example"
}

# for_all MODULE [LINE...]: with this module for every question; its definition has to come before the template
for_all() {
  local name=${1%%/*} definition
  definition=$(printf '%s\\n' "${@:2}")
  [ $# = 1 ] || sed -i "s,^template:,$name:\n$definition&," $site
  sed -i "s,^  - id: default,&\n    global-module: $1," $site
  start_again
}

@test "asks another server for what it does not have" {
  for_all mod-dnsproxy/behind '  - id: behind' '    remote: other' '    fallback: on'
  eventually says 192.0.2.13 first.plain.example
}

@test "gives cookies" {
  for_all mod-cookies
  question +cookie www.home.example | grep -q '; COOKIE: [0-9a-f]\{32,48\}'
}

@test "limits how many answers one client gets" {
  local said
  for_all mod-rrl/few '  - id: few' '    rate-limit: 5' '    slip: 0'
  said=$(ask_often 200 127.0.0.1 1)
  [ "$said" -le 150 ]
}

@test "serves hundreds of clients at once" {
  [ "$(ask_often 500 127.0.0.1 5)" = 500 ]
  [ "$(ask_often 500 ::1 5)" = 500 ]
  run -0 timeout 20 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:53", Timeout => 5) or die "client $_: $!\n" } 1 .. 300;
    my $question = pack("n6", 77, 0, 1, 0, 0, 0) . "\3www\4home\7example\0" . pack("n2", 1, 1);
    for (@open) { syswrite $_, pack "n/a*", $question }
    for (@open) { sysread $_, my $answer, 512 or die "no answer\n"; (unpack "n7", $answer)[4] == 1 or die "a wrong answer\n" }'
}

# ask_often COUNT ADDRESS ROUNDS: asks by as many sockets at once, once more those without an answer after a second, and
# says how many had one
ask_often() {
  perl -MIO::Socket::IP -MIO::Select -e '
    my ($count, $address, $rounds) = @ARGV;
    my $question = pack("n6", 77, 0x0100, 1, 0, 0, 0) . "\3www\4home\7example\0" . pack("n2", 1, 1);
    my $waiting = IO::Select->new(map { IO::Socket::IP->new(PeerHost => $address, PeerPort => 53, Type => SOCK_DGRAM) or die "socket: $@" } 1 .. $count);
    my $said = 0;
    for (1 .. $rounds) {
      $_->send($question) for $waiting->handles;
      while (my @ready = $waiting->can_read(1)) {
        for (@ready) {
          defined $_->recv(my $answer, 512) or next;
          next if (unpack "n6", $answer)[3] != 1;
          $said++;
          $waiting->remove($_);
        }
      }
    }
    print $said;' "$@"
}

@test "writes a backup of a zone with its keys, and takes it back" {
  local name
  name=$(fresh)
  rm -rf $state/backup
  update 53 "update add $name.dynamic.example 60 A 192.0.2.61"
  order -b zone-backup +backupdir $state/backup dynamic.example
  update 53 "update delete $name.dynamic.example"
  says '' "$name.dynamic.example"
  order -b zone-restore +backupdir $state/backup dynamic.example
  eventually says 192.0.2.61 "$name.dynamic.example"
}

@test "tells the bus when a zone has changed" {
  local name
  name=$(fresh)
  sed -i 's/^  automatic-acl: .*/&\n  dbus-event: [ running, zone-updated ]/' $site
  start_again
  rm -f $home/bus
  timeout 30 busctl --system monitor cz.nic.knotd >$home/bus 2>&1 3>&- &
  eventually update_heard "$name"
  kill %1
}

# The monitor takes a moment before it hears anything.
update_heard() {
  update 53 "update add $1$RANDOM.dynamic.example 60 A 192.0.2.64"
  sleep 0.3
  grep -q 'zone_updated' $home/bus && grep -q 'dynamic.example' $home/bus
}

@test "gives each of its UDP workers a processor of its own" {
  [ "$(nproc)" -gt 1 ] || skip 'there is only one'
  [ "$(cat "/proc/$(main_pid)"/task/*/status | grep -cE '^Cpus_allowed_list:\s[0-9]+$')" -ge 2 ]
}

@test "says which zone file is faulty, and serves its other zones" {
  zone $state/faulty.example.zone 1 'www A nonsense'
  site <<<$'zone:\n  - domain: faulty.example'
  start_again
  eventually journalled 'faulty.example.*(error|failed)'
  [ "$(status www.faulty.example)" = SERVFAIL ]
  zone $state/faulty.example.zone 2 'www A 192.0.2.38'
  reload
  eventually says 192.0.2.38 www.faulty.example
}

@test "says to the journal what is wrong with its configuration" {
  site <<<nonsense
  restart || true
  eventually journalled "config, file '$site', line [0-9]+"
}

@test "keeps what it has when a reload brings a broken configuration" {
  local before
  before=$(main_pid)
  site <<<nonsense
  reload
  eventually journalled 'failed to reload configuration|failed to .*configuration'
  answers
  [ "$(main_pid)" = "$before" ]
}

@test "runs as its own user, without any capability but the one for ports" {
  [ "$(users)" = knot ]
  # As packaged it gives up even that one, by means of CAP_SETPCAP.
  grep -qP '^CapEff:\t0000000000000[0145]00$' "/proc/$(main_pid)/status"
}

@test "comes back after a crash, with what it had taken" {
  local before name
  name=$(fresh)
  update 53 "update add $name.dynamic.example 60 A 192.0.2.25"
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  eventually says 192.0.2.25 "$name.dynamic.example"
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query @192.0.2.10 www.home.example
  run ! query @2001:db8::10 +tcp www.home.example
  answers
  says 192.0.2.77 @::1 www.home.example
}

# bats test_tags=option:elsewhere
@test "writes a backup elsewhere" {
  rm -rf $home/backup
  install -d -o knot -g knot $home/backup
  order -b zone-backup +backupdir $home/backup/now home.example
  find $home/backup/now -name 'home.example*' | grep -q .
}

# bats test_tags=option:elsewhere
@test "makes its keys in SoftHSM" {
  local token
  usermod -aG softhsm knot
  rm -rf /var/lib/softhsm/tokens/*
  softhsm2-util --init-token --free --label knot --pin 1234 --so-pin 12345
  chown -R knot /var/lib/softhsm/tokens/*
  token=$(echo /var/lib/softhsm/tokens/*)
  zone $state/hsm.example.zone 1 'www A 192.0.2.65'
  site <<END
keystore:
  - id: hsm
    backend: pkcs11
    config: "pkcs11:token=knot;pin-value=1234 /usr/lib/softhsm/libsofthsm2.so"
policy:
  - id: hsm
    keystore: hsm
zone:
  - domain: hsm.example
    dnssec-signing: on
    dnssec-policy: hsm
END
  start_again
  eventually grep -q '^A 13 ' <(query +dnssec www.hsm.example)
  [ "$(find "$token" -name '*.object' | wc -l)" -ge 5 ]
}

# bats test_tags=option:etc
@test "writes zones back to its configuration's directory" {
  local name
  name=$(fresh)
  install -d -o knot -g knot $conf/zones
  zone $conf/zones/etc.example.zone 1
  site <<<$'zone:\n  - domain: etc.example\n    storage: '$conf/zones
  start_again
  update 53 "update add $name.etc.example 60 A 192.0.2.62"
  eventually grep -q "^$name" $conf/zones/etc.example.zone
}

# bats test_tags=option:home
@test "reads zones from a home directory" {
  install -d -m 755 /home/fenced
  zone /home/fenced/own.example.zone 1 'www A 192.0.2.63'
  site <<<$'zone:\n  - domain: own.example\n    storage: /home/fenced\n    journal-content: none\n    zonefile-sync: -1'
  start_again
  eventually says 192.0.2.63 www.own.example
}

# bats test_tags=option:xdp
@test "listens by XDP" {
  ip netns add fenced
  ip link add fenced0 type veth peer name fenced1 netns fenced
  ip address add 203.0.113.1/24 dev fenced0
  ip link set fenced0 up
  ip -n fenced address add 203.0.113.2/24 dev fenced1
  ip -n fenced link set fenced1 up
  site <<<$'xdp:\n  listen: fenced0@5353'
  start_again
  eventually by_xdp
  ip link del fenced0
}

by_xdp() { [ "$(ip netns exec fenced dig +short +time=1 +tries=1 -p 5353 @203.0.113.1 www.home.example)" = 192.0.2.77 ]; }

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again with its zones" {
  local before name
  name=$(fresh)
  before=$(main_pid)
  update 53 "update add $name.dynamic.example 60 A 192.0.2.26"
  timeout 30 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  run ! answers
  [ ! -e /run/knot/knot.sock ]
  start_again
  says 192.0.2.26 "$name.dynamic.example"
}
