#!/usr/bin/env bats
# What NSD must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

PATIENCE=12
conf=/etc/nsd
site=$conf/nsd.conf.d/fenced-probe.conf
state=/var/lib/nsd
home=/srv/fenced-probe
other=$home/other
key=$conf/fenced-probe.key
certificate=$conf/fenced-probe.crt

# question WORD...: as for dig, but to this machine if no server is named
question() {
  [[ $* == *@* ]] || set -- @127.0.0.1 "$@"
  dig +time=2 +tries=1 "$@"
}
query() { question +short "$@"; }
says() { [ "$(query "${@:2}" 2>/dev/null)" = "$1" ]; }
status() { question "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
transfer() { question +noall +answer -y "$(cat $home/tsig)" "$@"; }
order() { timeout 10 nsd-control "$@"; }
order_other() { timeout 10 nsd-control -c $other/nsd.conf "$@"; }
answers() { says 192.0.2.77 www.home.example; }
start_again() { restart && eventually answers; }
reload() { timeout 20 systemctl reload "$UNIT"; }
version_from() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' nsd)" ge "$1"; }

# zone FILE SERIAL RECORD...
zone() {
  printf '%s\n' '$TTL 300' "@ SOA ns hostmaster $2 3600 600 86400 300" '@ NS ns' 'ns A 192.0.2.1' "${@:3}" >"$1.new"
  mv "$1.new" "$1"
}

# site [LINE...]: the usual configuration, with what comes on stdin after it and these lines in its first part
site() { { cat $home/server; printf '  %s\n' "$@"; cat $home/zones -; } >$site; }

# A second name server: primary of what this one copies, over TLS too, and it copies what this one has.
start_other() {
  stop_other
  nsd -c $other/nsd.conf >>$home/out 2>&1 3>&-
  eventually says 192.0.2.11 -p 5399 first.copied.example
}

stop_other() {
  local pid
  pid=$(cat $other/nsd.pid 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || true
  eventually gone "$pid"
  rm -f $other/nsd.pid
}

set_up_other() {
  rm -rf $other
  mkdir -p $other/tmp
  zone $other/copied 1 'first A 192.0.2.11'
  zone $other/closed 1 'first A 192.0.2.12'
  zone $other/checked 1 'first A 192.0.2.13'
  cat >$other/nsd.conf <<END
server:
  ip-address: 127.0.0.1@5399
  ip-address: 127.0.0.1@5398
  tls-port: 5398
  tls-service-key: $key
  tls-service-pem: $certificate
  zonesdir: $other
  zonelistfile: $other/zone.list
  xfrdfile: $other/xfrd.state
  xfrdir: $other/tmp
  pidfile: $other/nsd.pid
  logfile: $other/log
  verbosity: 2
  database: ""
  xfrd-reload-timeout: 0
remote-control:
  control-enable: yes
  control-interface: $other/control
$(cat $home/key)
zone:
  name: home.example
  zonefile: home
  request-xfr: 127.0.0.1 probe
  allow-notify: 127.0.0.1 probe
END
  local name
  for name in copied closed checked; do
    cat >>$other/nsd.conf <<END
zone:
  name: $name.example
  zonefile: $name
  notify: 127.0.0.1 probe
  provide-xfr: 127.0.0.1 probe
  store-ixfr: yes
  create-ixfr: yes
END
  done
  chown -R nsd: $other
}

setup_file() {
  mkdir -p $home $conf/zones
  chmod 755 $home
  systemctl stop "$UNIT" || true
  stop_other
  rm -rf ${state:?}/* $conf/zones/* $conf/nsd.conf.d/* $conf/*.zone
  ip address del 198.51.100.5/24 dev lan0 2>/dev/null || true
  chown nsd: $conf/zones
  printf '%s\n' key: '  name: probe' '  algorithm: hmac-sha256' '  secret: "K2tf3TRjvQkVCmJF3/Z9vA=="' >$home/key
  echo 'hmac-sha256:probe:K2tf3TRjvQkVCmJF3/Z9vA==' >$home/tsig
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $certificate 2>/dev/null
    chmod 600 $key
  fi
  # Says no to a zone with a record that is called bad, as it comes in and as the server would answer.
  cat >/usr/local/bin/fenced-verify <<'END'
#!/bin/sh
if grep -q '^bad[.[:space:]]'; then exit 1; fi
[ "$(dig +short +time=2 +tries=1 "@$VERIFY_IP_ADDRESS" -p "$VERIFY_PORT" "first.$VERIFY_ZONE" A)" = 192.0.2.13 ]
END
  chmod 755 /usr/local/bin/fenced-verify
  zone $conf/zones/home.example 1 'www A 192.0.2.77' "large TXT $(printf '"%0200d" ' {1..18})" "$(printf 'n%d A 192.0.2.99\n' {1..40})"
  set_up_other
  usual
  start_other || true
  start_again || true
}

usual() {
  cat >$home/server <<END
server:
  ip-address: 127.0.0.1
  ip-address: 127.0.0.1@853
  ip-address: 192.0.2.10
  ip-address: ::1
  ip-address: 2001:db8::10
  ip-address: ::1@853
  tls-service-key: $key
  tls-service-pem: $certificate
  tls-cert-bundle: $certificate
  server-count: 2
  verbosity: 2
  xfrd-reload-timeout: 0
  rrl-ratelimit: 0
END
  cat - $home/key >$home/zones <<END
remote-control:
  control-enable: yes
tls-auth:
  name: other
  auth-domain-name: localhost
pattern:
  name: added
  zonefile: "%s.zone"
zone:
  name: home.example
  zonefile: zones/home.example
  notify: 127.0.0.1@5399 probe
  provide-xfr: 127.0.0.1 probe
  provide-xfr: ::1 probe
  provide-xfr: 192.0.2.10 probe
  store-ixfr: yes
  create-ixfr: yes
zone:
  name: copied.example
  zonefile: zones/copied.example
  request-xfr: 127.0.0.1@5399 probe
  allow-notify: 127.0.0.1 probe
zone:
  name: closed.example
  zonefile: $state/closed.example
  request-xfr: 127.0.0.1@5398 probe other
  allow-notify: 127.0.0.1 probe
END
  site </dev/null
  cp $site $home/usual
}

teardown_file() {
  stop_other
  rm -rf $conf/nsd.conf.d/* /usr/local/bin/fenced-verify
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  if [ -s $home/capture.pid ]; then
    kill "$(cat $home/capture.pid)" || true
    rm -f $home/capture.pid
  fi
  [ -n "$BATS_TEST_COMPLETED" ] || start_other || true
  cmp -s $home/usual $site && [ ! -e $state/zone.list ] && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  cp $home/usual $site
  # As packaged it does not start any more where this file is: it belongs to the user that it becomes.
  systemctl stop "$UNIT" || true
  rm -f $state/zone.list
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

@test "starts as packaged, and listens on every address" {
  printf 'zone:\n  name: home.example\n  zonefile: zones/home.example\n' >$site
  start_again
  says 192.0.2.77 @192.0.2.10 www.home.example
  says 192.0.2.77 @2001:db8::10 +tcp www.home.example
  order status | grep -q '^version: '
}

@test "carries large answers whole" {
  question +bufsize=1232 +ignore large.home.example TXT | grep -q '^;; flags: .* tc[ ;]'
  [ "$(query +bufsize=1232 large.home.example TXT | tr -cd 0-9 | wc -c)" = 3600 ]
}

@test "answers over TLS with a key that only root may read" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  says 192.0.2.77 +tls +tls-ca=$certificate +tls-hostname=localhost www.home.example
  says 192.0.2.77 @::1 +tls +tls-ca=$certificate +tls-hostname=localhost www.home.example
}

@test "hands its zone to who has the key, and to nobody else" {
  [ "$(transfer home.example AXFR | grep -c '192.0.2.99$')" = 40 ]
  [ "$(transfer @::1 home.example AXFR | grep -c '192.0.2.99$')" = 40 ]
  run ! grep -q 192.0.2.99 <(question home.example AXFR)
  run ! grep -q 192.0.2.99 <(transfer -b 127.0.0.2 home.example AXFR)
}

@test "hands its zone over by TLS" {
  transfer +tls home.example AXFR >$home/transfer
  if grep -q 'ALPN for DoT failed' $home/transfer; then skip 'dig asks for a sign that this version does not give'; fi
  [ "$(grep -c '192.0.2.99$' $home/transfer)" = 40 ]
}

@test "tells the other server of a change, and hands over only the difference" {
  local name serial
  name=$(fresh)
  eventually says 192.0.2.77 -p 5399 www.home.example
  serial=$(query home.example SOA | cut -d ' ' -f 3)
  sed -i "s/ hostmaster $serial / hostmaster $((serial + 1)) /" $conf/zones/home.example
  echo "$name A 192.0.2.31" >>$conf/zones/home.example
  reload
  eventually says 192.0.2.31 "$name.home.example"
  eventually says 192.0.2.31 -p 5399 "$name.home.example"
  [ "$(transfer home.example IXFR="$serial" | grep -c 192.0.2)" = 1 ]
  transfer home.example IXFR="$serial" | grep -q "^$name.home.example.*192.0.2.31$"
}

@test "copies a zone, each change that it is told of, and still has it when the other is gone" {
  local name serial
  name=$(fresh)
  eventually says 192.0.2.11 first.copied.example
  serial=$(query -p 5399 copied.example SOA | cut -d ' ' -f 3)
  zone $other/copied $((serial + 1)) 'first A 192.0.2.11' "$name A 192.0.2.32"
  order_other reload copied.example
  eventually says 192.0.2.32 "$name.copied.example"
  eventually journalled 'zone copied.example serial .* is updated to'
  order write copied.example
  eventually grep -q "^$name" $conf/zones/copied.example
  setpriv --reuid nobody --regid nogroup --clear-groups grep -q "^$name" $conf/zones/copied.example
  stop_other
  start_again
  says 192.0.2.32 "$name.copied.example"
  start_other
}

@test "copies a zone over TLS" {
  eventually says 192.0.2.12 first.closed.example
  order write closed.example
  eventually grep -q ^first $state/closed.example
  [ "$(stat -c %U $state/closed.example)" = nsd ]
}

@test "remembers over a restart how old its copies are" {
  eventually says 192.0.2.11 first.copied.example
  start_again
  [ "$(stat -c %U $state/xfrd.state)" = nsd ]
  grep -q 'name: *copied.example' $state/xfrd.state
}

@test "asks a script whether a new zone is good" {
  local name serial
  name=$(fresh)
  site <<END
verify:
  enable: yes
  verify-zones: no
  ip-address: 127.0.0.1@5347
zone:
  name: checked.example
  zonefile: $state/checked.example
  request-xfr: 127.0.0.1@5399 probe
  allow-notify: 127.0.0.1 probe
  verify-zone: yes
  verifier: /usr/local/bin/fenced-verify
END
  start_again
  eventually says 192.0.2.13 first.checked.example
  zone $other/checked 2 'first A 192.0.2.13' "$name A 192.0.2.33"
  order_other reload checked.example
  eventually says 192.0.2.33 "$name.checked.example"
  zone $other/checked 3 'first A 192.0.2.13' 'bad A 192.0.2.33'
  order_other reload checked.example
  eventually journalled 'verifier for zone checked.example .* exited with 1'
  says '' bad.checked.example
  says 192.0.2.33 "$name.checked.example"
}

@test "takes orders over TLS, with the keys that the package made" {
  order status | grep -q '^version: '
  order -s 127.0.0.1@8952 zonestatus copied.example | grep -q 'state: '
  order -s ::1@8952 stats_noreset | grep -q '^num.queries='
  order verbosity 3
  order notify home.example
  order force_transfer copied.example
  eventually says 192.0.2.11 first.copied.example
  order serverpid | grep -q '[0-9]'
}

@test "takes orders over a unix socket that its group may use" {
  sed -i "s,control-enable: yes,&\n  control-interface: /run/nsd/control," $site
  start_again
  [ "$(stat -c '%U:%G' /run/nsd/control)" = nsd:nsd ]
  order status | grep -q '^version: '
  setpriv --reuid nobody --regid nsd --clear-groups nsd-control -s /run/nsd/control status | grep -q '^version: '
}

@test "is given zones while it runs, and lets go of them" {
  zone $conf/added.example.zone 1 'www A 192.0.2.34'
  order addzone added.example added
  eventually says 192.0.2.34 www.added.example
  grep -q 'added.example added' $state/zone.list
  order delzone added.example
  eventually refuses www.added.example
}

refuses() { [ "$(status "$1")" = REFUSED ]; }

@test "takes a new zone of its configuration without a restart" {
  local before
  before=$(main_pid)
  zone $conf/later.example.zone 1 'www A 192.0.2.35'
  site <<<$'zone:\n  name: later.example\n  zonefile: later.example.zone'
  order reconfig
  eventually says 192.0.2.35 www.later.example
  [ "$(main_pid)" = "$before" ]
}

@test "takes a changed zone on a reload, without one lost question" {
  local before questions name serial
  name=$(fresh)
  before=$(main_pid)
  rm -f $home/enough
  traffic >$home/traffic 3>&- &
  questions=$!
  serial=$(query home.example SOA | cut -d ' ' -f 3)
  sed -i "s/ hostmaster $serial / hostmaster $((serial + 1)) /" $conf/zones/home.example
  echo "$name A 192.0.2.36" >>$conf/zones/home.example
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

@test "says which zone file is faulty, and serves its other zones" {
  zone $conf/faulty.example.zone 1 'www A nonsense'
  site <<<$'zone:\n  name: faulty.example\n  zonefile: faulty.example.zone'
  start_again
  eventually journalled 'faulty.example.zone:[0-9]+'
  [ "$(status www.faulty.example)" = SERVFAIL ]
  zone $conf/faulty.example.zone 2 'www A 192.0.2.38'
  reload
  eventually says 192.0.2.38 www.faulty.example
}

@test "says to the journal what is wrong with its configuration" {
  site <<<nonsense
  restart || true
  eventually journalled 'fenced-probe.conf:[0-9]+'
}

@test "has larger buffers than the kernel allows by itself" {
  site 'receive-buffer-size: 16777216' </dev/null
  start_again
  [ "$(ss -uanmH 'src = 127.0.0.1:53' | grep -o 'rb[0-9]*' | sort -u)" = rb33554432 ]
}

@test "listens on an address that comes later" {
  site 'ip-address: 198.51.100.5' 'ip-address: 2001:db8:5::5' 'ip-transparent: yes' </dev/null
  start_again
  ip address add 198.51.100.5/24 dev lan0
  ip address add 2001:db8:5::5/64 dev lan0 nodad
  eventually says 192.0.2.77 @198.51.100.5 www.home.example
  eventually says 192.0.2.77 @2001:db8:5::5 +tcp www.home.example
  ip address del 198.51.100.5/24 dev lan0
  ip address del 2001:db8:5::5/64 dev lan0
}

@test "listens on an interface by its name, and only there" {
  sed '/^  ip-address:/d' $home/usual >$site
  sed -i 's/^server:/&\n  ip-address: lan0 bindtodevice=yes\n  ip-address: lo/' $site
  restart
  eventually says 192.0.2.77 @127.0.0.1 www.home.example
  ss -ulnH 'sport = :53' | grep -q '192.0.2.10%lan0:53'
}

@test "serves with several processes that share the port" {
  local n
  site 'reuseport: yes' </dev/null
  sed -i 's/server-count: 2/server-count: 4/' $site
  start_again
  for n in {1..40}; do says 192.0.2.99 "n$n.home.example"; done
  [ "$(ss -ulnH 'src = 127.0.0.1:53' | wc -l)" = 4 ]
}

@test "serves hundreds of clients at once" {
  local n pids=()
  [ "$(ask_often 500 127.0.0.1 5)" = 500 ]
  [ "$(ask_often 500 ::1 5)" = 500 ]
  site 'tcp-count: 1500' </dev/null
  start_again
  run -0 timeout 20 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:53", Timeout => 5) or die "client $_: $!\n" } 1 .. 800;
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

@test "limits how many answers one client gets" {
  local said
  sed -i 's/rrl-ratelimit: 0/rrl-ratelimit: 10\n  rrl-whitelist-ratelimit: 10\n  rrl-slip: 0/' $site
  sed -i 's/server-count: 2/server-count: 1/' $site
  start_again
  ask_often 100 127.0.0.1 1
  said=$(ask_often 100 127.0.0.1 1)
  [ "$said" -le 60 ]
}

@test "gives cookies, and keeps their secret in its file" {
  version_from 4.11 || skip 'keeps it in /etc/nsd, where it cannot write by itself'
  site 'answer-cookie: yes' </dev/null
  start_again
  question +cookie www.home.example | grep -q '; COOKIE: [0-9a-f]\{48\}'
  order add_cookie_secret 00112233445566778899aabbccddeeff
  grep -q 00112233445566778899aabbccddeeff $state/cookiesecrets.txt
  start_again
  order print_cookie_secrets | grep -q 00112233445566778899aabbccddeeff
  rm $state/cookiesecrets.txt
}

@test "makes a zone that it is given a member of its catalog" {
  version_from 4.9 || skip 'knows no catalogs yet'
  zone $conf/member.example.zone 1 'www A 192.0.2.37'
  site <<END
zone:
  name: catalog.example
  catalog: producer
  provide-xfr: 127.0.0.1 probe
  zonefile: $state/catalog.example
pattern:
  name: member
  catalog-producer-zone: catalog.example
  zonefile: "%s.zone"
END
  start_again
  order addzone member.example member
  eventually says 192.0.2.37 www.member.example
  eventually lists_member
  order delzone member.example
}

lists_member() { transfer catalog.example AXFR | grep -q 'PTR.member.example.$'; }

@test "shows its figures to Prometheus" {
  version_from 4.12 || skip 'does not do so yet'
  site 'metrics-enable: yes' </dev/null
  start_again
  curl -sS --max-time 6 http://127.0.0.1:9100/metrics >$home/metrics
  grep -q '^nsd_queries' $home/metrics
  curl -sS --max-time 6 'http://[::1]:9100/metrics' | grep -q '^nsd_'
}

@test "records its traffic for dnstap" {
  nsd -v 2>&1 | grep -q enable-dnstap || skip 'built without'
  rm -f /run/fenced-dnstap.sock $home/capture.fstrm
  fstrm_capture -t protobuf:dnstap.Dnstap -u /run/fenced-dnstap.sock -w $home/capture.fstrm >>$home/out 2>&1 3>&- &
  echo $! >$home/capture.pid
  eventually test -S /run/fenced-dnstap.sock
  chmod 666 /run/fenced-dnstap.sock
  site <<END
dnstap:
  dnstap-enable: yes
  dnstap-socket-path: /run/fenced-dnstap.sock
  dnstap-log-auth-query-messages: yes
  dnstap-log-auth-response-messages: yes
END
  start_again
  eventually recorded
}

recorded() {
  local name
  name=$(fresh)
  query "$name.home.example"
  sleep 0.3
  kill -HUP "$(cat $home/capture.pid)"
  dnstap-read $home/capture.fstrm 2>/dev/null | grep -q 'home.example/IN/A'
}

@test "logs each second what it has done" {
  site 'statistics: 1' </dev/null
  start_again
  query www.home.example
  eventually journalled 'NSTATS|XSTATS'
}

@test "becomes its own user, without any capability" {
  local pid
  [ "$(users)" = nsd ]
  for pid in $(processes); do
    grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
    [ "$(awk '/^Gid:/ {print $2, $3, $4, $5}' "/proc/$pid/status")" = "$(g=$(id -g nsd); echo "$g $g $g $g")" ]
  done
}

@test "comes back after a crash, with its copies" {
  local before
  eventually says 192.0.2.11 first.copied.example
  order write
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  eventually says 192.0.2.11 first.copied.example
}

@test "starts a new process for one that has crashed" {
  local before
  before=$(main_pid)
  kill -KILL "$(processes | tail -n 1)"
  eventually says 192.0.2.77 www.home.example
  sleep 0.5
  eventually answers
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query @192.0.2.10 www.home.example
  run ! query @2001:db8::10 +tcp www.home.example
  answers
  says 192.0.2.77 @::1 www.home.example
}

# bats test_tags=option:small-buffers
@test "has the buffers that the kernel gives to all" {
  answers
  [ "$(ss -uanmH 'src = 127.0.0.1:53' | grep -o 'rb[0-9]*' | sort -u)" = "rb$(cat /proc/sys/net/core/rmem_default)" ]
}

# bats test_tags=option:logfile
@test "writes a log in /var/log, also after it was rotated and at the next start" {
  rm -f /var/log/nsd.log*
  site 'logfile: /var/log/nsd.log' 'log-only-syslog: no' </dev/null
  start_again
  grep -q 'nsd started' /var/log/nsd.log
  mv /var/log/nsd.log /var/log/nsd.log.1
  install -o nsd -g nsd -m 640 /dev/null /var/log/nsd.log
  order log_reopen
  reload
  eventually grep -q 'SIGHUP received' /var/log/nsd.log
  start_again
  grep -q 'nsd started' /var/log/nsd.log
}

# bats test_tags=option:addzone
@test "still has the zones that it was given after a restart" {
  zone $conf/added.example.zone 1 'www A 192.0.2.34'
  order addzone added.example added
  start_again
  says 192.0.2.34 www.added.example
  order delzone added.example
  start_again
  refuses www.added.example
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again with its copies" {
  local all
  eventually says 192.0.2.11 first.copied.example
  all=$(processes)
  timeout 20 systemctl stop "$UNIT"
  ended_well
  for pid in $all; do gone "$pid"; done
  run ! answers
  stop_other
  start_again
  says 192.0.2.11 first.copied.example
  start_other
}
