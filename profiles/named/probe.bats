#!/usr/bin/env bats
# What BIND must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

home=/srv/fenced-probe
conf=/etc/bind
cache=/var/cache/bind
state=/var/lib/bind
key=$conf/fenced-probe.pem
certificate=$conf/fenced-probe.crt

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "waited 8 seconds for: $*"
  return 1
}

# question WORD...: as for dig, but to this machine if no server is named
question() {
  [[ $* == *@* ]] || set -- @127.0.0.1 "$@"
  dig +time=2 +tries=1 "$@"
}
query() { question +short "$@"; }
says() { [ "$(query "${@:2}")" = "$1" ]; }
status() { question "$@" | sed -n 's/.* status: \([A-Z]*\),.*/\1/p'; }
update() { printf '%s\n' 'server 127.0.0.1' "$@" send | timeout 10 nsupdate -k $conf/fenced-probe.key; }
update_other() { printf '%s\n' 'server 127.0.0.1 5399' "$@" send | timeout 10 nsupdate; }
order() { timeout 10 rndc "$@"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
journalled() { journalctl -q -u "$UNIT" -o cat -n 300 | grep -q -- "$1"; }
is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }
fresh() { echo "$RANDOM$RANDOM"; }

restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 40 systemctl restart "$UNIT"
  eventually answers
}

answers() { says 192.0.2.77 www.home.example; }

# reload: by systemd, as an administrator does it
reload() { timeout 20 systemctl reload "$UNIT"; }

# option LINE...: options beside the usual ones; further: what comes on stdin beside the usual statements
option() { printf '%s\n' "$@" >$conf/fenced-probe.options; }
further() { cat $home/usual/named.conf.local - >$conf/named.conf.local; }

# zone FILE SERIAL RECORD...
zone() {
  printf '%s\n' '$TTL 300' "@ SOA ns hostmaster $2 3600 600 86400 300" '@ NS ns' 'ns A 192.0.2.1' "${@:3}" >"$1.new"
  mv "$1.new" "$1"
}

