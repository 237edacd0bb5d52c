#!/usr/bin/env bats
# What the blackbox exporter must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/prometheus-blackbox-exporter
conf=/etc/prometheus/fenced-probe.yml
tls=/etc/prometheus/fenced-tls
home=/srv/fenced-probe

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

page() { curl -sSg --max-time 6 "$@"; }
answers() { page -f http://127.0.0.1:9115/metrics 2>/dev/null | grep -q '^blackbox_exporter_build_info'; }
# ask MODULE TARGET [ARGUMENT...]: the figures of one look at the target
ask() { page -G http://127.0.0.1:9115/probe -d "module=$1" --data-urlencode "target=$2" "${@:3}"; }
finds() { grep -qx 'probe_success 1' <<<"$(ask "$@")"; }
misses() { grep -qx 'probe_success 0' <<<"$(ask "$@")"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
asked() { grep -qF -- "$1" $home/requests; }

configure() {
  echo "ARGS='--config.file $conf $*'" >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

# A web server that notes what it is asked, and who asks.
web() {
  perl -MIO::Socket::IP -e '
    my $listener = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8080, Listen => 32, ReuseAddr => 1, V6Only => 0)
      or die "web: $@";
    exit if fork;
    open my $requests, ">>", "$ARGV[0]/requests" or die;
    $requests->autoflush;
    while (my $client = $listener->accept) {
      my ($method, $path) = split " ", <$client> // next;
      my ($length, $body, $login) = (0, "", "");
      while (($_ = <$client>) =~ /\S/) {
        $length = $1 if /^content-length: (\d+)/i;
        $login = $1 if /^authorization: (.*?)\r/i;
      }
      read $client, $body, $length if $length;
      print $requests "$method $path $login $body from ", $client->peerhost, "\n";
      my $code = $path =~ /gone/ ? "404 Not Found" : "200 OK";
      print $client "HTTP/1.1 $code\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
      close $client;
    }' $home >>$home/out 2>&1 3>&-
}

# Knows one address for the names below example, and nothing else.
name_server() {
  perl -MIO::Socket::INET -e '
    my $dns = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp") or die "name server: $!";
    exit if fork;
    while (defined(my $from = $dns->recv(my $asked, 512))) {
      my $end = index($asked, "\0", 12) + 5;
      my $name = substr $asked, 12, $end - 12;
      my $known = $name =~ /\x07example/ && unpack("n", substr $asked, $end - 4) == 1;
      $dns->send(substr($asked, 0, 2) . pack("n5", $name =~ /\x07example/ ? 0x8180 : 0x8183, 1, $known ? 1 : 0, 0, 0) . $name
        . ($known ? pack("n3Nn", 0xC00C, 1, 1, 60, 4) . "\x7F\0\0\1" : ""));
    }' >>$home/out 2>&1 3>&-
}

# Greets whoever connects.
greeter() {
  perl -MIO::Socket::INET -e '
    my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2222", Listen => 8, ReuseAddr => 1) or die "greeter: $!";
    exit if fork;
    while (my $client = $listener->accept) { print $client "SSH-2.0-fenced\r\n"; <$client>; close $client }' >>$home/out 2>&1 3>&-
}

stop_servers() { pkill -f '^perl -MIO::Socket' || true; systemctl -q stop fenced-secure 2>/dev/null || true; }

usual() {
  cat >$conf <<EOF
modules:
  http: { prober: http, timeout: 4s }
  http_v6: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip6, ip_protocol_fallback: false } }
  https: { prober: http, timeout: 4s, http: { fail_if_not_ssl: true, tls_config: { ca_file: $tls/cert.pem } } }
  https_stranger: { prober: http, timeout: 4s }
  https_client:
    prober: http
    timeout: 4s
    http: { tls_config: { ca_file: $tls/cert.pem, cert_file: $tls/cert.pem, key_file: $tls/key.pem } }
  post:
    prober: http
    timeout: 4s
    http: { method: POST, body: fenced, basic_auth: { username: monitor, password_file: $tls/password } }
  tcp: { prober: tcp, timeout: 2s }
  banner: { prober: tcp, timeout: 3s, tcp: { query_response: [{ expect: "^SSH-2.0-fenced" }, { send: bye }] } }
  tcp_tls: { prober: tcp, timeout: 4s, tcp: { tls: true, tls_config: { ca_file: $tls/cert.pem, server_name: localhost } } }
  from_lan: { prober: http, timeout: 4s, http: { preferred_ip_protocol: ip4 } }
  tcp_from_lan: { prober: tcp, timeout: 4s, tcp: { source_ip_address: 192.0.2.10 } }
  dns: { prober: dns, timeout: 4s, dns: { query_name: app.example, query_type: A, preferred_ip_protocol: ip4 } }
  dns_missing: { prober: dns, timeout: 4s, dns: { query_name: app.invalid, query_type: A, preferred_ip_protocol: ip4 } }
  ping: { prober: icmp, timeout: 3s, icmp: { preferred_ip_protocol: ip4 } }
  ping_v6: { prober: icmp, timeout: 3s, icmp: { preferred_ip_protocol: ip6, ip_protocol_fallback: false } }
  ping_whole: { prober: icmp, timeout: 3s, icmp: { preferred_ip_protocol: ip4, dont_fragment: true } }
EOF
}

setup_file() {
  mkdir -p $home $tls
  stop_servers
  : >$home/requests
  if [ ! -e $tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $tls/key.pem -out $tls/cert.pem 2>/dev/null
    printf secret >$tls/password
    chgrp -R prometheus $tls && chmod 640 $tls/key.pem $tls/password
  fi
  web
  name_server
  greeter
  systemd-run -q --unit=fenced-secure openssl s_server -accept '[::]:8443' -cert $tls/cert.pem -key $tls/key.pem \
    -verify 1 -CAfile $tls/cert.pem -www
  # As Debian sets it on a machine of its own: everybody may ping.
  sysctl -qw net.ipv4.ping_group_range='0 2147483647'
  cp -n /etc/resolv.conf $home/resolv.conf
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  usual
  configure || true
  eventually answers || true
}

teardown_file() {
  cp $home/resolv.conf /etc/resolv.conf
  stop_servers
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cp $conf $home/changed.yml
  usual
  cmp -s $conf $home/changed.yml && grep -qx "ARGS='--config.file $conf '" $settings && [ "$BATS_TEST_COMPLETED" ] && return
  configure || true
  eventually answers
}

@test "publishes its own figures and its page, over IPv4 and IPv6" {
  answers
  [[ $(page 'http://[::1]:9115/') == *'Blackbox Exporter'* ]]
  [[ $(page http://127.0.0.1:9115/config) == *'http_v6:'* ]]
}

@test "answers other machines" {
  [[ $(page http://192.0.2.10:9115/) == *'Blackbox Exporter'* ]]
  [[ $(page 'http://[2001:db8::10]:9115/') == *'Blackbox Exporter'* ]]
}

@test "looks at web pages, and tells those that are gone" {
  finds http http://127.0.0.1:8080/
  finds http_v6 'http://[::1]:8080/'
  misses http http://127.0.0.1:8080/gone
  misses http http://127.0.0.1:8099/
  grep -qx 'probe_http_status_code 404' <<<"$(ask http http://127.0.0.1:8080/gone)"
}

@test "posts a text, with a password from a file that only its group may read" {
  [ "$(stat -c '%G %a' $tls/password)" = 'prometheus 640' ]
  finds post http://127.0.0.1:8080/posted
  asked "POST /posted Basic $(printf monitor:secret | base64) fenced from"
}

@test "checks certificates, and says when they end" {
  finds https https://localhost:8443/
  misses https_stranger https://localhost:8443/
  misses https http://127.0.0.1:8080/
  local end
  end=$(date +%s -d "$(openssl x509 -in $tls/cert.pem -noout -enddate | cut -d = -f 2)")
  [ "$(ask https https://localhost:8443/ | awk '/^probe_ssl_earliest_cert_expiry / { printf "%.0f", $2 }')" = "$end" ]
}

@test "shows a certificate of its own" {
  [ "$(stat -c '%G %a' $tls/key.pem)" = 'prometheus 640' ]
  finds https_client https://localhost:8443/
}

@test "connects to ports, and waits for a greeting" {
  finds tcp 127.0.0.1:2222
  misses tcp 127.0.0.1:2223
  finds banner 127.0.0.1:2222
  misses banner 127.0.0.1:8080
  finds tcp_tls localhost:8443
}

@test "asks from the address that it is told to" {
  finds tcp_from_lan 192.0.2.10:8080
}

@test "asks name servers" {
  finds dns 127.0.0.1
  misses dns_missing 127.0.0.1
  grep -qx 'probe_dns_answer_rrs 1' <<<"$(ask dns 127.0.0.1)"
}

@test "finds targets by their names" {
  finds http http://app.example:8080/named
  finds tcp app.example:2222
  misses http http://app.invalid:8080/
}

@test "pings, over IPv4 and IPv6" {
  finds ping 127.0.0.1
  finds ping 192.0.2.10
  finds ping_v6 ::1
  misses ping 192.0.2.99
}

@test "says what it did, if asked to" {
  [[ $(ask http http://127.0.0.1:8080/ -d debug=true) == *'Logs for the probe:'*'probe_success 1'*'Module configuration:'*'prober: http'* ]]
  ask nothing http://127.0.0.1:8080/ | grep -qi 'unknown module'
}

@test "looks at fifty targets at once" {
  local n pids=()
  for n in {1..50}; do
    finds http "http://127.0.0.1:8080/many-$n" &
    pids+=($!)
  done
  for n in "${pids[@]}"; do wait "$n"; done
  [ "$(grep -c 'GET /many-' $home/requests)" -ge 50 ]
}

@test "reads a new configuration on reload, and keeps the old one if the new is wrong" {
  local before
  before=$(main_pid)
  echo '  later: { prober: tcp, timeout: 2s }' >>$conf
  timeout 10 systemctl reload "$UNIT"
  eventually finds later 127.0.0.1:2222
  echo '  wrong: { prober: http, nothing: 1 }' >>$conf
  [ "$(page -o /dev/null -w '%{http_code}' -X POST http://127.0.0.1:9115/-/reload)" = 500 ]
  finds later 127.0.0.1:2222
  sed -i '/wrong:/d; s/^  later:/  latest:/' $conf
  [ "$(page -o /dev/null -w '%{http_code}' -X POST http://127.0.0.1:9115/-/reload)" = 200 ]
  finds latest 127.0.0.1:2222
  [ "$(main_pid)" = "$before" ]
}

@test "answers over TLS and asks for a password" {
  # The password is "test".
  cat >$tls/web.yml <<YAML
tls_server_config: { cert_file: $tls/cert.pem, key_file: $tls/key.pem }
basic_auth_users:
  monitor: \$2b\$04\$ay0DKa.4i5t8HqwM5wwgNezRHn/QoYYHRxecLdAezDZQFm3gwxuQ2
YAML
  configure --web.config.file=$tls/web.yml
  eventually refuses
  [ "$(secure -u monitor:test)" = 200 ]
}

secure() { curl -s --max-time 4 --cacert $tls/cert.pem -o /dev/null -w '%{http_code}' "$@" https://localhost:9115/metrics; }
refuses() { [ "$(secure)" = 401 ]; }

@test "listens where it is told to alone" {
  configure --web.listen-address=127.0.0.1:9116
  eventually page -f -o /dev/null http://127.0.0.1:9116/
  run -7 page http://192.0.2.10:9116/
}

@test "runs as its own user, and logs to the journal" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | paste -sd ' ')" = "$(u=$(id -u prometheus) g=$(id -g prometheus) && echo "$u $u $u $u $g $g $g $g")" ]
  configure
  eventually answers
  eventually journalled 'Listening on'
}

journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -q "$1"; }

@test "publishes its own figures, its memory, files and start among them" {
  page -f http://127.0.0.1:9115/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "may open as many files as the unit's hard limit says" {
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually answers
}

is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

# bats test_tags=option:raw
@test "pings with whole packets, for which it needs raw sockets" {
  finds ping_whole 127.0.0.1
  sysctl -qw net.ipv4.ping_group_range='1 0'
  finds ping 127.0.0.1
  finds ping_v6 ::1
  sysctl -qw net.ipv4.ping_group_range='0 2147483647'
}

# bats test_tags=option:raw
@test "starts with the capability that the package gives its file" {
  setcap cap_net_raw=ep /usr/bin/prometheus-blackbox-exporter
  configure
  eventually answers
  finds ping_whole 127.0.0.1
  setcap cap_net_raw-epi /usr/bin/prometheus-blackbox-exporter
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure --web.listen-address=:80
  eventually page -f -o /dev/null http://127.0.0.1/
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x prometheus-blac
  run ! answers
  configure
  eventually answers
}
