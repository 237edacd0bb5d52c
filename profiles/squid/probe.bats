#!/usr/bin/env bats
# What Squid must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

home=/srv/fenced-probe
settings=/etc/squid/conf.d/fenced-probe.conf
spool=/var/spool/squid
log=/var/log/squid/access.log
key=/etc/ssl/private/fenced-probe.pem
# From Debian 13 on the package lets nobody else ask for 127.0.0.1.
site=http://192.0.2.10:8080

# from PROXY URL...: as a client of the proxy there
from() { curl -sS --max-time 8 --noproxy '' --proxy "http://$1" "${@:2}"; }
through() { from 127.0.0.1:3128 "$@"; }
answers() { [[ $(through "$@") == 'GET /'*' from '* ]]; }
serves() { answers http://127.0.0.1:8080/up; }
status_of() { from "$1" -o /dev/null -w '%{http_code}' "${@:2}"; }
refuses() { [ "$(status_of "$@")" = 403 ]; }
asked() { grep -cF -- "$1" $home/requests || true; }
logged() { grep -qF -- "$1" $log; }
kid() { pgrep -f '^\(squid-1\)'; }

anew() {
  systemctl reset-failed "$UNIT" || true
  timeout 20 systemctl restart "$UNIT" || {
    systemctl kill --signal=KILL "$UNIT"
    return 1
  }
  eventually serves
}

# further: the usual configuration with what comes on stdin after it
further() {
  { cat $home/usual.conf - && echo "cache_dir ufs $spool 100 16 256"; } >$settings
}

# site: adds what comes on stdin, reloads, and waits until Squid works by it
site() {
  local turn=turn-$RANDOM$RANDOM
  { cat && echo "visible_hostname $turn"; } | further
  timeout 10 systemctl reload "$UNIT"
  eventually calls_itself $turn
}

calls_itself() { through -D - -o /dev/null http://127.0.0.1:8080/turn | grep -qi "^via: .*$1"; }

# caches LINE...: starts with these instead of the usual cache
caches() {
  { cat $home/usual.conf && printf '%s\n' "$@"; } >$settings
  anew
}

# cached URL: the answer is there without asking for it
cached() { [ "$(status_of 127.0.0.1:3128 -H 'Cache-Control: only-if-cached' "$1")" = 200 ]; }

# origin [COMMAND...]: says who asks for what; what has cached in its path may be kept. COMMAND takes it elsewhere.
origin() {
  "$@" perl -MIO::Socket::IP -MPOSIX=strftime -e '
    my $home = shift;
    $SIG{CHLD} = "IGNORE";
    my $listener = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8080, Listen => 64, ReuseAddr => 1, V6Only => 0)
      or die "origin: $@";
    exit if fork;
    open my $pids, ">>", "$home/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (1) {
      my $client = $listener->accept or next;
      next if fork;
      my ($method, $path) = split " ", <$client> // exit;
      my ($length, $body) = (0, "");
      while (($_ = <$client>) =~ /\S/) { $length = $1 if /^content-length: (\d+)/i }
      if ($length) { read $client, $body, $length; open my $file, ">", "$home/upload" or die; print $file $body; close $file }
      open my $requests, ">>", "$home/requests" or die;
      print $requests "$method $path\n";
      close $requests;
      my $answer = "$method $path from " . $client->peerhost . "\n";
      if ($path =~ /large/) { local $/; open my $file, "<", "$home/large" or die; $answer = <$file> }
      my $keep = $path =~ /cached/ ? "max-age=600" : "no-store";
      # Squid keeps an answer without a date, but takes it for an old one.
      my $date = strftime "%a, %d %b %Y %H:%M:%S GMT", gmtime;
      print $client "HTTP/1.1 200 OK\r\nDate: $date\r\nCache-Control: $keep\r\nConnection: close\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
      exit;
    }' $home >>$home/origin.out 2>&1 3>&-
}

# Knows one address, that of the origin, for every name.
name_server() {
  perl -MIO::Socket::INET -e '
    my $dns = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp") or die "name server: $!";
    exit if fork;
    open my $pids, ">>", "$ARGV[0]/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (defined(my $from = $dns->recv(my $asked, 512))) {
      my $end = index($asked, "\0", 12) + 5;
      my $known = unpack("n", substr $asked, $end - 4) == 1;
      $dns->send(substr($asked, 0, 2) . pack("n5", 0x8180, 1, $known, 0, 0) . substr($asked, 12, $end - 12)
        . ($known ? pack("n3Nn", 0xC00C, 1, 1, 1, 4) . "\x7F\0\0\1" : ""));
    }' $home >>$home/origin.out 2>&1 3>&-
}

