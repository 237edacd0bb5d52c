#!/usr/bin/env bats
# What Tor must still do. Runs as root inside a booted machine; the lab sets UNIT.
# A Tor network of its own lives on loopback: an authority, five relays, a bridge, and a guest who uses what this Tor offers.

load probe

PATIENCE=25
conf=/etc/tor/torrc
data=/var/lib/tor
onion=$data/fenced-onion
sockets=/var/lib/tor-onion-sockets/fenced
home=/srv/fenced-probe
net=$home/net

# control LINE...: as root, with the cookie, and what Tor answers
control() {
  {
    printf 'AUTHENTICATE %s\r\n' "$(od -An -tx1 -v /run/tor/control.authcookie | tr -d ' \n')"
    printf '%s\r\n' "$@" QUIT
  } | timeout 10 nc -U /run/tor/control | tr -d '\r'
}
ready() { control 'GETINFO status/bootstrap-phase' 2>/dev/null | grep -q 'PROGRESS=100 '; }
fingerprint() { cut -d ' ' -f 2 $data/fingerprint; }

# fetch WORD [CURL-OPTION]...: the page's answer, by way of the Tor network
fetch() { curl -sS --max-time 8 "${@:2}" "http://${SITE-127.0.0.1:8000}/$1"; }
says() { [ "$(fetch "$@" --socks5-hostname 127.0.0.1:9050 2>/dev/null)" = "said $1" ]; }
guest_says() { [ "$(fetch "$1" --socks5-hostname 127.0.0.1:9099 2>/dev/null)" = "said $1" ]; }
onion_says() { SITE="$(cat $onion/hostname):${2-80}" guest_says "$1"; }

# configure [LINE...]: what every test needs, and these lines
configure() {
  { cat $net/base; printf '%s\n' "$@"; } >$conf
  restart
}
usual() {
  configure "HiddenServiceDir $onion" 'HiddenServicePort 80 127.0.0.1:8000' "HiddenServicePort 81 unix:$sockets/web"
  cp $conf $home/usual
}
reload() { timeout 20 systemctl reload "$UNIT"; }

# member NAME LINE...: a Tor of the network, with these lines
member() {
  install -d -o debian-tor -g debian-tor -m 700 "$net/$1"
  {
    cat $net/base
    printf '%s\n' "DataDirectory $net/$1" 'User debian-tor' 'RunAsDaemon 0' "Log notice file $net/$1.log" "${@:2}"
  } >"$net/$1.rc"
  begin "$1" tor --defaults-torrc $net/none -f "$net/$1.rc"
}
begin() {
  systemctl stop "fenced-$1" 2>/dev/null || true
  systemctl reset-failed "fenced-$1" 2>/dev/null || true
  systemd-run --quiet --collect --unit="fenced-$1" -p LimitNOFILE=10000 "${@:2}"
}

# guest [LINE...]: the guest, with these lines, connected
guest() {
  printf '%s\n' "$@" >$net/guest.new
  cmp -s $net/guest.new $net/guest.lines && systemctl -q is-active fenced-guest && return
  mv $net/guest.new $net/guest.lines
  member guest 'SocksPort 9099' "$@"
}

