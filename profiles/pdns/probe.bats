#!/usr/bin/env bats
# What the PowerDNS Authoritative Server must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

PATIENCE=12
conf=/etc/powerdns
site=$conf/pdns.conf
state=/var/lib/powerdns
home=/srv/fenced-probe
other=$home/other
secret=K2tf3TRjvQkVCmJF3/Z9vA==

# question WORD...: as for dig, but to this machine if no server is named
question() {
  [[ $* == *@* ]] || set -- @127.0.0.1 "$@"
  dig +time=3 +tries=1 "$@"
}
query() { question +short "$@"; }
says() { [ "$(query "${@:2}" 2>/dev/null)" = "$1" ]; }
status() { question "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
has_status() { [ "$(status "${@:2}")" = "$1" ]; }
transfer() { question +noall +answer -y "hmac-sha256:probe:$secret" "$@"; }
# update PORT LINE...
update() { printf '%s\n' "server 127.0.0.1 $1" "${@:2}" send | timeout 10 nsupdate -y "hmac-sha256:probe:$secret"; }
serial() { query "$@" SOA | cut -d ' ' -f 3; }
order() { timeout 10 pdns_control "$@"; }
# As its user, so that what it makes stays its own.
util() { setpriv --reuid pdns --regid pdns --clear-groups pdnsutil "$@" >>$home/out 2>&1; }
answers() { says 192.0.2.77 www.home.example; }
start_again() { restart && eventually answers; }
api() { curl -sS --max-time 6 -H 'X-API-Key: fenced' "${@:2}" "http://127.0.0.1:8081/api/v1/servers/localhost$1"; }

# zone FILE SERIAL RECORD...
zone() {
  printf '%s\n' '$TTL 300' "@ SOA ns hostmaster $2 3600 600 86400 300" '@ NS ns' 'ns A 192.0.2.1' "${@:3}" >"$1.new"
  mv "$1.new" "$1"
}

# further LINE...: settings beside the usual ones
further() { printf '%s\n' "$@" >>$site; }

# A second name server: primary of what this one copies, and it copies what this one has.
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
  zone $other/auto.example 1 'first A 192.0.2.12'
  cat >$other/knot.conf <<END
server:
  rundir: $other
  listen: [ 127.0.0.1@5399, 127.0.0.5@53 ]
  automatic-acl: on
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
  - id: again
    address: 127.0.0.1
    via: 127.0.0.5
acl:
  - id: any
    address: 127.0.0.1
    action: notify
  - id: open
    address: 127.0.0.1
    action: transfer
  - id: update
    action: [ update, transfer ]
    key: probe
template:
  - id: default
    storage: $other
    file: "%s"
    acl: [ any, update ]
zone:
  - domain: copied.example
    notify: probe
  - domain: auto.example
    notify: again
    acl: open
  - domain: home.example
    file: home
    master: probe
END
}