in_client() { ip netns exec fenced-client timeout 20 "$@"; }
ask_from_client() { in_client curl -sS --max-time 5 --noproxy '*' "$@"; }

# A client and a server, each in a network of its own, with this machine between them; it forwards nothing.
networks() {
  local name n
  no_networks
  for name in client origin; do
    n=$([ $name = client ] && echo 1 || echo 2)
    ip netns add fenced-$name
    ip link add fenced-$name type veth peer name lan netns fenced-$name
    echo 0 >/proc/sys/net/ipv6/conf/fenced-$name/accept_dad
    ip address add "10.77.$n.1/24" dev fenced-$name
    ip address add "fd77:$n::1/64" dev fenced-$name nodad
    ip netns exec fenced-$name sh -e -c "
      echo 0 >/proc/sys/net/ipv6/conf/lan/accept_dad
      ip link set lo up
      ip link set lan up
      ip address add 10.77.$n.2/24 dev lan
      ip address add fd77:$n::2/64 dev lan nodad
      ip route add default via 10.77.$n.1"
    ip link set fenced-$name up
    ip netns exec fenced-$name ip route add default via "fd77:$n::1"
  done
}

no_networks() {
  local name
  for name in client origin; do
    ip netns del fenced-$name 2>/dev/null || true
    ip link del fenced-$name 2>/dev/null || true
  done
}

# Packets with the mark 1 are for this machine, whatever their address.
mark_means_here() {
  local family
  for family in -4 -6; do
    ip $family rule add fwmark 1 lookup 77
    ip $family route replace local default dev lo table 77
  done
}

no_interception() {
  local family
  nft delete table inet fenced 2>/dev/null || true
  for family in -4 -6; do
    while ip $family rule del fwmark 1 lookup 77 2>/dev/null; do :; done
    ip $family route flush table 77 2>/dev/null || true
  done
}

stop_servers() {
  if [ -e $home/pids ]; then xargs kill <$home/pids 2>/dev/null || true; fi
  rm -f $home/pids
  systemctl -q stop fenced-secure 2>/dev/null || true
}

setup_file() {
  mkdir -p $home/www
  stop_servers
  no_interception
  networks
  : >$home/requests
  [ -e $home/large ] || head -c 3000000 /dev/urandom >$home/large
  echo hello >$home/www/hello
  if [ ! -e $key ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $home/key -out $home/certificate 2>/dev/null &&
      cat $home/certificate $home/key >$key)
  fi
  origin
  origin ip netns exec fenced-origin
  name_server
  systemd-run -q --unit=fenced-secure --working-directory=$home/www \
    openssl s_server -accept '[::]:8443' -cert $home/certificate -key $home/key -WWW -quiet
  echo "user:$(openssl passwd -apr1 secret)" >/etc/squid/fenced-passwords
  chgrp proxy /etc/squid/fenced-passwords
  chmod 640 /etc/squid/fenced-passwords
  echo '/blocked-before$' >/etc/squid/fenced-blocked
  printf '#!/bin/sh\nwhile read -r line; do case $line in */taboo*) echo ERR ;; *) echo OK ;; esac; done\n' >/usr/local/bin/fenced-judge
  chmod 755 /usr/local/bin/fenced-judge
  rm -rf $spool/fenced-*
  cat >$home/usual.conf <<EOF
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/fenced-passwords
auth_param basic children 2 startup=1
acl SSL_ports port 8443
acl purge method PURGE
acl lan src 192.0.2.0/24 2001:db8::/64
acl inside src 10.77.1.0/24 fd77:1::/64
acl password_port localport 3131
acl open_port localport 3132
acl users proxy_auth REQUIRED
acl blocked url_regex "/etc/squid/fenced-blocked"
external_acl_type judge ttl=0 negative_ttl=0 children-max=2 children-startup=1 %URI /usr/local/bin/fenced-judge
acl judged external judge
http_port 3131
http_port 3132
https_port 3443 accel defaultsite=localhost:8080 tls-cert=$key
cache_peer 127.0.0.1 parent 8080 0 no-query no-digest originserver name=origin
acl secure_port localport 3443
cache_peer_access origin allow secure_port
cache_peer_access origin deny all
http_access deny lan blocked
http_access allow lan password_port users
http_access allow lan open_port judged
dns_nameservers 127.0.0.1
shutdown_lifetime 1 second
cache_mem 8 MB
EOF
  further </dev/null
  cp $settings $home/first.conf
  # The package's own configuration takes 30 seconds to stop.
  systemctl kill --signal=KILL "$UNIT" || true
  anew || true
}