set_up_network() {
  local v3 fp n
  rm -rf $net
  mkdir -p $net
  chown debian-tor $net
  : >$net/none
  cat >$home/server <<'END'
use IO::Socket::INET; use IO::Socket::UNIX;
my $where = shift; $SIG{CHLD} = 'IGNORE'; unlink $where if $where =~ m{^/};
my $s = $where =~ m{^/} ? IO::Socket::UNIX->new(Local => $where, Listen => 50)
  : IO::Socket::INET->new(LocalAddr => "0.0.0.0:$where", Listen => 50, ReuseAddr => 1);
chmod 0666, $where;
while (1) {
  my $c = $s->accept or next;
  next if fork;
  my ($word) = (scalar <$c>) =~ m{^\S+ \S*/(\S*)};
  while (<$c>) { last if /^\r?\n$/ }
  $c->autoflush(1); print $c "HTTP/1.0 200 OK\r\n\r\n";
  if ($word eq 'slow') { for (1 .. 60) { print $c "line $_\n"; select undef, undef, undef, .1 } }
  elsif ($word eq 'large') { print $c 'x' x 1000 for 1 .. 1000 }
  else { print $c "said $word\n" }
  exit;
}
END
  echo 'nameserver 127.0.0.9' >$net/resolv.conf
  begin dns dnsmasq -k --conf-file=/dev/null -R -h -u root --bind-interfaces -a 127.0.0.9 -p 53 --pid-file= \
    --host-record=www.wide.example,192.0.2.10
  begin web perl $home/server 8000
  install -d -m 2750 -g debian-tor $sockets
  begin web-socket perl $home/server $sockets/web
  printf '%s\n' 'TestingTorNetwork 1' 'AssumeReachable 1' 'ShutdownWaitLength 1' 'ContactInfo probe' >$net/base
  install -d -o debian-tor -g debian-tor -m 700 $net/auth $net/auth/keys
  (
    cd $net/auth/keys || exit
    echo | setpriv --reuid debian-tor --regid debian-tor --clear-groups tor-gencert --create-identity-key --passphrase-fd 0 \
      -m 12 -a 127.0.0.1:7001 -s authority_signing_key -c authority_certificate -i authority_identity_key
  )
  v3=$(sed -n 's/^fingerprint //p' $net/auth/keys/authority_certificate)
  fp=$(tor --quiet --list-fingerprint --defaults-torrc $net/none -f $net/none --User debian-tor --DataDirectory $net/auth \
    --TestingTorNetwork 1 --ORPort 5001 --DirPort 7001 --Nickname authority --Address 127.0.0.1 \
    --DirAuthority "authority no-v2 v3ident=$v3 orport=5001 127.0.0.1:7001 0000000000000000000000000000000000000000" |
    sed -n 's/^authority //p' | tr -d ' ')
  echo "DirAuthority authority orport=5001 no-v2 v3ident=$v3 127.0.0.1:7001 $fp" >>$net/base
  local intervals=(
    'TestingV3AuthInitialVotingInterval 5' 'TestingV3AuthInitialVoteDelay 2' 'TestingV3AuthInitialDistDelay 2'
    'V3AuthVotingInterval 10' 'V3AuthVoteDelay 2' 'V3AuthDistDelay 2' 'V3AuthNIntervalsValid 2'
  )
  member auth 'Nickname authority' 'Address 127.0.0.1' 'ORPort 5001' 'DirPort 7001' 'SocksPort 0' 'AuthoritativeDirectory 1' \
    'V3AuthoritativeDirectory 1' 'TestingDirAuthVoteExit *' 'TestingDirAuthVoteHSDir *' 'TestingDirAuthVoteGuard *' \
    'ExitPolicy reject *:*' "${intervals[@]}"
  for n in 1 2 3 4 5; do
    member r$n "Nickname r$n" 'Address 127.0.0.1' "ORPort 127.0.0.1:501$n" 'SocksPort 0' 'ExitRelay 1' 'ExitPolicy accept *:*' \
      'ExitPolicyRejectPrivate 0' "ServerDNSResolvConfFile $net/resolv.conf" 'ServerDNSDetectHijacking 0' \
      "${intervals[@]}"
  done
  member bridge 'Nickname bridge' 'Address 127.0.0.1' 'ORPort 127.0.0.1:5020' 'SocksPort 0' 'BridgeRelay 1' 'PublishServerDescriptor 0' \
    'ExtORPort auto' 'ServerTransportPlugin obfs4 exec /usr/bin/obfs4proxy' 'ServerTransportListenAddr obfs4 127.0.0.1:5100'
  guest
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  [ -e $home/package ] || cp -p $conf $home/package
  rm -rf $onion $data/state $data/cached-*
  # It stays for the next run in this machine: until it agrees on its relays it takes a while.
  if ! guest_says hello; then
    set_up_network
    PATIENCE=60 eventually guest_says hello || true
  fi
  usual || true
  PATIENCE=40 eventually ready || true
}