setup_file() {
  mkdir -p $home/package
  cp -nr $conf/. $home/package/
  systemctl stop "$UNIT" knot.service || true
  stop_other
  set_up_other
  rm -rf ${state:?}/*
  cat >/usr/local/bin/fenced-pipe <<'END'
#!/bin/sh
read -r greeting
printf 'OK\tfenced\n'
while IFS='	' read -r kind name class type rest; do
  case $kind:$name:$type in
    Q:piped.example:SOA | Q:piped.example:ANY) printf 'DATA\t%s\tIN\tSOA\t60\t1\tns.piped.example hostmaster.piped.example 1 3600 600 86400 60\n' "$name" ;;
    Q:www.piped.example:A | Q:www.piped.example:ANY) printf 'DATA\t%s\tIN\tA\t60\t1\t192.0.2.81\n' "$name" ;;
  esac
  echo END
done
END
  chmod 755 /usr/local/bin/fenced-pipe
  usual
  rm -rf $home/usual
  cp -rp $conf $home/usual
  install -d -o pdns -g pdns -m 750 $state
  sqlite3 $state/pdns.sqlite3 <"$(find /usr/share/doc/pdns-backend-sqlite3 /usr/share/pdns-backend-sqlite3 -name schema.sqlite3.sql | head -n 1)"
  chown pdns: $state/pdns.sqlite3
  zone $state/file.example 1 'www A 192.0.2.79' "large TXT $(printf '"%0200d" ' {1..18})"
  chmod 644 $state/file.example
  make_zones || true
  start_other || true
  start_again || true
}

make_zones() {
  util import-tsig-key probe hmac-sha256 $secret
  new_zone home.example
  util set-kind home.example primary || util set-kind home.example master
  util add-record home.example www A 300 192.0.2.77
  util add-record home.example n A 300 192.0.2.99
  util set-meta home.example TSIG-ALLOW-AXFR probe
  util set-meta home.example TSIG-ALLOW-DNSUPDATE probe
  util set-meta home.example ALLOW-DNSUPDATE-FROM 127.0.0.0/8
  util set-meta home.example SOA-EDIT-DNSUPDATE INCREASE
  util set-meta home.example ALSO-NOTIFY 127.0.0.1:5399
  util create-secondary-zone copied.example 127.0.0.1:5399 || util create-slave-zone copied.example 127.0.0.1:5399
  util set-meta copied.example AXFR-MASTER-TSIG probe
}

# new_zone NAME
new_zone() { util create-zone "$1" "ns.$1"; }
drop_zone() { util delete-zone "$1" || true; }

usual() {
  rm -rf ${conf:?}/*
  cat >$site <<END
launch=bind,gsqlite3
bind-config=$conf/named.conf
gsqlite3-database=$state/pdns.sqlite3
gsqlite3-dnssec=yes
local-address=127.0.0.1, ::1, 192.0.2.10, 2001:db8::10
primary=yes
secondary=yes
allow-axfr-ips=192.0.2.250
dnsupdate=yes
autosecondary=yes
lua-records-exec-limit=0
webserver=yes
api=yes
api-key=fenced
enable-lua-records=yes
expand-alias=yes
resolver=127.0.0.1:5399
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
zone-metadata-cache-ttl=0
dnssec-key-cache-ttl=0
security-poll-suffix=
END
  echo "zone \"file.example\" { type native; file \"$state/file.example\"; };" >$conf/named.conf
  chgrp pdns $site $conf/named.conf
  chmod 640 $site $conf/named.conf
}

teardown_file() {
  stop_other
  rm -rf ${conf:?}/* /usr/local/bin/fenced-pipe
  cp -rp $home/package/. $conf/
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  if [ -s $home/listener.pid ]; then
    kill "$(cat $home/listener.pid)" 2>/dev/null || true
    rm -f $home/listener.pid
  fi
  diff -rq $home/usual $conf >/dev/null && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  rm -rf ${conf:?}/*
  cp -rp $home/usual/. $conf/
  start_again || true
  start_other || true
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

@test "listens on every address, as packaged" {
  # The other server has port 53 of an address of its own.
  stop_other
  sed -i /^local-address/d $site
  start_again
  says 192.0.2.77 @192.0.2.10 www.home.example
  says 192.0.2.77 @2001:db8::10 +tcp www.home.example
}

@test "listens on an address that comes later" {
  ip address del 198.51.100.5/24 dev lan0 2>/dev/null || true
  sed -i 's/^local-address.*/local-address=127.0.0.1, 198.51.100.5/' $site
  further local-address-nonexist-fail=no non-local-bind=yes
  start_again
  ip address add 198.51.100.5/24 dev lan0
  eventually says 192.0.2.77 @198.51.100.5 www.home.example
  ip address del 198.51.100.5/24 dev lan0
}

@test "serves zones from files, and carries large answers whole" {
  says 192.0.2.79 www.file.example
  question +bufsize=1232 +ignore large.file.example TXT | grep -q '^;; flags: .* tc[ ;]'
  [ "$(query large.file.example TXT | tr -cd 0-9 | wc -c)" = 3600 ]
}

@test "takes a changed zone file, and a new one, without a restart" {
  local before name
  name=$(fresh)
  before=$(main_pid)
  zone $state/file.example 2 "$name A 192.0.2.41" 'www A 192.0.2.79' "large TXT $(printf '"%0200d" ' {1..18})"
  order bind-reload-now file.example
  eventually says 192.0.2.41 "$name.file.example"
  zone $state/later.example 1 'www A 192.0.2.42'
  echo "zone \"later.example\" { type native; file \"$state/later.example\"; };" >>$conf/named.conf
  order rediscover
  eventually says 192.0.2.42 www.later.example
  [ "$(main_pid)" = "$before" ]
}

@test "takes new zones and records of its database at once" {
  local name
  name=$(fresh).example
  new_zone "$name"
  util add-record "$name" www A 300 192.0.2.43
  eventually says 192.0.2.43 "www.$name"
  drop_zone "$name"
  eventually has_status REFUSED "www.$name"
}