# A second name server: it forwards nothing, is primary of what this one copies, and copies what this one has.
other() {
  local name
  mkdir -p $home/other
  cd $home/other || return
  if [ ! -e signed.signed ]; then
    dnssec-keygen -q -a ECDSAP256SHA256 signed.example
    dnssec-keygen -q -a ECDSAP256SHA256 -f KSK signed.example | xargs -I{} cat {}.key |
      sed -n 's/^signed.example.*DNSKEY \(257 3 13\) \(.*\)/trust-anchors { signed.example. initial-key \1 "\2"; };/p' >anchor
    zone signed 1 'good A 192.0.2.2' 'bad A 192.0.2.3'
    dnssec-signzone -S -o signed.example signed
    sed -i s/192.0.2.3/192.0.2.4/ signed.signed
  fi
  zone copied 1 'first A 192.0.2.11'
  zone plain 1 '*.plain.example. A 192.0.2.9'
  zone catalog 1 'version TXT 2' 'one.zones PTR member.example.'
  zone member 1 'in A 192.0.2.12'
  rm -f ./*.jnl home
  cat >named.conf <<END
options {
  directory "$home/other";
  pid-file "$home/other/named.pid";
  session-keyfile none;
  listen-on port 5399 { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  allow-transfer { 127.0.0.1; };
  notify explicit;
  also-notify { 127.0.0.1 port 53; };
  notify-delay 0;
  querylog yes;
};
controls { };
logging { channel file { file "log"; }; category default { file; }; category queries { file; }; };
zone "signed.example" { type primary; file "signed.signed"; };
zone "home.example" { type secondary; file "home"; primaries { 127.0.0.1; }; };
END
  for name in copied plain catalog member; do
    echo "zone \"$name.example\" { type primary; file \"$name\"; allow-update { 127.0.0.1; }; };" >>named.conf
  done
  chown -R bind: .
  cd / || return
  start_other
}

start_other() {
  stop_other
  named -c $home/other/named.conf -u bind 3>&-
}

stop_other() {
  local pid
  if pid=$(cat $home/other/named.pid 2>/dev/null); then kill "$pid" && eventually gone "$pid"; fi 2>/dev/null || true
}

gone() { ! kill -0 "$1"; }

setup_file() {
  mkdir -p $home/package $home/usual
  chmod 755 $home
  cp -n $conf/named.conf* /etc/default/named $home/package/
  systemctl stop "$UNIT" || true
  rm -rf ${cache:?}/* ${state:?}/*
  other >$home/other.out 2>&1
  if [ ! -e $key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $key -out $certificate 2>/dev/null
  fi
  chgrp bind $key && chmod 640 $key
  (umask 077 && tsig-keygen probe >$conf/fenced-probe.key)
  chown bind: $conf/fenced-probe.key
  zone $conf/db.home.example 1 'www A 192.0.2.77' "large TXT $(printf '"%0200d" ' {1..18})"
  zone $conf/db.rpz.example 1 'blocked.plain.example CNAME .' 'moved.plain.example A 192.0.2.66'
  zone $state/db.dynamic.example 1
  zone $state/db.policy.example 1 'www A 192.0.2.78'
  chown bind: $state/db.*
  usual
  cp $conf/named.conf{,.options,.local} $conf/fenced-probe.options /etc/default/named $home/usual/
  restart || true
}

usual() {
  cp $home/package/named.conf $conf/
  cp $home/package/named /etc/default/
  : >$conf/fenced-probe.options
  cat >$conf/named.conf.options <<END
tls probe { key-file "$key"; cert-file "$certificate"; };
options {
  directory "$cache";
  listen-on { any; };
  listen-on-v6 { any; };
  listen-on port 853 tls probe { any; };
  listen-on port 443 tls probe http default { any; };
  forwarders { 127.0.0.1 port 5399; };
  forward only;
  dnssec-validation auto;
  validate-except { "plain.example"; };
  allow-transfer { 127.0.0.1; };
  notify-delay 0;
  allow-new-zones yes;
  max-udp-size 4096;
  response-policy { zone "rpz.example"; };
  catalog-zones { zone "catalog.example" default-primaries { 127.0.0.1 port 5399; }; };
  include "$conf/fenced-probe.options";
};
statistics-channels { inet 127.0.0.1 port 8053 allow { 127.0.0.1; }; };
END
  cat $home/other/anchor - >$conf/named.conf.local <<END
include "$conf/fenced-probe.key";
zone "home.example" { type primary; file "$conf/db.home.example"; also-notify { 127.0.0.1 port 5399; }; };
zone "rpz.example" { type primary; file "$conf/db.rpz.example"; };
zone "dynamic.example" {
  type primary;
  file "$state/db.dynamic.example";
  update-policy { grant probe zonesub ANY; grant local-ddns zonesub ANY; };
};
zone "policy.example" { type primary; file "$state/db.policy.example"; dnssec-policy default; inline-signing yes; };
zone "copied.example" { type secondary; file "copied.example"; primaries { 127.0.0.1 port 5399; }; };
zone "catalog.example" { type secondary; file "catalog.example"; primaries { 127.0.0.1 port 5399; }; };
END
}

teardown_file() {
  stop_other
  cp $home/package/named.conf* $conf/
  cp $home/package/named /etc/default/
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local file changed=
  [ -n "$BATS_TEST_COMPLETED" ] || start_other
  for file in named.conf named.conf.options named.conf.local fenced-probe.options; do
    cmp -s $home/usual/$file $conf/$file || changed=yes
  done
  cmp -s $home/usual/named /etc/default/named || changed=yes
  [ -n "$changed" ] || [ -z "$BATS_TEST_COMPLETED" ] || return 0
  cp $home/usual/* $conf/
  mv $conf/named /etc/default/
  restart || true
}

@test "answers over IPv4 and IPv6, UDP and TCP" {
  for address in 127.0.0.1 ::1; do
    says 192.0.2.77 @$address www.home.example
    says 192.0.2.77 @$address +tcp www.home.example
  done
}

@test "answers other machines" {
  for address in 192.0.2.10 2001:db8::10; do
    says 192.0.2.77 @$address www.home.example
    says 192.0.2.77 @$address +tcp www.home.example
  done
}

@test "carries large answers whole" {
  question +bufsize=4096 +ignore large.home.example TXT | grep -q 'MSG SIZE  rcvd: 3[0-9][0-9][0-9]'
  question +bufsize=512 +ignore large.home.example TXT | grep -q '^;; flags: .* tc[ ;]'
  [ "$(query +bufsize=512 large.home.example TXT | tr -cd 0-9 | wc -c)" = 3600 ]
}

@test "asks another server, and answers from its cache when that one is gone" {
  says 192.0.2.9 cached.plain.example
  stop_other
  says 192.0.2.9 cached.plain.example
  start_other
  order flush
  eventually says 192.0.2.9 cached.plain.example
}

@test "asks from the ports that the kernel sets aside for that" {
  local mark before
  mark=$(fresh)
  before=$(sysctl -n net.ipv4.ip_local_port_range)
  sysctl -qw net.ipv4.ip_local_port_range='42000 42099'
  restart
  sysctl -qw net.ipv4.ip_local_port_range="$before"
  for n in {1..8}; do query "$n.$mark.plain.example"; done
  eventually eight_from_there "$mark"
}

eight_from_there() { [ "$(grep -c "127.0.0.1#420[0-9][0-9] ([1-8].$1.plain.example)" $home/other/log)" = 8 ]; }

@test "vouches for what is signed, and refuses what was tampered with" {
  eventually says 192.0.2.2 good.signed.example
  question good.signed.example | grep -q '^;; flags: .* ad[ ;]'
  [ "$(status bad.signed.example)" = SERVFAIL ]
  [ "$(status +cd bad.signed.example)" = NOERROR ]
}

@test "keeps its trust anchors up to date" {
  eventually trusted
  [ "$(stat -c %U $cache/managed-keys.bind.jnl)" = bind ]
  restart
  eventually trusted
}

trusted() { order managed-keys status | grep -A 6 'name: signed.example$' | grep -q 'trusted since'; }

@test "takes updates with a key, and keeps them in its journal" {
  local name
  name=u$(fresh).dynamic.example
  [ "$(stat -c '%U %a' $conf/fenced-probe.key)" = 'bind 600' ]
  update "update add $name 60 A 192.0.2.21"
  says 192.0.2.21 $name
  named-journalprint $state/db.dynamic.example.jnl | grep -q "^add $name"
  run ! nsupdate <<<"$(printf '%s\n' 'server 127.0.0.1' "update delete $name" send)"
  restart
  says 192.0.2.21 $name
}

@test "takes updates from root with the key that it makes at each start" {
  local name
  name=l$(fresh).dynamic.example
  [ "$(stat -c '%U %a' /run/named/session.key)" = 'bind 600' ]
  printf '%s\n' "update add $name 60 A 192.0.2.22" send | timeout 10 nsupdate -l
  says 192.0.2.22 $name
}

@test "lets an administrator edit a dynamic zone" {
  local name
  name=frozen$(fresh)
  update 'update add before-the-frost.dynamic.example 60 A 192.0.2.23'
  order freeze dynamic.example
  eventually grep -q before-the-frost $state/db.dynamic.example
  run ! update 'update add during.dynamic.example 60 A 192.0.2.23'
  awk '/; serial/ && !done { sub(/[0-9]+/, $1 + 1); done = 1 } { print }' $state/db.dynamic.example >$home/edited
  echo "$name.dynamic.example. 60 IN A 192.0.2.24" >>$home/edited
  cat $home/edited >$state/db.dynamic.example
  order thaw dynamic.example
  eventually says 192.0.2.24 $name.dynamic.example
  says 192.0.2.23 before-the-frost.dynamic.example
}

@test "signs a zone with keys that it makes itself, and rolls them over" {
  local keys
  eventually signed
  [ "$(stat -c '%U %a' $cache/Kpolicy.example.+013+*.private | sort -u)" = 'bind 600' ]
  question policy.example AXFR >$home/policy
  dnssec-verify -q -z -o policy.example $home/policy
  order dnssec -status policy.example | grep -q 'key signing: *yes'
  keys=$(policy_keys)
  order dnssec -rollover -key "$(sed -n 's/^key: \([0-9]*\) .*/\1/p' <<<"$(order dnssec -status policy.example)" | head -n 1)" policy.example
  eventually has_more_than "$keys"
}

