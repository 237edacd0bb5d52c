#!/usr/bin/env bats
# What HAProxy must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

bats_require_minimum_version 1.5.0

home=/srv/fenced-probe
settings=/etc/haproxy/haproxy.cfg
log=/var/log/haproxy.log
key=/etc/ssl/private/fenced-probe.pem

eventually() {
  local end=$((SECONDS + 4))
  while ((SECONDS <= end)); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  echo "waited 4 seconds for: $*"
  return 1
}

get() { curl -sS --max-time 10 "$@"; }
answers() { [[ $(get "$@" 2>/dev/null) == *' by '* ]]; }
master() { systemctl show -p MainPID --value "$UNIT"; }
worker() { pgrep -n -P "$(master)" -x haproxy; }
gone() { ! kill -0 "$@" 2>/dev/null; }
admin() { nc -N -w 3 -U /run/haproxy/admin.sock <<<"$1"; }

# configure [LINE...]: the package's configuration with these lines in its global section, and with stdin at its end
configure() {
  {
    sed '/^global$/q' $settings.package
    if [ $# -gt 0 ]; then printf '\t%s\n' "$@"; fi
    sed '0,/^global$/d' $settings.package
    cat
  } >$settings
}

# further [LINE...]: the usual configuration, with these lines in its global section and stdin at its end
further() {
  configure 'maxconn 8000' 'cpu-map auto:1/1-2 0-1' 'localpeer here' "lua-load $home/probe.lua" \
    'server-state-file /var/lib/haproxy/state' "$@" < <(cat - $home/usual.cfg)
}

# site: adds what comes on stdin, and waits until HAProxy works by it
site() {
  local turn=$RANDOM$RANDOM
  { cat && printf 'frontend turn\n\tbind 127.0.0.1:8099\n\thttp-request return string %s content-type text/plain\n' $turn; } | further "$@"
  timeout 10 systemctl reload "$UNIT"
  eventually says $turn http://127.0.0.1:8099/
}

says() { [ "$(get "${@:2}" 2>/dev/null)" = "$1" ]; }

restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 10 systemctl restart "$UNIT" || {
    systemctl kill --signal=KILL "$UNIT"
    return 1
  }
  eventually answers http://127.0.0.1/
}

# application ADDRESS...: answers HTTP on TCP addresses and unix sockets until the end of the probe
application() {
  perl -MIO::Socket::INET -MIO::Socket::UNIX -e '
    my ($home, @addresses) = @ARGV;
    my ($address) = grep { !fork } @addresses or exit;
    $SIG{CHLD} = "IGNORE";
    unlink $address;
    my $listener = $address =~ m{^/} ? IO::Socket::UNIX->new(Local => $address, Listen => 64)
      : IO::Socket::INET->new(LocalAddr => $address, Listen => 64, ReuseAddr => 1);
    $listener or die "$address: $!";
    chmod 0666, $address if $address =~ m{^/};
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
      my $from = $address =~ m{^/} ? "here" : $client->peerhost;
      my $answer = $path eq "/large" ? "0123456789abcdef" x 262144 : "$method $path from $from by $address\n";
      print $client "HTTP/1.0 200 OK\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
      exit;
    }' "$home" "$@" >>"$home/application.out" 2>&1 3>&-
}

# Knows one address, that of the application, for every name.
name_server() {
  perl -MIO::Socket::INET -e '
    my $dns = IO::Socket::INET->new(LocalAddr => "127.0.0.1:5399", Proto => "udp") or die "name server: $!";
    exit if fork;
    open my $pids, ">>", "$ARGV[0]/pids" or die;
    print $pids "$$\n";
    close $pids;
    while (defined(my $from = $dns->recv(my $asked, 512))) {
      my $end = index($asked, "\0", 12) + 5;
      my $head = pack "n5", 0x8180, 1, 1, 0, 0;
      $dns->send(substr($asked, 0, 2) . $head . substr($asked, 12, $end - 12) . pack("n3Nn", 0xC00C, 1, 1, 1, 4) . "\x7F\0\0\1");
    }' "$home" >>"$home/application.out" 2>&1 3>&-
}

stop_applications() {
  if [ -e $home/pids ]; then xargs kill <$home/pids 2>/dev/null || true; fi
  rm -f $home/pids
}