@test "signs a zone, and lets go of that again" {
  drop_zone signed.example
  new_zone signed.example
  util add-record signed.example www A 300 192.0.2.44
  util secure-zone signed.example
  util set-nsec3 signed.example '1 0 0 -'
  util rectify-zone signed.example
  question signed.example DNSKEY +noall +answer | awk '$5 == 257 {
    printf "trust-anchors { signed.example. static-key 257 %s %s \"", $6, $7
    for (n = 8; n <= NF; n++) printf "%s", $n
    print "\"; };" }' >$home/anchor
  delv @127.0.0.1 -a $home/anchor +root=signed.example www.signed.example | grep -q '^; fully validated'
  question +dnssec "$(fresh).signed.example" | grep -q 'RRSIG.NSEC3'
  util disable-dnssec signed.example
  eventually says '' signed.example DNSKEY
  drop_zone signed.example
}

@test "hands its zone to who has the key, and to nobody else" {
  transfer home.example AXFR | grep -q '192.0.2.99$'
  transfer @::1 home.example AXFR | grep -q '192.0.2.99$'
  run ! grep -q 192.0.2.99 <(question home.example AXFR)
}

@test "tells the other server of a change" {
  local name
  name=$(fresh)
  util add-record home.example "$name" A 300 192.0.2.31
  util increase-serial home.example
  order notify home.example
  eventually says 192.0.2.31 -p 5399 "$name.home.example"
  util delete-rrset home.example "$name" A
}

@test "copies a zone, each change that it is told of, and still has it when the other is gone" {
  local name
  name=$(fresh)
  order retrieve copied.example
  eventually says 192.0.2.11 first.copied.example
  update 5399 "update add $name.copied.example 60 A 192.0.2.32"
  eventually says 192.0.2.32 "$name.copied.example"
  stop_other
  start_again
  says 192.0.2.32 "$name.copied.example"
  start_other
}

@test "begins to copy a zone when a server that it trusts tells of it" {
  drop_zone auto.example
  util add-autoprimary 127.0.0.5 ns.auto.example || util add-supermaster 127.0.0.5 ns.auto.example || true
  knotc -s $other/knot.sock zone-notify auto.example
  eventually says 192.0.2.12 first.auto.example
  drop_zone auto.example
}

@test "takes updates with a key, and keeps them" {
  local name
  name=$(fresh)
  update 53 "update add $name.home.example 60 A 192.0.2.21"
  says 192.0.2.21 "$name.home.example"
  run ! nsupdate <<<"$(printf '%s\n' 'server 127.0.0.1' "update delete $name.home.example" send)"
  start_again
  says 192.0.2.21 "$name.home.example"
  update 53 "update delete $name.home.example"
  says '' "$name.home.example"
}

@test "takes zones and records by HTTP, and keeps them" {
  local name
  name=$(fresh).example
  api /zones -X POST -d "{\"name\": \"$name.\", \"kind\": \"Native\", \"nameservers\": [\"ns.$name.\"]}" | grep -q '"kind": *"Native"'
  api "/zones/$name." -X PATCH -d "{\"rrsets\": [{\"name\": \"www.$name.\", \"type\": \"A\", \"ttl\": 60, \"changetype\": \"REPLACE\",
    \"records\": [{\"content\": \"192.0.2.45\", \"disabled\": false}]}]}"
  says 192.0.2.45 "www.$name"
  api "/zones/$name./cryptokeys" -X POST -d '{"keytype": "csk", "active": true}' | grep -q '"dnskey"'
  [ -n "$(query "$name" DNSKEY)" ]
  start_again
  says 192.0.2.45 "www.$name"
  api "/zones/$name." -X DELETE
  eventually has_status REFUSED "www.$name"
}

@test "shows its figures by HTTP, to Prometheus too, and asks for its key" {
  api /statistics | grep -q '"udp-queries"'
  curl -sS --max-time 6 http://127.0.0.1:8081/metrics | grep -q '^pdns_auth_udp_queries'
  [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8081/api/v1/servers/localhost/statistics)" = 401 ]
}

@test "takes orders by its socket" {
  local before
  order rping | grep -qi pong
  before=$(order show udp-queries)
  query www.home.example
  [ "$(order show udp-queries)" -gt "$before" ]
  order list-zones | grep -q home.example
  order purge | grep -q '[0-9]'
  order current-config | grep -q '^gsqlite3-database='
  [ "$(stat -c %U /run/pdns/pdns.controlsocket)" = pdns ]
}

@test "counts packets that the kernel could not deliver, and processor time" {
  local before
  before=$(order show udp-noport-errors)
  dig +time=1 +tries=1 -p 9 @127.0.0.1 nowhere >/dev/null || true
  [ "$(order show udp-noport-errors)" -gt "$before" ]
  [ "$(order show real-memory-usage)" -gt 1000000 ]
}