signed() { query +dnssec www.policy.example | grep -q '^A 13 3 '; }
policy_keys() { find $cache -name 'Kpolicy.example.*.key' | wc -l; }
has_more_than() { [ "$(policy_keys)" -gt "$1" ]; }

@test "copies a zone, and each change that it is told of" {
  local name
  name=c$(fresh)
  eventually says 192.0.2.11 first.copied.example
  eventually test -s $cache/copied.example
  update_other "update add $name.copied.example 60 A 192.0.2.13"
  eventually says 192.0.2.13 $name.copied.example
  eventually journalled 'transfer of .copied.example/IN. .*: Transfer completed: .* (serial'
  stop_other
  restart
  says 192.0.2.13 $name.copied.example
  start_other
}

@test "copies all zones of a catalog" {
  eventually says 192.0.2.12 in.member.example
  eventually test -n "$(find $cache -name '__catz__*' -size +0)"
}

@test "tells the other server of a change" {
  local serial
  eventually says 192.0.2.77 @127.0.0.1 -p 5399 www.home.example
  serial=$(query home.example SOA | cut -d ' ' -f 3)
  sed -i "s/ hostmaster $serial / hostmaster $((serial + 1)) /" $conf/db.home.example
  order reload home.example
  eventually has_serial $((serial + 1))
}