setup_file() {
  mkdir -p $home /var/lib/haproxy
  [ -e $settings.package ] || cp -p $settings $settings.package
  if [ ! -e $key ]; then
    (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $home/key -out $home/certificate 2>/dev/null &&
      cat $home/certificate $home/key >$key)
  fi
  head -c 4000000 /dev/urandom >$home/large
  echo 'core.register_service("lua", "http", function(applet) local said = "Lua " .. (6 * 7) .. "\n"
    applet:set_status(200) applet:start_response() applet:send(said) end)' >$home/probe.lua
  rm -f /var/lib/haproxy/state
  stop_applications
  name_server
  application 127.0.0.1:8201 127.0.0.1:8202 /var/lib/haproxy/application.sock
  cat >$home/usual.cfg <<EOF
frontend probe
	bind :80
	bind [::]:80 v6only
	bind :443 ssl crt ${key##*/} alpn h2,http/1.1
	bind /run/haproxy/probe.sock group haproxy mode 660
	stats enable
	stats uri /stats
	http-request use-service prometheus-exporter if { path /metrics }
	http-request use-service lua.lua if { path /lua }
	http-request track-sc0 src table visits if { path /visit }
	http-request return lf-string "%[sc0_http_req_cnt(visits)]" content-type text/plain if { path /visit }
	use_backend socket if { path /socket }
	use_backend byname if { path /byname }
	use_backend dead if { path /dead }
	default_backend application
backend application
	server one 127.0.0.1:8201 check inter 500
	server two 127.0.0.1:8202 check inter 500
	load-server-state-from-file global
backend socket
	server local unix@/application.sock check inter 500
backend byname
	server name app.example:8201 resolvers probe init-addr none resolve-prefer ipv4 check inter 500
backend dead
	server none 127.0.0.1:9 check inter 100 rise 1 fall 1
resolvers probe
	nameserver local 127.0.0.1:5399
	hold valid 1s
peers probe
	peer here 127.0.0.1:8203
	table visits type ip size 10k expire 10m store http_req_cnt
EOF
  sed -i 's/table visits if/table probe\/visits if/; s/(visits)/(probe\/visits)/' $home/usual.cfg
  further </dev/null
  cp $settings $home/first.cfg
  restart || true
}

teardown_file() { stop_applications; }

# What a test has added is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $home/first.cfg $settings && return
  cp $home/first.cfg $settings
  if [ -z "$BATS_TEST_COMPLETED" ]; then restart; fi
}