teardown_file() {
  stop_servers
  no_interception
  no_networks
}

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  no_interception
  cmp -s $home/first.conf $settings && return
  local caches
  caches=$(grep -E '^(cache_dir|workers) ' $settings)
  cp $home/first.conf $settings
  if [ "$BATS_TEST_COMPLETED" ] && systemctl -q is-active "$UNIT" && [ "$caches" = "$(grep -E '^(cache_dir|workers) ' $settings)" ]; then
    timeout 10 systemctl reload "$UNIT"
    eventually serves
  else
    anew
  fi
}

@test "passes requests on, over IPv4 and IPv6, by address and by name" {
  [ "$(through http://127.0.0.1:8080/hello)" = 'GET /hello from ::ffff:127.0.0.1' ]
  [ "$(from '[::1]:3128' 'http://[::1]:8080/hello')" = 'GET /hello from ::1' ]
  answers http://localhost:8080/hello
  answers http://fenced:8080/hello
}

@test "finds a server by its name through DNS" {
  answers http://app.example:8080/hello
}

@test "serves other machines where they may, and refuses them elsewhere" {
  [[ $(from 192.0.2.10:3132 $site/hello) == 'GET /hello from '* ]]
  [[ $(from '[2001:db8::10]:3132' $site/hello) == 'GET /hello from '* ]]
  refuses 192.0.2.10:3128 $site/hello
}