teardown_file() { cp $home/package $conf; }

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  nft delete table inet fenced 2>/dev/null || true
  rm -rf /etc/tor/torrc.d /usr/local/bin/fenced-transport $data/fenced-wide
  cmp -s $conf $home/usual && [ -n "$BATS_TEST_COMPLETED" ] && return 0
  cp $home/usual $conf
  restart || true
  eventually ready
}

@test "starts as packaged, with its sockets for programs and for who controls it" {
  cp $home/package $conf
  restart
  eventually test -S /run/tor/control
  [ "$(stat -c '%U:%G %a' /run/tor)" = 'debian-tor:debian-tor 2755' ]
  [ "$(stat -c '%U %a' /run/tor/socks)" = 'debian-tor 666' ]
  [ "$(stat -c '%U:%G %a' /run/tor/control)" = 'debian-tor:debian-tor 660' ]
  [ "$(stat -c '%G %a' /run/tor/control.authcookie)" = 'debian-tor 640' ]
  [ "$(printf '\5\1\0' | timeout 3 nc 127.0.0.1 9050 | od -An -tx1 | tr -d ' ')" = 0500 ]
  printf 'PROTOCOLINFO\r\nQUIT\r\n' | setpriv --reuid nobody --regid debian-tor --clear-groups nc -U /run/tor/control | grep -q '^250-AUTH METHODS=COOKIE'
  run ! setpriv --reuid nobody --regid nogroup --clear-groups nc -U /run/tor/control </dev/null
  control 'GETINFO version' | grep -q '^250-version='
}

@test "fetches pages through three relays, over its port and its socket" {
  local word
  word=$(fresh)
  eventually says "$word"
  [ "$(fetch "$word" --proxy socks5h://localhost/run/tor/socks)" = "said $word" ]
  control 'GETINFO circuit-status' | grep -qE '^[0-9]+ BUILT \$[0-9A-F]{40}~\w+,\$[0-9A-F]{40}~\w+,\$[0-9A-F]{40}~\w+ '
  fetch large --socks5-hostname 127.0.0.1:9050 >$home/large
  [ "$(wc -c <$home/large)" = 1000000 ]
}

@test "serves other machines, over IPv4 and IPv6" {
  local word
  word=$(fresh)
  configure 'SocksPort 192.0.2.10:9060' 'SocksPort [2001:db8::10]:9060' 'SocksPolicy accept 192.0.2.0/24' 'SocksPolicy accept6 [2001:db8::]/32' \
    'SocksPolicy reject *'
  eventually ready
  [ "$(fetch "$word" --retry 3 --socks5-hostname 192.0.2.10:9060)" = "said $word" ]
  [ "$(fetch "$word" --retry 3 --socks5-hostname '[2001:db8::10]:9060')" = "said $word" ]
}

@test "looks names up for programs, on port 53 and by its socket" {
  configure 'DNSPort 127.0.0.1:53' 'DNSPort [::1]:53'
  eventually ready
  eventually resolves @127.0.0.1
  resolves @::1
  [ "$(tor-resolve www.wide.example)" = 192.0.2.10 ]
}

resolves() { [ "$(dig +short +time=5 +tries=1 "$1" www.wide.example)" = 192.0.2.10 ]; }

@test "takes connections that the firewall turns to it" {
  local word
  word=$(fresh)
  configure 'TransPort 127.0.0.1:9040'
  eventually ready
  nft -f - <<'END'
table inet fenced {
  chain out {
    type nat hook output priority -100;
    meta skuid nobody ip daddr 127.0.0.7 tcp dport 8000 redirect to :9040
  }
}
END
  eventually through_firewall "$word"
}