@test "computes answers by Lua, as machine code too" {
  drop_zone lua.example
  new_zone lua.example
  util add-record lua.example sum LUA 1 'TXT "; local sum = 0 for n = 1, 200000 do sum = (sum + n * n) % 251 end return tostring(sum)"'
  util add-record lua.example up LUA 1 "A \"ifportup(5399, {'127.0.0.1', '127.0.0.9'})\""
  [[ $(query sum.lua.example TXT) =~ ^\"[0-9]+(\.0)?\"$ ]]
  eventually says 127.0.0.1 up.lua.example
  drop_zone lua.example
}

@test "follows an alias by asking another server" {
  drop_zone alias.example
  new_zone alias.example
  util add-record alias.example '@' ALIAS 60 first.copied.example.
  eventually says 192.0.2.11 alias.example
  drop_zone alias.example
}

@test "asks a program of its own for answers" {
  further launch=bind,gsqlite3,pipe pipe-command=/usr/local/bin/fenced-pipe pipe-abi-version=1
  sed -i '0,/^launch=/{/^launch=/d}' $site
  start_again
  eventually says 192.0.2.81 www.piped.example
}

@test "keeps zones in LMDB" {
  further launch=bind,lmdb,gsqlite3 "lmdb-filename=$state/fenced.lmdb"
  sed -i '0,/^launch=/{/^launch=/d}' $site
  rm -rf $state/fenced.lmdb*
  start_again
  api /zones -X POST -d '{"name": "stored.example.", "kind": "Native", "nameservers": ["ns.stored.example."]}' >>$home/out
  [ -s $state/fenced.lmdb ]
  [ "$(stat -c %U $state/fenced.lmdb)" = pdns ]
  eventually has_soa stored.example
  grep -aq stored $state/fenced.lmdb*
  api /zones/stored.example. -X DELETE
}

has_soa() { [ -n "$(query "$1" SOA)" ]; }

@test "sends its figures to Graphite" {
  : >$home/heard
  perl -MIO::Socket::INET -e '
    my $door = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 2003, Listen => 9, ReuseAddr => 1) or die;
    $| = 1;
    while (my $client = $door->accept) { print while <$client> }' >$home/heard 2>>$home/out 3>&- &
  echo $! >$home/listener.pid
  further carbon-server=127.0.0.1 carbon-interval=1 carbon-ourname=fenced
  start_again
  eventually grep -q '^pdns\.fenced\.auth\.udp-queries [0-9]' $home/heard
}

@test "serves hundreds of clients at once" {
  [ "$(ask_often 300 127.0.0.1 5)" = 300 ]
  [ "$(ask_often 300 ::1 5)" = 300 ]
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

@test "says which zone file is faulty, and serves its other zones" {
  zone $state/faulty.example 1 'www NOTHING 192.0.2.47'
  echo "zone \"faulty.example\" { type native; file \"$state/faulty.example\"; };" >>$conf/named.conf
  start_again
  eventually rejects faulty.example
  says '' www.faulty.example
  says 192.0.2.79 www.file.example
}

rejects() { order bind-list-rejects | grep -q "$1" || journalled "$1"; }

@test "says what is wrong with its configuration" {
  further nonsense=yes
  timeout 40 systemctl restart "$UNIT" || true
  eventually journalled 'nonsense'
}

@test "runs as its own user, with no capability but those of the package's unit" {
  [ "$(users)" = pdns ]
  grep -qP '^CapBnd:\t000000000000040[01]$' "/proc/$(main_pid)/status"
}

@test "comes back after a crash, with what it had taken" {
  local before name
  name=$(fresh)
  update 53 "update add $name.home.example 60 A 192.0.2.25"
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  says 192.0.2.25 "$name.home.example"
  update 53 "update delete $name.home.example"
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query +time=1 @192.0.2.10 www.home.example
  run ! query +time=1 @2001:db8::10 +tcp www.home.example
  answers
  says 192.0.2.77 @::1 www.home.example
}

# bats test_tags=option:elsewhere
@test "keeps its database elsewhere" {
  rm -rf $home/elsewhere
  install -d -o pdns -g pdns $home/elsewhere
  cp -p $state/pdns.sqlite3 $home/elsewhere/
  sed -i "s,^gsqlite3-database=.*,gsqlite3-database=$home/elsewhere/pdns.sqlite3," $site
  start_again
  update 53 'update add elsewhere.home.example 60 A 192.0.2.46'
  says 192.0.2.46 elsewhere.home.example
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again with its zones" {
  local before name
  name=$(fresh)
  before=$(main_pid)
  update 53 "update add $name.home.example 60 A 192.0.2.26"
  timeout 30 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  run ! answers
  [ ! -e /run/pdns/pdns.controlsocket ]
  start_again
  says 192.0.2.26 "$name.home.example"
  update 53 "update delete $name.home.example"
}