@test "carries large uploads and downloads unharmed, ten at a time" {
  rm -f $home/upload
  [[ $(through -T $home/large http://127.0.0.1:8080/upload) == 'PUT /upload from '* ]]
  cmp $home/upload $home/large
  local pids=() n
  for n in {1..10}; do
    through -o "$BATS_TEST_TMPDIR/large.$n" "http://127.0.0.1:8080/large-$n" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for n in {1..10}; do cmp $home/large "$BATS_TEST_TMPDIR/large.$n"; done
}

@test "opens a tunnel for TLS" {
  [ "$(through --cacert $home/certificate https://localhost:8443/hello | tr -d '\r' | tail -n 1)" = hello ]
}

@test "says what is wrong when a page cannot be had" {
  [ "$(status_of 127.0.0.1:3128 http://127.0.0.1:8099/)" = 503 ]
  through http://127.0.0.1:8099/ | grep -q ERR_CONNECT_FAIL
}

@test "answers from its cache, and finds it again after a restart" {
  local url=http://127.0.0.1:8080/cached-large-$RANDOM$RANDOM
  through -o $home/first $url
  cmp $home/first $home/large
  anew
  eventually cached $url
  through -o $home/second $url
  cmp $home/second $home/large
  [ "$(asked "${url##*/}")" = 1 ]
  find $spool -type f -user proxy -size +2M | grep -q .
}

@test "takes out of its cache what is purged, on the disk as well" {
  find $spool -type f -size +2M -delete
  local url=http://127.0.0.1:8080/cached-large-$RANDOM$RANDOM
  through -o /dev/null $url
  eventually on_disk
  [ "$(status_of 127.0.0.1:3128 -X PURGE $url)" = 200 ]
  run ! cached $url
  eventually off_disk
}

on_disk() { find $spool -type f -size +2M | grep -q .; }
off_disk() { ! on_disk; }

@test "asks for a password, which a helper knows" {
  [ "$(status_of 192.0.2.10:3131 $site/hello)" = 407 ]
  [ "$(status_of 192.0.2.10:3131 --proxy-user user:wrong $site/hello)" = 407 ]
  [ "$(status_of 192.0.2.10:3131 --proxy-user user:secret $site/hello)" = 200 ]
}

@test "lets a program of your own decide" {
  refuses 192.0.2.10:3132 $site/taboo
  [ "$(status_of 192.0.2.10:3132 $site/other)" = 200 ]
}

@test "blocks by a list, and reads it anew on reload" {
  refuses 192.0.2.10:3132 $site/blocked-before
  echo '/blocked-after$' >/etc/squid/fenced-blocked
  timeout 10 systemctl reload "$UNIT"
  eventually refuses 192.0.2.10:3132 $site/blocked-after
  [ "$(status_of 192.0.2.10:3132 $site/blocked-before)" = 200 ]
  echo '/blocked-before$' >/etc/squid/fenced-blocked
  timeout 10 squid -k reconfigure
  eventually refuses 192.0.2.10:3132 $site/blocked-before
}

@test "rewrites addresses by a program of your own" {
  printf '#!/usr/bin/perl\n$| = 1;\nwhile (<STDIN>) { print m{/old$|/old } ? qq(OK rewrite-url="http://127.0.0.1:8080/new"\\n) : "ERR\\n" }\n' \
    >/usr/local/bin/fenced-rewrite
  chmod 755 /usr/local/bin/fenced-rewrite
  site <<'EOF'
url_rewrite_program /usr/local/bin/fenced-rewrite
url_rewrite_children 2 startup=1
EOF
  [[ $(through http://127.0.0.1:8080/old) == 'GET /new from '* ]]
  answers http://127.0.0.1:8080/same
}

@test "stands before a web server, over TLS with a key that only root may read" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  over_tls
  timeout 10 systemctl reload "$UNIT"
  eventually over_tls
}

over_tls() { [[ $(curl -sS --max-time 5 --cacert $home/certificate https://localhost:3443/tls) == 'GET /tls from '* ]]; }

@test "asks from the address that it is told to" {
  site <<<'tcp_outgoing_address 192.0.2.10'
  [ "$(through http://127.0.0.1:8080/outgoing)" = 'GET /outgoing from ::ffff:192.0.2.10' ]
}

@test "takes over connections that the firewall redirects (intercept)" {
  local mark=$RANDOM$RANDOM
  site <<'EOF'
http_port 3130 intercept
http_access allow inside
EOF
  nft -f - <<'EOF'
table inet fenced {
  chain before {
    type nat hook prerouting priority dstnat
    iifname fenced-client tcp dport 8080 redirect to :3130
  }
}
EOF
  [ "$(ask_from_client "http://10.77.2.2:8080/taken-$mark")" = "GET /taken-$mark from ::ffff:10.77.2.1" ]
  [ "$(ask_from_client "http://[fd77:2::2]:8080/taken-$mark")" = "GET /taken-$mark from fd77:2::1" ]
  eventually logged "GET http://10.77.2.2:8080/taken-$mark"
}

@test "sets the type of service of its connections" {
  site <<<'tcp_outgoing_tos 0x48 all'
  nft -f - <<'EOF'
table inet fenced {
  chain out {
    type filter hook output priority filter
    ip daddr 10.77.2.2 ip dscp != 0x12 reject
  }
}
EOF
  run ! curl -sS --max-time 5 --noproxy '*' http://10.77.2.2:8080/unset
  [ "$(through http://10.77.2.2:8080/set)" = 'GET /set from ::ffff:10.77.2.1' ]
}

@test "refuses a broken configuration, and says where it is broken" {
  further <<<'acl broken fenced-nonsense all'
  run ! timeout 40 systemctl restart "$UNIT"
  eventually journalled 'fenced-probe.conf line [0-9]+.*acl broken fenced-nonsense'
}

@test "works as its own user, and keeps nothing of root" {
  [ "$(awk '/^Uid:/ {print $3}' "/proc/$(kid)/status")" = "$(id -u proxy)" ]
  [ "$(awk '/^Gid:/ {print $3}' "/proc/$(kid)/status")" = "$(id -g proxy)" ]
  grep -qP '^CapEff:\t0+[0-9a-f]{0,4}$' "/proc/$(kid)/status"
  [ "$(ps -o user= -C basic_ncsa_auth | sort -u)" = proxy ]
}

@test "has all groups of its user, such as winbind's" {
  getent group fenced >/dev/null || groupadd --system fenced
  usermod -aG fenced proxy
  anew
  sed -n 's/^Groups://p' "/proc/$(kid)/status" | grep -qw "$(getent group fenced | cut -d : -f 3)"
  gpasswd -d proxy fenced
}

@test "writes its process id and its logs, for those who may read them" {
  local mark=$RANDOM$RANDOM
  answers http://127.0.0.1:8080/logged-$mark
  eventually logged "GET http://127.0.0.1:8080/logged-$mark"
  [ "$(stat -c '%U %G %a' $log)" = 'proxy proxy 640' ]
  setpriv --reuid nobody --regid nogroup --groups proxy grep -q logged-$mark $log
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/squid.pid | grep -qx "$(main_pid)"
  grep -q 'Accepting HTTP' /var/log/squid/cache.log
}

@test "logs to the journal, and to a further file" {
  local mark=$RANDOM$RANDOM
  site <<'EOF'
access_log daemon:/var/log/squid/access.log squid
access_log syslog:local4.info squid
access_log stdio:/var/log/squid/fenced-further.log common
EOF
  answers http://127.0.0.1:8080/further-$mark
  eventually logged further-$mark
  eventually grep -q further-$mark /var/log/squid/fenced-further.log
  eventually told_syslog further-$mark
}

told_syslog() { journalctl -q -b -o cat -n 200 | grep -q "GET http.*$1"; }

@test "shows its figures" {
  curl -sS --max-time 5 http://127.0.0.1:3128/squid-internal-mgr/info | grep -q 'Number of clients accessing cache'
  curl -sS --max-time 5 http://127.0.0.1:3128/squid-internal-mgr/info | grep -q 'Maximum number of file descriptors'
}

@test "has its logs rotated as the package does it, more than once" {
  local turn mark
  for turn in first second; do
    mark=$turn-$RANDOM$RANDOM
    answers http://127.0.0.1:8080/before-$mark
    eventually logged before-$mark
    logrotate -f /etc/logrotate.d/squid
    eventually logged_anew $mark
    grep -q before-$mark $log.1
    eventually test -s /var/log/squid/cache.log
  done
}

logged_anew() {
  answers "http://127.0.0.1:8080/after-$1"
  logged "after-$1"
}

@test "brings a download to its end over a reload" {
  local before
  before=$(main_pid)
  through --limit-rate 1M -o $home/slow http://127.0.0.1:8080/large-slow 3>&- &
  local download=$!
  site </dev/null
  wait $download
  cmp $home/slow $home/large
  [ "$(main_pid)" = "$before" ]
}

@test "starts its worker anew when that is killed" {
  local before
  before=$(kid)
  kill -KILL "$before"
  eventually gone "$before"
  eventually serves
  [ "$(systemctl show -p NRestarts --value "$UNIT")" = 0 ]
}

@test "keeps its cache by threads and by processes of their own as well" {
  caches "cache_dir aufs $spool/fenced-aufs 50 16 16 max-size=1000000" "cache_dir diskd $spool/fenced-diskd 50 16 16 min-size=1000001"
  local url=http://127.0.0.1:8080/cached-$RANDOM$RANDOM
  through -o /dev/null $url
  through -o /dev/null $url-large
  pgrep -x diskd
  eventually filled $spool/fenced-aufs
  eventually filled $spool/fenced-diskd
  anew
  eventually cached $url
  eventually cached $url-large
}

filled() { find "$1" -path '*/??/??/*' -type f | grep -q .; }

@test "shares its work and its cache among processes, each with its processor" {
  caches 'workers 2' 'cpu_affinity_map process_numbers=1,2 cores=1,2' "cache_dir rock $spool/fenced-rock 64"
  local url=http://127.0.0.1:8080/cached-$RANDOM$RANDOM
  eventually two_workers
  [ "$(for pid in $(pgrep -f '^\(squid-[12]\)'); do grep ^Cpus_allowed_list "/proc/$pid/status"; done | sort -u | wc -l)" = "$(($(nproc) > 1 ? 2 : 1))" ]
  eventually on_rock $url
  eventually kept_by_all $url
  anew
  eventually cached $url
}

two_workers() { [ "$(pgrep -c -f '^\(squid-[12]\)')" = 2 ]; }

# While it still reads what is on the disk, it writes nothing there.
on_rock() {
  through -o /dev/null -H 'Cache-Control: no-cache' "$1"
  grep -aqF "$1" $spool/fenced-rock/rock
}

kept_by_all() {
  through -o /dev/null "$1"
  for _ in 1 2 3 4; do cached "$1" || return; done
}

# bats test_tags=option:pinger
@test "measures how far away servers are" {
  further <<<'query_icmp on'
  anew
  eventually pgrep -x pinger
  answers $site/measured
  eventually knows_distance
}

knows_distance() { curl -sS --max-time 5 http://127.0.0.1:3128/squid-internal-mgr/netdb | grep -E '^192\.0\.2\.0 +[1-9]'; }

# bats test_tags=option:low-port
@test "listens on a port below 1024, also after a reload" {
  further <<<'http_port 80 accel defaultsite=localhost:8080'
  anew
  eventually curl -sS --max-time 5 -o /dev/null http://127.0.0.1/
  timeout 10 systemctl reload "$UNIT"
  sleep 1
  eventually serves
  curl -sS --max-time 5 -o /dev/null http://127.0.0.1/
}

# bats test_tags=option:elsewhere
@test "keeps its cache on another volume" {
  rm -rf /srv/fenced-cache
  install -d -o proxy -g proxy /srv/fenced-cache
  caches 'cache_dir ufs /srv/fenced-cache 50 16 16'
  through -o /dev/null http://127.0.0.1:8080/cached-$RANDOM$RANDOM
  eventually filled /srv/fenced-cache
}

# bats test_tags=option:home
@test "reads a list below /home" {
  mkdir -p /home/fenced
  echo '/blocked-at-home$' >/home/fenced/blocked
  further <<'EOF'
acl home url_regex "/home/fenced/blocked"
http_access deny home
http_access allow lan
EOF
  anew
  refuses 192.0.2.10:3128 $site/blocked-at-home
  [ "$(status_of 192.0.2.10:3128 $site/open)" = 200 ]
}

# bats test_tags=option:transparent
@test "marks its connections" {
  further <<<'tcp_outgoing_mark 0x7 all'
  anew
  nft -f - <<'EOF'
table inet fenced {
  chain out {
    type filter hook output priority filter
    ip daddr 10.77.2.2 meta mark != 7 reject
    ip6 daddr fd77:2::2 meta mark != 7 reject
  }
}
EOF
  run ! curl -sS --max-time 5 --noproxy '*' http://10.77.2.2:8080/unmarked
  [ "$(through http://10.77.2.2:8080/marked)" = 'GET /marked from ::ffff:10.77.2.1' ]
  [ "$(through 'http://[fd77:2::2]:8080/marked')" = 'GET /marked from fd77:2::1' ]
}

# bats test_tags=option:transparent
@test "speaks in the name of clients whose connections it takes over (tproxy)" {
  local mark=$RANDOM$RANDOM
  further <<'EOF'
http_port 3129 tproxy
http_access allow inside
EOF
  anew
  mark_means_here
  nft -f - <<'EOF'
table inet fenced {
  chain before {
    type filter hook prerouting priority mangle
    meta l4proto tcp socket transparent 1 meta mark set 1 accept
    iifname fenced-client tcp dport 8080 tproxy to :3129 meta mark set 1 accept
  }
}
EOF
  [ "$(ask_from_client "http://10.77.2.2:8080/tproxy-$mark")" = "GET /tproxy-$mark from ::ffff:10.77.1.2" ]
  [ "$(ask_from_client "http://[fd77:2::2]:8080/tproxy-$mark")" = "GET /tproxy-$mark from fd77:1::2" ]
  eventually logged "GET http://10.77.2.2:8080/tproxy-$mark"
  eventually logged "GET http://[fd77:2::2]:8080/tproxy-$mark"
}

# bats test_tags=option:pam
@test "knows the passwords of this machine's users through PAM" {
  id fenced-user >/dev/null 2>&1 || useradd fenced-user
  echo fenced-user:secret | chpasswd
  install -m 4755 /usr/lib/squid/basic_pam_auth /usr/local/bin/fenced-pam
  sed -i 's|^auth_param basic program .*|auth_param basic program /usr/local/bin/fenced-pam|' $settings
  anew
  [ "$(status_of 192.0.2.10:3131 --proxy-user fenced-user:wrong $site/hello)" = 407 ]
  [ "$(status_of 192.0.2.10:3131 --proxy-user fenced-user:secret $site/hello)" = 200 ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -f '^\(squid-'
  [ ! -e /run/squid.pid ]
  run ! serves
  anew
}