has_serial() { query -p 5399 home.example SOA | grep -q " $1 3600 "; }

@test "takes orders" {
  order status | grep -q 'server is up and running'
  says 192.0.2.9 dumped.plain.example
  order dumpdb -all
  eventually grep -q '^dumped.plain.example' $cache/named_dump.db
  order stats
  eventually grep -q '^--- Statistics Dump ---' $cache/named.stats
  order recursing
  eventually grep -q 'Recursing Queries' $cache/named.recursing
  order secroots
  eventually grep -q signed.example $cache/named.secroots
  setpriv --reuid nobody --regid nogroup --clear-groups cat $cache/named.stats >/dev/null
}

@test "is given a zone while it runs, and still has it after a restart" {
  zone $state/db.added.example 1 'www A 192.0.2.31'
  order addzone added.example "{ type primary; file \"$state/db.added.example\"; };"
  says 192.0.2.31 www.added.example
  restart
  says 192.0.2.31 www.added.example
  order delzone added.example
  [ "$(status www.added.example)" != NOERROR ]
}

@test "blocks and moves names by a policy" {
  [ "$(status blocked.plain.example)" = NXDOMAIN ]
  says 192.0.2.66 moved.plain.example
  says 192.0.2.9 else.plain.example
}

@test "answers over TLS and HTTPS with a key that only its group may read" {
  [ "$(stat -c '%G %a' $key)" = 'bind 640' ]
  says 192.0.2.77 +tls +tls-ca=$certificate +tls-hostname=localhost www.home.example
  says 192.0.2.77 +https +tls-ca=$certificate +tls-hostname=localhost www.home.example
}

@test "takes a renewed certificate on a reload" {
  cp $certificate $home/before.crt
  openssl req -x509 -new -key $key -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost -set_serial 4242 \
    -out $certificate 2>/dev/null
  reload
  eventually shows_serial 1092
  cp $home/before.crt $certificate
  reload
}

shows_serial() {
  timeout 5 openssl s_client -connect 127.0.0.1:853 </dev/null 2>/dev/null | openssl x509 -noout -serial | grep -q "=$1$"
}

@test "shows its figures as XML and JSON" {
  curl -sS --max-time 6 http://127.0.0.1:8053/xml/v3/server | grep -q '<statistics version="3'
  curl -sS --max-time 6 http://127.0.0.1:8053/json/v1/mem | grep -q '"TotalUse"\|"InUse"'
}

@test "logs questions to the journal, if asked to" {
  local name
  name=logged$(fresh).plain.example
  order querylog on
  query "$name"
  eventually journalled "query: $name IN A"
}

@test "writes its log into a directory that was made while it runs, and begins it anew when it is large or moved" {
  local name
  name=filed$(fresh).plain.example
  rm -rf /var/log/named
  install -d -o bind -g bind /var/log/named
  further <<<'logging {
    channel questions { file "/var/log/named/questions.log" versions 3 size 10k; print-time yes; };
    category queries { questions; };
  };'
  reload
  order querylog on
  query "$name"
  eventually grep -q "query: $name IN A" /var/log/named/questions.log
  setpriv --reuid nobody --regid nogroup --clear-groups cat /var/log/named/questions.log >/dev/null
  for _ in {1..20}; do echo www.home.example; done >$home/names
  for _ in {1..10}; do dig @127.0.0.1 +short -f $home/names >/dev/null; done
  eventually test -s /var/log/named/questions.log.0
  mv /var/log/named/questions.log /var/log/named/moved
  order reconfig
  eventually logged_anew
}

