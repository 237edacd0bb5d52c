#!/usr/bin/env bats
# What the PowerDNS Recursor must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

PATIENCE=12
conf=/etc/powerdns
state=/var/lib/pdns-recursor
home=/srv/fenced-probe

# question WORD...: as for dig, but to this machine if no server is named
question() {
  [[ $* == *@* ]] || set -- @127.0.0.1 "$@"
  dig +time=5 +tries=1 "$@"
}
query() { question +short "$@"; }
says() { [ "$(query "${@:2}" 2>/dev/null)" = "$1" ]; }
status() { question "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
has_status() { [ "$(status "${@:2}")" = "$1" ]; }
order() { timeout 10 rec_control "$@"; }
# any: a name that nobody has asked for yet; its address is 192.0.2.9
any() { echo "$(fresh).any.example"; }
answers() { says 192.0.2.9 "$(any)"; }
start_again() { restart && eventually answers; }
version_from() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' pdns-recursor)" ge "$1"; }
api() { curl -sS --max-time 6 -H 'X-API-Key: fenced' "${@:2}" "http://127.0.0.1:8082/api/v1/servers/localhost$1"; }

# zone FILE RECORD...
zone() { printf '%s\n' '$TTL 300' '@ SOA ns.example. hostmaster.example. 1 3600 600 86400 300' '@ NS ns.example.' "${@:2}" >"$1"; }

# Servers of a small internet: one at 127.0.0.5 has its root and example, both signed. The other has six.example at an
# address of IPv6, and zones to forward to at a port of their own.
set_up_internet() {
  local name
  rm -rf $home/one $home/two
  mkdir -p $home/one $home/two
  cd $home/one || return
  zone example 'ns.example. A 127.0.0.5' 'www A 192.0.2.77' 'bad A 192.0.2.3' '*.any A 192.0.2.9' "large TXT $(printf '"%0200d" ' {1..18})" \
    'six NS ns.six' 'ns.six AAAA fd00::5'
  zone root 'example. NS ns.example.' 'ns.example. A 127.0.0.5'
  for name in example .; do dnssec-keygen -q -a ECDSAP256SHA256 -f KSK $name; done >/dev/null
  dnssec-signzone -q -z -S -o example example >/dev/null
  dnssec-signzone -q -z -S -g -o . root >/dev/null
  sed -i s/192.0.2.3$/192.0.2.4/ example.signed
  dnssec-dsfromkey -2 K.+*.key | sed 's/^.* DS //' >$home/anchor
  serve one '127.0.0.5@53' $'  - domain: .\n    file: root.signed\n  - domain: example\n    file: example.signed\n'
  cd $home/two || return
  zone six 'www A 192.0.2.66'
  zone forwarded 'www A 192.0.2.67' '*.any A 192.0.2.9' 'blocked A 192.0.2.9' 'moved A 192.0.2.9'
  zone policy 'blocked.forwarded.test CNAME .' 'moved.forwarded.test A 192.0.2.70'
  serve two '127.0.0.6@5399, "fd00::5@53"' \
    $'  - domain: six.example\n    file: six\n  - domain: forwarded.test\n    file: forwarded\n  - domain: policy.test\n    file: policy\n' \
    "$(if dpkg --compare-versions "$(dpkg-query -W -f '${Version}' knot)" ge 3.4; then echo "  listen-tls: 127.0.0.6@853"; fi)"
  cd / || return
}

# serve NAME ADDRESSES ZONES [LINE]
serve() {
  cat >"$home/$1/knot.conf" <<END
server:
  rundir: $home/$1
  listen: [ $2 ]
${4-}
database:
  storage: $home/$1
log:
  - target: $home/$1/log
    any: info
acl:
  - id: all
    action: transfer
template:
  - id: default
    storage: $home/$1
    acl: all
zone:
$3
END
}

start_internet() {
  local name
  stop_internet
  ip address add fd00::5/128 dev lo nodad 2>/dev/null || true
  for name in one two; do knotd -d -c $home/$name/knot.conf >>$home/out 2>&1 3>&-; done
  eventually says 192.0.2.77 @127.0.0.5 www.example
  eventually says 192.0.2.66 @fd00::5 www.six.example
}

stop_internet() {
  local name pid
  for name in one two; do
    pid=$(cat $home/$name/knot.pid 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || true
    eventually gone "$pid"
    rm -f $home/$name/knot.pid
  done
}

setup_file() {
  mkdir -p $home/package
  cp -nr $conf/. $home/package/
  systemctl stop "$UNIT" knot.service || true
  stop_internet
  set_up_internet
  rm -rf $state
  install -d -o pdns -g pdns $state $state/api $state/nod
  usual
  rm -rf $home/usual
  cp -r $conf $home/usual
  start_internet || true
  start_again || true
}

usual() {
  rm -rf ${conf:?}/*
  mkdir -p $conf/recursor.d
  printf '. NS ns.example.\nns.example. A 127.0.0.5\n' >$conf/hints
  echo 'forwarded.test=127.0.0.6:5399' >$conf/forward
  zone $conf/own 'www A 192.0.2.68'
  printf '%s\n' "clearTA('.')" "addTA('.', \"$(cat $home/anchor)\")" "addNTA('test', 'not of this internet')" \
    "rpzFile('$conf/policy', { policyName = 'fenced' })" >$conf/recursor.lua
  zone $conf/policy 'blocked.any.example CNAME .' 'moved.any.example A 192.0.2.69'
  cat >$conf/script.lua <<'END'
function preresolve(dq)
  if dq.qname:equal("script.test") then
    local sum = 0
    for n = 1, 200000 do sum = (sum + n * n) % 251 end
    dq:addAnswer(pdns.TXT, '"' .. tostring(sum) .. '"')
    return true
  end
  return false
end
END
  if version_from 5.0; then
    cat >$conf/recursor.conf <<END
recursor:
  include_dir: $conf/recursor.d
  hint_file: $conf/hints
  forward_zones_file: $conf/forward
  lua_config_file: $conf/recursor.lua
  lua_dns_script: $conf/script.lua
  auth_zones: [ { zone: own.test, file: $conf/own } ]
  security_poll_suffix: ''
  threads: 2
dnssec:
  validation: validate
incoming:
  listen: [ 127.0.0.1, '::1', 192.0.2.10, '2001:db8::10' ]
  allow_from: [ 127.0.0.0/8, '::1/128', 192.0.2.0/24, '2001:db8::/32', 198.51.100.0/24 ]
outgoing:
  dont_query: []
  source_address: [ 0.0.0.0, '::' ]
webservice:
  webserver: true
  api_key: fenced
  api_dir: $state/api
END
  else
    cat >$conf/recursor.conf <<END
include-dir=$state/api
hint-file=$conf/hints
forward-zones-file=$conf/forward
lua-config-file=$conf/recursor.lua
lua-dns-script=$conf/script.lua
auth-zones=own.test=$conf/own
security-poll-suffix=
threads=2
dnssec=validate
local-address=127.0.0.1, ::1, 192.0.2.10, 2001:db8::10
allow-from=127.0.0.0/8, ::1/128, 192.0.2.0/24, 2001:db8::/32, 198.51.100.0/24
dont-query=
query-local-address=0.0.0.0, ::
webserver=yes
api-key=fenced
api-config-dir=$state/api
END
  fi
}

# further SECTION YAML OLD: settings beside the usual ones, in the form that this version has
further() {
  if version_from 5.0; then
    printf '%s:\n' "$1" >>$conf/recursor.d/fenced.yml
    printf '  %s\n' "$2" >>$conf/recursor.d/fenced.yml
  else
    printf '%s\n' "$3" >>$conf/recursor.conf
  fi
}

teardown_file() {
  stop_internet
  rm -rf ${conf:?}/*
  cp -r $home/package/. $conf/
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  if [ -s $home/listener.pid ]; then
    kill "$(cat $home/listener.pid)" 2>/dev/null || true
    rm -f $home/listener.pid
  fi
  [ -n "$BATS_TEST_COMPLETED" ] || start_internet || true
  diff -rq $home/usual $conf >/dev/null && [ -z "$(find $state/api -type f)" ] && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  rm -rf ${conf:?}/* $state/api/*
  cp -r $home/usual/. $conf/
  start_again || true
}

@test "answers over IPv4 and IPv6, UDP and TCP" {
  local address
  for address in 127.0.0.1 ::1; do
    says 192.0.2.9 @$address "$(any)"
    says 192.0.2.9 @$address +tcp "$(any)"
    [ "$(status @$address "$(fresh).example")" = NXDOMAIN ]
  done
}

@test "answers other machines" {
  local address
  for address in 192.0.2.10 2001:db8::10; do
    says 192.0.2.9 @$address "$(any)"
    says 192.0.2.9 @$address +tcp "$(any)"
  done
}

@test "refuses whom it does not serve" {
  ip address add 203.0.113.7/32 dev lo
  run question +short -b 203.0.113.7 @192.0.2.10 +tries=1 +time=1 "$(any)"
  ip address del 203.0.113.7/32 dev lo
  [[ $output != *192.0.2.9* ]]
}

@test "asks servers that have IPv6 only" {
  order wipe-cache 'six.example$'
  says 192.0.2.66 www.six.example
}

@test "carries large answers whole" {
  question +bufsize=1232 +ignore large.example TXT | grep -q '^;; flags: .* tc[ ;]'
  [ "$(query large.example TXT | tr -cd 0-9 | wc -c)" = 3600 ]
}

@test "answers from its cache when the servers are gone" {
  local name
  name=$(any)
  says 192.0.2.9 "$name"
  stop_internet
  says 192.0.2.9 "$name"
  [ "$(query +time=2 "$(any)")" != 192.0.2.9 ]
  start_internet
  order wipe-cache "$name"
  eventually answers
}

@test "vouches for what is signed, and refuses what was tampered with" {
  question www.example | grep -q '^;; flags: .* ad[ ;]'
  [ "$(status bad.example)" = SERVFAIL ]
  [ "$(status +cd bad.example)" = NOERROR ]
  order get-tas | grep -q '^\.'
}

@test "lets an administrator doubt the doubt for a while" {
  [ "$(status bad.example)" = SERVFAIL ]
  order add-nta bad.example 'a check'
  order wipe-cache bad.example
  says 192.0.2.4 bad.example
  order clear-nta bad.example
  order wipe-cache bad.example
  eventually has_status SERVFAIL bad.example
}

@test "forwards zones, and takes a changed list of them without a restart" {
  local before
  before=$(main_pid)
  says 192.0.2.67 www.forwarded.test
  [ "$(status www.six.example)" = NOERROR ]
  echo 'other.test=127.0.0.6:5399' >>$conf/forward
  zone $conf/own 'www A 192.0.2.71'
  order reload-zones
  order wipe-cache 'own.test$'
  eventually says 192.0.2.71 www.own.test
  # The server that it is sent to now does not know this one, and the root's would have said NXDOMAIN.
  eventually has_status SERVFAIL www.other.test
  [ "$(main_pid)" = "$before" ]
}

@test "serves a zone of its own from a file" {
  says 192.0.2.68 www.own.test
  [ "$(status missing.own.test)" = NXDOMAIN ]
}

@test "runs a script for each question, as machine code too" {
  local sum
  sum=$(query script.test TXT)
  [[ $sum =~ ^\"[0-9]+(\.0)?\"$ ]]
  [ "$(query script.test TXT)" = "$sum" ]
}

@test "takes a changed script without a restart" {
  sed -i 's/"script.test"/"later.test"/' $conf/script.lua
  order reload-lua-script
  [[ $(query later.test TXT) == \"*\" ]]
  order unload-lua-script
  order wipe-cache later.test
  eventually has_status NXDOMAIN later.test
}

@test "blocks and moves names by a policy in a file, and takes a changed one" {
  [ "$(status blocked.any.example)" = NXDOMAIN ]
  says 192.0.2.69 moved.any.example
  zone $conf/policy 'moved.any.example A 192.0.2.72'
  order reload-lua-config
  order wipe-cache 'any.example$'
  eventually says 192.0.2.72 moved.any.example
  says 192.0.2.9 blocked.any.example
}

@test "copies a policy from another server, and keeps it in a file" {
  echo "rpzPrimary('127.0.0.6:5399', 'policy.test', { dumpFile = '$state/policy', refresh = 1 })" >>$conf/recursor.lua
  start_again
  eventually says 192.0.2.70 moved.forwarded.test
  eventually grep -q '192.0.2.70' $state/policy
}

@test "forwards over TLS" {
  [ -s $home/two/knot.conf ] && grep -q listen-tls $home/two/knot.conf || skip 'the server of this check has no TLS'
  echo 'forwarded.test=127.0.0.6:853' >$conf/forward
  start_again
  says 192.0.2.67 www.forwarded.test
  eventually over_tls
}

over_tls() {
  query "$(fresh).any.forwarded.test"
  [ "$(order get dot-outqueries)" -gt 0 ]
}

@test "makes addresses of IPv6 for those that have none" {
  further recursor 'dns64_prefix: 64:ff9b::/96' 'dns64-prefix=64:ff9b::/96'
  start_again
  says 64:ff9b::c000:24d www.example AAAA
}

@test "shows its figures, and takes orders by its socket" {
  local before
  order ping | grep -q pong
  before=$(order get questions)
  query "$(any)"
  [ "$(order get questions)" -gt "$before" ]
  order get-all | grep -q '^uptime'
  order top-queries | grep -qi over
  order dump-cache $home/dump >$home/out
  grep -q example $home/dump
  rm $home/dump
}

@test "counts packets that the kernel could not deliver, and processor time" {
  local before
  before=$(order get udp-noport-errors)
  dig +time=1 +tries=1 -p 9 @127.0.0.1 nowhere >/dev/null || true
  [ "$(order get udp-noport-errors)" -gt "$before" ]
  [ "$(order get user-msec)" -gt 0 ]
  [ "$(order get real-memory-usage)" -gt 1000000 ]
}

@test "lets a group use its socket" {
  further recursor "$(printf 'socket_group: adm\n  socket_mode: "660"')" "$(printf 'socket-group=adm\nsocket-mode=660')"
  start_again
  [ "$(stat -c '%G %a' /run/pdns-recursor/pdns_recursor.controlsocket)" = 'adm 660' ]
  order ping | grep -q pong
}

@test "shows its figures by HTTP, to Prometheus too, and asks for its key" {
  api /statistics | grep -q '"questions"'
  curl -sS --max-time 6 http://127.0.0.1:8082/metrics | grep -q '^pdns_recursor_questions'
  [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8082/api/v1/servers/localhost/statistics)" != 200 ]
  api "/cache/flush?domain=www.example." -X PUT | grep -q '"count"'
}

@test "takes zones by HTTP, and keeps them" {
  sed -i /forwarded/d $conf/forward
  start_again
  [ "$(query www.forwarded.test)" = '' ]
  api /zones -X POST -d '{"name": "forwarded.test.", "type": "Zone", "kind": "Forwarded", "servers": ["127.0.0.6:5399"], "recursion_desired": false}' |
    grep -q '"name": *"forwarded.test."'
  order wipe-cache 'forwarded.test$'
  eventually says 192.0.2.67 www.forwarded.test
  grep -rq forwarded.test $state/api
  start_again
  eventually says 192.0.2.67 www.forwarded.test
}

@test "sends its figures to Graphite" {
  listen 2003
  further carbon "$(printf 'server: [ 127.0.0.1 ]\n  interval: 1\n  ourname: fenced')" "$(printf 'carbon-server=127.0.0.1\ncarbon-interval=1\ncarbon-ourname=fenced')"
  start_again
  eventually grep -aq '^pdns\.fenced\.recursor\.questions [0-9]' $home/heard
}

@test "sends its traffic to a collector" {
  local name
  name=$(fresh)
  listen 4242
  echo "protobufServer('127.0.0.1:4242', { logQueries = true, logResponses = true })" >>$conf/recursor.lua
  start_again
  says 192.0.2.9 "$name.any.example"
  eventually grep -aq "$name.any.example" $home/heard
}

# listen PORT: writes down what comes in there
listen() {
  : >$home/heard
  perl -MIO::Socket::INET -MIO::Select -e '
    my $door = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1) or die;
    my $all = IO::Select->new($door);
    $| = 1;
    while (my @ready = $all->can_read) {
      for (@ready) {
        if ($_ == $door) { $all->add($door->accept) } elsif (sysread $_, my $text, 65536) { print $text } else { $all->remove($_) }
      }
    }' "$1" >$home/heard 2>$home/out 3>&- &
  echo $! >$home/listener.pid
}

@test "keeps a memory of the names that it has seen" {
  version_from 5.0 || skip 'built without'
  rm -f $state/nod/*
  further nod "$(printf 'tracking: true\n  history_dir: %s/nod\n  db_snapshot_interval: 1' $state)" ''
  start_again
  query "$(any)"
  eventually journalled 'domain observed|observed domain'
  eventually has_snapshot
}

has_snapshot() { [ -n "$(find $state/nod -type f)" ]; }

@test "keeps its threads on the processors that it was told" {
  [ "$(nproc)" -gt 1 ] || skip 'there is only one'
  further recursor 'cpu_map: 0=0 1=1 2=1' 'cpu-map=0=0 1=1 2=1'
  start_again
  [ "$(cat "/proc/$(main_pid)"/task/*/status | grep -cE '^Cpus_allowed_list:\s1$')" -ge 1 ]
}

@test "listens on an address that comes later" {
  ip address del 198.51.100.5/24 dev lan0 2>/dev/null || true
  further incoming "$(printf 'non_local_bind: true\n  listen: [ 198.51.100.5 ]')" "$(printf 'non-local-bind=yes\nlocal-address=127.0.0.1, 198.51.100.5')"
  start_again
  ip address add 198.51.100.5/24 dev lan0
  eventually says 192.0.2.9 @198.51.100.5 "$(any)"
  ip address del 198.51.100.5/24 dev lan0
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
    my $question = pack("n6", 77, 0x0100, 1, 0, 0, 0) . "\3www\7example\0" . pack("n2", 1, 1);
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

@test "says what is wrong with its configuration" {
  if version_from 5.0; then echo 'nonsense: [' >$conf/recursor.d/fenced.yml; else echo nonsense=yes >>$conf/recursor.conf; fi
  timeout 40 systemctl restart "$UNIT" || true
  eventually journalled 'nonsense|fenced.yml'
  run ! answers
}

@test "says which script is faulty, and keeps the one that it has" {
  echo 'nonsense(' >>$conf/script.lua
  run order reload-lua-script
  eventually journalled 'script.lua'
  answers
}

@test "runs as its own user, with no capability but those of the package's unit" {
  [ "$(users)" = pdns ]
  grep -qP '^CapBnd:\t0000000000000401$' "/proc/$(main_pid)/status"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query +time=1 @192.0.2.10 "$(any)"
  run ! query +time=1 @2001:db8::10 +tcp "$(any)"
  answers
  says 192.0.2.9 @::1 "$(any)"
}

# bats test_tags=option:elsewhere
@test "writes a copy of a policy elsewhere" {
  rm -rf $home/elsewhere
  install -d -o pdns -g pdns $home/elsewhere
  echo "rpzPrimary('127.0.0.6:5399', 'policy.test', { dumpFile = '$home/elsewhere/policy', refresh = 1 })" >>$conf/recursor.lua
  start_again
  eventually grep -q '192.0.2.70' $home/elsewhere/policy
}

# Last: the others need it running.
@test "stops cleanly, and leaves nothing behind" {
  local before
  before=$(main_pid)
  timeout 20 systemctl stop "$UNIT"
  ended_well
  gone "$before"
  run ! query +time=1 www.example
  [ ! -e /run/pdns-recursor/pdns_recursor.controlsocket ]
  start_again
}