through_firewall() {
  [ "$(setpriv --reuid nobody --regid nogroup --clear-groups curl -sS --max-time 8 "http://127.0.0.7:8000/$1")" = "said $1" ]
}

@test "is a proxy for HTTP" {
  local word
  word=$(fresh)
  configure 'HTTPTunnelPort 127.0.0.1:9080'
  eventually ready
  [ "$(fetch "$word" --retry 3 --proxytunnel --proxy http://127.0.0.1:9080)" = "said $word" ]
}

@test "offers a web server as an onion service, over a port and over a unix socket" {
  local word
  word=$(fresh)
  guest
  PATIENCE=50 eventually onion_says "$word"
  onion_says "$word" 81
  [ "$(stat -c '%U' $onion/hs_ed25519_secret_key)" = debian-tor ]
  run ! setpriv --reuid nobody --regid nogroup --clear-groups cat $onion/hostname
}

@test "keeps the name of its onion service over a restart" {
  local word before
  word=$(fresh)
  before=$(cat $onion/hostname)
  restart
  eventually ready
  [ "$(cat $onion/hostname)" = "$before" ]
  guest
  PATIENCE=50 eventually onion_says "$word"
}

@test "makes onion services that a program asks for, and ends them" {
  local id
  id=$(control 'ADD_ONION NEW:ED25519-V3 Flags=Detach Port=80,127.0.0.1:8000' | sed -n 's/^250-ServiceID=//p')
  [ "${#id}" = 56 ]
  control 'GETINFO onions/detached' | grep -q "$id"
  control "DEL_ONION $id" | grep -q '^250 OK'
  run ! grep -q "$id" <(control 'GETINFO onions/detached')
}

@test "lets its group read its data, where it is told to" {
  configure 'DataDirectoryGroupReadable 1'
  eventually ready
  [[ $(stat -c %a $data) == *750 ]]
  setpriv --reuid nobody --regid debian-tor --clear-groups ls $data | grep -qx state
}

@test "takes rights away from a directory that was made for a service, where there are too many" {
  install -d -o debian-tor -g debian-tor -m 2755 $data/fenced-wide
  configure "HiddenServiceDir $data/fenced-wide" 'HiddenServicePort 80 127.0.0.1:8000'
  eventually ready
  [[ $(stat -c %a $data/fenced-wide) == *700 ]]
  grep -q '\.onion$' $data/fenced-wide/hostname
}

@test "relays for others on port 443, over IPv4 and IPv6" {
  local word
  word=$(fresh)
  configure 'Nickname probe' 'Address 192.0.2.10' 'ORPort 192.0.2.10:443' 'ORPort [2001:db8::10]:443' 'ExitRelay 0'
  eventually published 443
  [ "$(stat -c '%U %a' $data/keys/ed25519_signing_secret_key)" = 'debian-tor 600' ]
  guest 'UseBridges 1' "Bridge 192.0.2.10:443 $(fingerprint)"
  eventually guest_says "$word"
  ss -tnH state established 'sport = :443' | grep -q '192.0.2.10:443'
  guest 'UseBridges 1' "Bridge [2001:db8::10]:443 $(fingerprint)" 'ClientUseIPv6 1'
  eventually guest_says "$word"
}

published() { curl -sS --max-time 5 "http://127.0.0.1:7001/tor/server/fp/$(fingerprint)" | grep -a -q "^router probe 192.0.2.10 $1 "; }

@test "reckons from the machine's memory how much it may keep in its queues" {
  configure 'Nickname probe' 'Address 192.0.2.10' 'ORPort 192.0.2.10:9001' 'ExitRelay 0'
  # The check of the configuration, before the start, says so as well.
  journalctl -q -o cat _SYSTEMD_UNIT="$UNIT" _PID="$(main_pid)" | grep -q 'Based on detected system memory'
}

@test "lets others out: looks names up and connects for them" {
  local word
  word=$(fresh)
  configure 'Nickname probe' 'Address 192.0.2.10' 'ORPort 192.0.2.10:9001' 'ExitRelay 1' 'ExitPolicy accept *:*' 'ExitPolicyRejectPrivate 0' \
    "ServerDNSResolvConfFile $net/resolv.conf" 'ServerDNSDetectHijacking 0'
  guest "ExitNodes $(fingerprint)" 'StrictNodes 1'
  PATIENCE=48 SITE=www.wide.example:8000 eventually guest_says "$word"
}

@test "is a bridge, with a helper that hides what it is" {
  local line
  configure 'Nickname probe' 'Address 192.0.2.10' 'ORPort 192.0.2.10:9001' 'BridgeRelay 1' 'PublishServerDescriptor 0' 'ExtORPort auto' \
    'ServerTransportPlugin obfs4 exec /usr/bin/obfs4proxy' 'ServerTransportListenAddr obfs4 192.0.2.10:4443'
  eventually journalled "Registered server transport 'obfs4'"
  line=$(sed -n "s/^Bridge obfs4 <IP ADDRESS>:<PORT> <FINGERPRINT>/192.0.2.10:4443 $(fingerprint)/p" $data/pt_state/obfs4_bridgeline.txt)
  guest 'UseBridges 1' 'ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy' "Bridge obfs4 $line"
  eventually guest_says "$(fresh)"
}

@test "uses such a bridge" {
  local line
  line=$(sed -n "s/^Bridge obfs4 <IP ADDRESS>:<PORT> <FINGERPRINT>/127.0.0.1:5100 $(cut -d ' ' -f 2 $net/bridge/fingerprint)/p" $net/bridge/pt_state/obfs4_bridgeline.txt)
  configure 'UseBridges 1' 'ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy' "Bridge obfs4 $line"
  eventually ready
  eventually says "$(fresh)"
  [ "$(processes | wc -l)" -ge 2 ]
  [ "$(users)" = debian-tor ]
}

@test "starts helpers that look at the interfaces, as snowflake does" {
  rm -f /run/tor/fenced-interfaces
  printf '%s\n' '#!/bin/sh' 'ip -o address >/run/tor/fenced-interfaces' 'echo VERSION 1' 'echo CMETHOD fenced socks5 127.0.0.1:9' \
    'echo CMETHODS DONE' 'exec cat >/dev/null' >/usr/local/bin/fenced-transport
  chmod 755 /usr/local/bin/fenced-transport
  configure 'UseBridges 1' 'ClientTransportPlugin fenced exec /usr/local/bin/fenced-transport' \
    "Bridge fenced 127.0.0.1:5100 $(cut -d ' ' -f 2 $net/bridge/fingerprint)"
  eventually grep -q 'lan0 .*inet 192.0.2.10/' /run/tor/fenced-interfaces
  rm -f /run/tor/fenced-interfaces
}

@test "shuts itself in further, where Sandbox is on" {
  local before after
  before=$(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$(main_pid)/status")
  { cat $net/base; echo 'Sandbox 1'; } >$conf
  tor --defaults-torrc /usr/share/tor/tor-service-defaults-torrc -f $conf --verify-config >$home/out 2>&1 || skip 'this version dies of it'
  configure 'Sandbox 1'
  eventually ready
  after=$(awk '/^Seccomp_filters:/ { print $2 }' "/proc/$(main_pid)/status")
  [ "$after" -gt "$before" ]
  eventually says "$(fresh)"
}

@test "takes a password for its control port" {
  configure 'ControlPort 127.0.0.1:9051' "HashedControlPassword $(tor --quiet --defaults-torrc $net/none --hash-password fenced | tail -n 1)"
  eventually ready
  printf 'AUTHENTICATE "fenced"\r\nGETINFO traffic/read\r\nQUIT\r\n' | timeout 5 nc 127.0.0.1 9051 | grep -q '^250-traffic/read='
  printf 'AUTHENTICATE "wrong"\r\nQUIT\r\n' | timeout 5 nc 127.0.0.1 9051 | grep -q '^515 '
}

@test "shows its figures to Prometheus" {
  configure 'MetricsPort 127.0.0.1:9035' 'MetricsPortPolicy accept 127.0.0.1' 'ORPort 192.0.2.10:9001' 'Address 192.0.2.10'
  eventually figures
}

figures() { curl -sS --max-time 5 http://127.0.0.1:9035/metrics | grep -q '^tor_relay_'; }

@test "reads a directory of settings" {
  mkdir -p /etc/tor/torrc.d
  echo 'SocksPort 127.0.0.1:9055' >/etc/tor/torrc.d/probe.conf
  configure '%include /etc/tor/torrc.d/*.conf'
  eventually ready
  [ "$(fetch word --retry 3 --socks5-hostname 127.0.0.1:9055)" = 'said word' ]
}

@test "takes new settings on a reload, without one lost connection" {
  local before pid
  before=$(main_pid)
  eventually says "$(fresh)"
  curl -sS --max-time 25 --socks5-hostname 127.0.0.1:9050 http://127.0.0.1:8000/slow >$home/slow 3>&- &
  pid=$!
  eventually grep -q 'line 2' $home/slow
  echo 'SocksPort 127.0.0.1:9056' >>$conf
  reload
  eventually listens_at tcp 9056
  wait $pid
  [ "$(wc -l <$home/slow)" = 60 ]
  [ "$(fetch word --retry 3 --socks5-hostname 127.0.0.1:9056)" = 'said word' ]
  [ "$(main_pid)" = "$before" ]
}

listens_at() { ss -lnH "-${1:0:1}" "sport = :$2" | grep -q .; }

@test "writes a log file, which its group of readers may read, and a new one when it is rotated" {
  rm -f /var/log/tor/*
  configure 'Log notice file /var/log/tor/notices.log'
  eventually grep -q 'Bootstrapped 100%' /var/log/tor/notices.log
  setpriv --reuid nobody --regid adm --clear-groups grep -q Bootstrapped /var/log/tor/notices.log
  logrotate -f /etc/logrotate.d/tor
  eventually grep -q 'opening new log file' /var/log/tor/notices.log
  eventually holds /var/log/tor/notices.log
  [ -s /var/log/tor/notices.log.1 ]
}

@test "keeps its guards over a restart" {
  local before
  eventually says "$(fresh)"
  restart
  eventually ready
  before=$(grep -o '^Guard .*rsa_id=[0-9A-F]*' $data/state | sort)
  [ -n "$before" ]
  restart
  eventually ready
  [ -z "$(comm -23 <(echo "$before") <(grep -o '^Guard .*rsa_id=[0-9A-F]*' $data/state | sort))" ]
}

@test "runs as its own user, without any capability" {
  local pid
  [ "$(users)" = debian-tor ]
  for pid in $(processes); do
    grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
    [ "$(awk '/^Gid:/ {print $2, $3, $4, $5}' "/proc/$pid/status")" = "$(g=$(id -g debian-tor); echo "$g $g $g $g")" ]
  done
  [ "$(cat /run/tor/tor.pid)" = "$(main_pid)" ]
}

@test "serves a hundred connections at once" {
  eventually says "$(fresh)"
  # shellcheck disable=SC2016 # the dollars are Perl's
  run -0 timeout 30 perl -MIO::Socket::INET -e '
    my @open = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:9050", Timeout => 5) or die "client $_: $!\n" } 1 .. 100;
    for (@open) { syswrite $_, "\5\1\0"; sysread $_, my $x, 2; $x eq "\5\0" or die "no SOCKS\n" }
    for (@open) { syswrite $_, "\5\1\0\1\x7f\0\0\1" . pack "n", 8000 }
    for (@open) { sysread $_, my $x, 10; (unpack "C2", $x)[1] == 0 or die "refused\n" }'
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually ready
  eventually says "$(fresh)"
}

@test "says to the journal what is wrong with its configuration" {
  configure 'Nonsense 1' || true
  eventually journalled "Unknown option 'Nonsense'"
  run ! systemctl -q is-active "$UNIT"
}

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again" {
  local all pid
  all=$(processes)
  timeout 40 systemctl stop "$UNIT"
  ended_well
  for pid in $all; do gone "$pid"; done
  run ! says hello
  restart
  eventually ready
  eventually says "$(fresh)"
}