logged_anew() { query again.plain.example && grep -q again.plain.example /var/log/named/questions.log; }

@test "limits how often it gives the same answer" {
  option 'rate-limit { responses-per-second 5; window 5; exempt-clients { ::1; }; };'
  reload
  eventually limited
}

limited() {
  local said
  said=$(ask_often 100 127.0.0.1 1)
  [ "$said" -ge 1 ] && [ "$said" -le 60 ]
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

@test "serves hundreds of clients at once" {
  local n pids=()
  [ "$(ask_often 500 127.0.0.1 5)" = 500 ]
  [ "$(ask_often 500 ::1 5)" = 500 ]
  for n in {1..60}; do
    query +tcp www.home.example >$home/tcp.$n 3>&- &
    pids+=($!)
  done
  for n in "${pids[@]}"; do wait "$n"; done
  [ "$(cat $home/tcp.* | grep -c '^192.0.2.77$')" = 60 ]
}

@test "answers each network from its own view" {
  zone $conf/db.inside.example 1 'www A 192.0.2.41'
  zone $conf/db.outside.example 1 'www A 192.0.2.42'
  cat >$conf/named.conf <<END
options { directory "$cache"; recursion no; listen-on-v6 { any; }; };
acl inside { 127.0.0.1; };
view inside { match-clients { inside; }; zone home.example { type primary; file "$conf/db.inside.example"; }; };
view outside { match-clients { any; }; zone home.example { type primary; file "$conf/db.outside.example"; }; };
END
  reload
  eventually says 192.0.2.41 www.home.example
  says 192.0.2.42 -b 127.0.0.2 www.home.example
  says 192.0.2.42 @::1 www.home.example
}

@test "loads a plug-in, and records its traffic for dnstap" {
  zone $conf/db.both.example 1 'www A 192.0.2.51' 'www AAAA 2001:db8::51'
  option 'dnstap { client; };' "dnstap-output file \"$cache/probe.dnstap\";"
  further <<<"plugin query \"filter-aaaa.so\" { filter-aaaa-on-v4 yes; };
    zone both.example { type primary; file \"$conf/db.both.example\"; };"
  restart
  says '' www.both.example AAAA
  says 2001:db8::51 @::1 www.both.example AAAA
  order dnstap -roll 1
  eventually recorded
}

recorded() { dnstap-read $cache/probe.dnstap.0 | grep -q 'www.both.example/IN/AAAA'; }

@test "runs as its own user, with the one capability that it needs for low ports" {
  local process
  process=/proc/$(main_pid)/status
  [ "$(grep '^Uid:' "$process" | cut -f 2- | tr '\t' '\n' | sort -u)" = "$(id -u bind)" ]
  [ "$(grep '^Gid:' "$process" | cut -f 2- | tr '\t' '\n' | sort -u)" = "$(id -g bind)" ]
  # CAP_NET_BIND_SERVICE
  [ "$(grep -cP '^Cap(Prm|Eff):\t0+400$' "$process")" = 2 ]
  grep -qx "$(main_pid)" /run/named/named.pid
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/named/named.pid >/dev/null
}

@test "listens on an address that comes later" {
  ip address del 198.51.100.5/24 dev lan0 2>/dev/null || true
  ip address add 198.51.100.5/24 dev lan0
  eventually says 192.0.2.77 @198.51.100.5 www.home.example
  says 192.0.2.77 @198.51.100.5 +tcp www.home.example
  ip address del 198.51.100.5/24 dev lan0
}

@test "takes up a new zone on a reload, under questions" {
  local before questions
  before=$(main_pid)
  rm -f $home/enough
  traffic >$home/traffic 3>&- &
  questions=$!
  zone $conf/db.later.example 1 'www A 192.0.2.61'
  further <<<"zone later.example { type primary; file \"$conf/db.later.example\"; };"
  reload
  eventually says 192.0.2.61 www.later.example
  touch $home/enough
  wait $questions
  [ "$(sort -u $home/traffic)" = 192.0.2.77 ]
  [ "$(wc -l <$home/traffic)" -ge 20 ]
  [ "$(main_pid)" = "$before" ]
}

traffic() {
  local end=$((SECONDS + 12)) n=0
  until [ -e $home/enough ] && ((n >= 20)) || ((SECONDS > end)); do
    query www.home.example
    n=$((n + 1))
  done
}

@test "keeps serving when it is reloaded with a mistake" {
  further <<<nonsense
  run ! reload
  answers
}

@test "comes back after a crash, with its dynamic zone" {
  local before name
  name=crash$(fresh).dynamic.example
  update "update add $name 60 A 192.0.2.25"
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually says 192.0.2.25 $name
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! query @192.0.2.10 www.home.example
  run ! query @2001:db8::10 +tcp www.home.example
  answers
  says 192.0.2.77 @::1 www.home.example
}

# bats test_tags=option:elsewhere
@test "keeps zones, keys and its cache on another volume" {
  local name
  name=w$(fresh).away.example
  rm -rf /srv/named
  install -d -o bind -g bind /srv/named
  zone /srv/named/db.away.example 1 'www A 192.0.2.71'
  chown bind: /srv/named/db.away.example
  sed -i "s,directory \"$cache\",directory \"/srv/named\"," $conf/named.conf.options
  further <<<'zone away.example { type primary; file "db.away.example"; update-policy { grant probe zonesub ANY; };
    dnssec-policy default; };'
  restart
  update "update add $name 60 A 192.0.2.72"
  restart
  says 192.0.2.72 "$name"
  eventually test -n "$(find /srv/named -name 'Kaway.example.*.private')"
  eventually test -s /srv/named/copied.example
}

# bats test_tags=option:etc
@test "keeps a dynamic and signed zone below /etc/bind" {
  local name
  name=e$(fresh).etc.example
  rm -rf $conf/zones
  install -d -o bind -g bind $conf/zones
  zone $conf/zones/db.etc.example 1 'www A 192.0.2.73'
  chown bind: $conf/zones/db.etc.example
  further <<<"zone etc.example { type primary; file \"$conf/zones/db.etc.example\"; update-policy { grant probe zonesub ANY; };
    dnssec-policy default; key-directory \"$conf/zones\"; };"
  reload
  eventually update "update add $name 60 A 192.0.2.74"
  restart
  says 192.0.2.74 "$name"
  eventually test -n "$(find $conf/zones -name 'Ketc.example.*.private')"
}

# bats test_tags=option:home
@test "reads a zone from a home directory" {
  install -d -o bind -g bind -m 755 /home/dns
  zone /home/dns/db.house.example 1 'www A 192.0.2.75'
  further <<<'zone house.example { type primary; file "/home/dns/db.house.example"; };'
  reload
  eventually says 192.0.2.75 www.house.example
}

# bats test_tags=option:chroot
@test "works from its chroot" {
  local jail=/var/lib/named-jail
  mkdir -p $jail/{dev,etc,run/named,run/systemd,usr/share,var/cache,var/lib}
  [ -e $jail/dev/null ] || for node in 'null c 1 3' 'random c 1 8' 'urandom c 1 9'; do mknod -m 666 $jail/dev/$node; done
  cp -r /usr/share/dns $jail/usr/share/
  cp -a $conf $jail/etc/
  cp -a $cache $jail/var/cache/
  cp -a $state $jail/var/lib/
  chown bind: $jail/run/named
  # Without this Debian 12 could not say from in there that it is ready.
  touch $jail/run/systemd/notify
  mountpoint -q $jail/run/systemd/notify || mount --bind /run/systemd/notify $jail/run/systemd/notify
  sed -i "s,^OPTIONS=.*,OPTIONS=\"-u bind -t $jail\"," /etc/default/named
  restart
  [[ $(readlink "/proc/$(main_pid)/root") == *$jail ]]
  update 'update add jail.dynamic.example 60 A 192.0.2.76'
  reload
  says 192.0.2.76 jail.dynamic.example
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again with its dynamic zone" {
  local before name
  name=stop$(fresh)
  before=$(main_pid)
  update "update add $name.dynamic.example 60 A 192.0.2.26"
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! kill -0 "$before"
  run ! answers
  journalled "received control channel command 'stop'"
  restart
  says 192.0.2.26 $name.dynamic.example
}