@test "passes requests on to two servers in turn, over IPv4 and IPv6" {
  local both
  both=$(for _ in 1 2 3 4; do get http://127.0.0.1/hello; done | grep -o 'GET /hello from 127.0.0.1 by 127.0.0.1:820[12]' | sort | uniq -c | tr -s ' ')
  [ "$both" = ' 2 GET /hello from 127.0.0.1 by 127.0.0.1:8201
 2 GET /hello from 127.0.0.1 by 127.0.0.1:8202' ]
  answers 'http://[::1]/'
}

@test "serves other machines" {
  answers http://192.0.2.10/
  answers 'http://[2001:db8::10]/'
}

@test "carries large uploads and downloads unharmed" {
  rm -f $home/upload
  [[ $(get -T $home/large http://127.0.0.1/upload) == 'PUT /upload from '* ]]
  cmp $home/upload $home/large
  [ "$(get http://127.0.0.1/large | wc -c)" = 4194304 ]
}

@test "serves TLS with a key that only root may read, and HTTP/2" {
  [ "$(stat -c '%U %a' $key)" = 'root 600' ]
  get -o $home/answer -w '%{http_version} %{ssl_verify_result}' --cacert $home/certificate https://localhost/ >$home/how
  grep -q '^2 0$' $home/how
  grep -q ' by ' $home/answer
  answers --http1.1 --tls-max 1.2 --cacert $home/certificate https://localhost/
}

@test "listens on a unix socket with the group and rights that were asked for" {
  [ "$(stat -c '%G %a' /run/haproxy/probe.sock)" = 'haproxy 660' ]
  setpriv --reuid nobody --regid nogroup --groups haproxy curl -sS --unix-socket /run/haproxy/probe.sock http://localhost/ | grep -q ' by '
}

@test "reaches a server by its unix socket below the chroot" {
  eventually from_socket
}

from_socket() { [[ $(get http://127.0.0.1/socket) == 'GET /socket from here by '* ]]; }

@test "finds a server by its name at run time" {
  eventually by_name
}

by_name() { [[ $(get http://127.0.0.1/byname) == 'GET /byname from '* ]]; }

@test "notices that a server is down, and says so" {
  [[ $(get http://127.0.0.1/dead) == *'503 Service Unavailable'* ]]
  eventually grep -q 'backend dead has no server available' $log
}

@test "matches regular expressions" {
  site <<'EOF'
frontend expressions
	bind 127.0.0.1:8096
	http-request return string matched content-type text/plain if { path_reg ^/(a|b)+[0-9]{2}$ }
	http-request return string other content-type text/plain
EOF
  [ "$(get http://127.0.0.1:8096/abba42)" = matched ]
  [ "$(get http://127.0.0.1:8096/abba4)" = other ]
}

@test "runs Lua, and shows its figures" {
  [ "$(get http://127.0.0.1/lua)" = 'Lua 42' ]
  get http://127.0.0.1/metrics | grep -q '^haproxy_process_build_info{version="'
  get http://127.0.0.1/stats | grep -q 'Statistics Report'
}

@test "works as its own user, shut in its chroot" {
  local status
  status=/proc/$(worker)/status
  [ "$(grep -P '^[UG]id:' "$status" | cut -f 2- | tr '\t' ' ' | sort -u)" = "$(printf '%s\n' "$(id -u haproxy) $(id -u haproxy) $(id -u haproxy) $(id -u haproxy)" \
    "$(id -g haproxy) $(id -g haproxy) $(id -g haproxy) $(id -g haproxy)" | sort -u)" ]
  grep -qP '^CapEff:\t0+$' "$status"
  [[ $(readlink "/proc/$(worker)/root") == */var/lib/haproxy ]]
}

@test "has the connections and the processors that it was given" {
  [ "$(admin 'show info' | sed -n 's/^Maxconn: //p')" = 8000 ]
  [ "$(sed -n 's/^Max open files *\([0-9]*\) .*/\1/p' "/proc/$(worker)/limits")" -ge 16000 ]
  [ "$(cat /proc/"$(worker)"/task/*/status | grep '^Cpus_allowed_list' | sort -u | wc -l)" -ge 2 ]
}

@test "takes orders on its admin socket" {
  [ "$(stat -c '%a' /run/haproxy/admin.sock)" = 660 ]
  admin 'show info' | grep -q '^Uptime_sec: '
  admin 'set server application/one state maint' >/dev/null
  [[ $(for _ in 1 2 3; do get http://127.0.0.1/; done) != *8201* ]]
  admin 'set server application/one state ready' >/dev/null
  eventually both_serve
}

both_serve() { [[ $(for _ in 1 2 3 4; do get http://127.0.0.1/; done) == *8201* ]]; }

@test "shows its processes on the master's socket, and lets others read its process id" {
  [ "$(nc -N -w 3 -U /run/haproxy-master.sock <<<'show proc' | sed -n 's/^\([0-9]*\) *master .*/\1/p')" = "$(master)" ]
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/haproxy.pid | grep -qx "$(master)"
}

@test "logs each request through syslog, out of its chroot" {
  local mark=$RANDOM$RANDOM
  answers "http://127.0.0.1/logged?$mark"
  eventually grep -q "GET /logged?$mark HTTP/1.1\"" $log
  eventually journalled $mark
}

journalled() { journalctl -t haproxy -o cat -n 50 | grep -q "logged?$1"; }

@test "has its log rotated as the package does it, more than once" {
  for turn in first second; do
    local mark=$turn-$RANDOM$RANDOM
    answers "http://127.0.0.1/?before-$mark"
    eventually grep -q "before-$mark" $log
    logrotate -f /etc/logrotate.d/haproxy
    eventually logged_anew "$mark"
    grep -q "before-$mark" $log.1
  done
}

logged_anew() {
  answers "http://127.0.0.1/?after-$1"
  grep -q "after-$1" $log
}

@test "reloads under traffic, without one failed request, and brings a download to its end" {
  local old
  old=$(worker)
  rm -f $home/enough
  get --limit-rate 2M -o $home/slow http://127.0.0.1/large 3>&- &
  local download=$!
  traffic >$home/codes 3>&- &
  local traffic=$!
  site </dev/null
  site </dev/null
  touch $home/enough
  wait $traffic
  [ "$(sort -u $home/codes)" = 200 ]
  [ "$(wc -l <$home/codes)" -ge 20 ]
  wait $download
  [ "$(wc -c <$home/slow)" = 4194304 ]
  eventually gone "$old"
  [ "$(worker)" != "$old" ]
}

# traffic: one connection a request, until there is enough of it
traffic() {
  local end=$((SECONDS + 15))
  until [ -e $home/enough ] || ((SECONDS > end)); do
    get -H 'Connection: close' -o /dev/null -w '%{http_code}\n' 'http://127.0.0.1/?[1-10]'
  done
}

@test "keeps what it has counted over a reload" {
  local before
  before=$(get http://127.0.0.1/visit)
  [ "$(get http://127.0.0.1/visit)" = $((before + 1)) ]
  site </dev/null
  eventually counted_on $((before + 1))
}

counted_on() { [ "$(get http://127.0.0.1/visit)" -gt "$1" ]; }

@test "remembers over a restart which servers are taken out" {
  admin 'set server application/two state maint' >/dev/null
  admin 'show servers state' >/var/lib/haproxy/state
  restart
  [[ $(for _ in 1 2 3; do get http://127.0.0.1/; done) != *8202* ]]
  admin 'set server application/two state ready' >/dev/null
  rm /var/lib/haproxy/state
}

@test "keeps serving when it is reloaded with a mistake" {
  further <<<'nonsense'
  run ! systemctl reload "$UNIT"
  answers http://127.0.0.1/
}

@test "runs a check of your own as a program" {
  printf '#!/bin/sh\necho "$@" >%s/checked\ntest -e %s/healthy\n' $home/checks $home/checks >$home/check
  chmod 755 $home/check
  install -d -o haproxy $home/checks
  rm -f $home/checks/*
  touch $home/checks/healthy
  {
    echo 'backend checked'
    printf '\t%s\n' 'option external-check' "external-check command $home/check" 'external-check path /usr/bin:/bin' \
      'server one 127.0.0.1:8201 check inter 100 rise 1 fall 1'
  } | further external-check insecure-fork-wanted
  sed -i '/^\tchroot /d' $settings
  restart
  eventually checked UP
  rm $home/checks/healthy
  eventually checked DOWN
  cp $home/first.cfg $settings
  restart
}

checked() { admin 'show stat' | grep '^checked,one,' | grep -q ",$1,"; }

@test "comes back when its master is killed, over the sockets that are left" {
  local old
  old=$(master)
  kill -KILL "$old"
  eventually another "$old"
  eventually answers http://127.0.0.1/
  admin 'show info' | grep -q '^Uptime_sec: '
}

another() { [[ $(master) != 0 && $(master) != "$1" ]]; }

# bats test_tags=option:home
@test "uses a certificate that lies in root's home directory" {
  cp $key /root/fenced-probe.pem
  frontend 127.0.0.1:8096 ssl crt /root/fenced-probe.pem | site
  answers --cacert $home/certificate https://localhost:8096/
}

frontend() { printf 'frontend further\n\tbind %s\n\tdefault_backend application\n' "$*"; }

# bats test_tags=option:tmp
@test "is reached by a socket in /tmp" {
  frontend /tmp/fenced-probe.sock | site
  answers --unix-socket /tmp/fenced-probe.sock http://localhost/
}

# bats test_tags=option:socket-owners
@test "gives a socket to another user, also over one that is left" {
  frontend /run/haproxy/owned.sock user www-data mode 600 | site
  [ "$(stat -c '%U %a' /run/haproxy/owned.sock)" = 'www-data 600' ]
  restart
  setpriv --reuid www-data --regid www-data --clear-groups curl -sS --unix-socket /run/haproxy/owned.sock http://localhost/ | grep -q ' by '
}

# bats test_tags=option:other-keys
@test "uses a key that belongs to another user" {
  install -m 600 -o haproxy $key /etc/haproxy/fenced-probe.pem
  frontend 127.0.0.1:8096 ssl crt /etc/haproxy/fenced-probe.pem | site
  answers --cacert $home/certificate https://localhost:8096/
}

has_setcap() {
  printf 'global\n\tsetcap cap_net_raw\n' >$home/setcap.cfg
  ! haproxy -c -f $home/setcap.cfg 2>&1 | grep -q "unknown keyword 'setcap'"
}

# bats test_tags=option:transparent
@test "shows servers the client's address instead of its own" {
  # An address that is not this machine's, though what goes there comes back to it, as on a router.
  ip rule del to 198.51.100.77 lookup 99 2>/dev/null || true
  ip rule add to 198.51.100.77 lookup 99
  ip route replace local 198.51.100.77 dev lo table 99
  local way='setcap cap_net_raw'
  has_setcap || way='# HAProxy before 2.9 can do this only as root'
  further "$way" <<'EOF'
frontend further
	bind 127.0.0.1:8096 accept-proxy
	default_backend transparent
backend transparent
	source 0.0.0.0 usesrc clientip
	server one 127.0.0.1:8201
EOF
  has_setcap || sed -i '/^\tuser haproxy$/d' $settings
  restart
  [[ $(printf 'PROXY TCP4 198.51.100.77 127.0.0.1 1234 8096\r\nGET / HTTP/1.0\r\n\r\n' |
    nc -w 5 127.0.0.1 8096 | tail -n 1) == 'GET / from 198.51.100.77 '* ]]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 10 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x haproxy
  run ! get http://127.0.0.1/
  restart
}
