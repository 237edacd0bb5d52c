#!/usr/bin/env bats
# What the nginx exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-nginx-exporter
secret=/etc/prometheus/fenced
site=/etc/nginx/conf.d/stub_status.conf
home=/srv/fenced-probe
socket=/run/fenced-nginx.sock
here=http://127.0.0.1:9113

page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^nginx_exporter_build_info\|^nginxexporter_build_info'; }
# says LINE [ARGUMENT...]: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
figure() { page -f $here/metrics | awk -v name="$1" '$1 == name { print $2 }'; }
knows() { prometheus-nginx-exporter --help 2>&1 | grep -q -- "-$1"; }
nginx_up() { page -f http://127.0.0.1:8080/stub_status >/dev/null 2>&1; }

# configure [ARGUMENTS [LINE...]]
configure() {
  printf '%s\n' "ARGS='${1-}'" "${@:2}" >$settings
  restart
}

sites() {
  cat <<CONF
server {
  listen 127.0.0.1:8080;
  listen 192.0.2.10:8080;
  listen [2001:db8::10]:8080;
  listen unix:$socket;
  location / { return 200 hello; }
  location /stub_status { stub_status; }
}
server {
  listen 8443 ssl;
  ssl_certificate /etc/nginx/fenced.pem;
  ssl_certificate_key /etc/nginx/fenced.key;
  ssl_client_certificate /etc/nginx/fenced.pem;
  ssl_verify_client optional;
  location /open { stub_status; }
  location /closed {
    if (\$ssl_client_verify != SUCCESS) { return 403; }
    stub_status;
  }
}
CONF
}

setup_file() {
  mkdir -p $home $secret
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem
    cp $secret/cert.pem /etc/nginx/fenced.pem
    cp $secret/key.pem /etc/nginx/fenced.key
    echo '192.0.2.10 web.fenced' >>/etc/hosts
    cp -p $settings $home/package
    sites >$site
    systemctl restart nginx
  fi
  systemctl start nginx
  eventually nginx_up
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl start nginx
  configure || true
  eventually answers
}

@test "starts as packaged, and finds the nginx of this machine" {
  cat $home/package >$settings
  restart
  eventually says 'nginx_up 1'
  [ "$(figure nginx_connections_active)" -ge 1 ]
}

@test "counts what nginx serves" {
  local before n
  before=$(figure nginx_http_requests_total)
  for n in one two three; do [ "$(page "http://127.0.0.1:8080/$n")" = hello ]; done
  # Looking counts as well.
  eventually counted "$((before + 4))"
}

counted() { [ "$(figure nginx_http_requests_total)" -ge "$1" ]; }

@test "says that nginx is gone, and that it is back" {
  systemctl stop nginx
  eventually says 'nginx_up 0'
  eventually journalled 'connection refused'
  systemctl start nginx
  eventually says 'nginx_up 1'
}

@test "asks over a unix socket" {
  configure "--nginx.scrape-uri=unix:$socket:/stub_status"
  eventually says 'nginx_up 1'
}

@test "asks an nginx elsewhere, over IPv4 and IPv6" {
  configure '--nginx.scrape-uri=http://192.0.2.10:8080/stub_status'
  eventually says 'nginx_up 1'
  configure '--nginx.scrape-uri=http://[2001:db8::10]:8080/stub_status'
  eventually says 'nginx_up 1'
}

@test "finds nginx by its name" {
  configure '--nginx.scrape-uri=http://web.fenced:8080/stub_status'
  eventually says 'nginx_up 1'
}

@test "asks over TLS, and trusts a certificate that it is told to" {
  configure '--nginx.ssl-verify --nginx.scrape-uri=https://localhost:8443/open' || true
  eventually distrusts
  configure "--nginx.ssl-verify --nginx.ssl-ca-cert=$secret/cert.pem --nginx.scrape-uri=https://localhost:8443/open"
  eventually says 'nginx_up 1'
}

# Debian 12's version does not go on before it has seen nginx, and says why.
distrusts() { says 'nginx_up 0' || journalled 'x509: certificate signed by unknown authority'; }

@test "shows nginx a certificate of its own" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  configure "--nginx.ssl-ca-cert=$secret/cert.pem --nginx.scrape-uri=https://localhost:8443/closed \
    --nginx.ssl-client-cert=$secret/cert.pem --nginx.ssl-client-key=$secret/key.pem"
  eventually says 'nginx_up 1'
}

@test "asks several, and names them" {
  knows prometheus.const-label= || skip "this version cannot do it"
  configure "--prometheus.const-label=rack=one --nginx.scrape-uri=unix:$socket:/stub_status --nginx.scrape-uri=http://127.0.0.1:8080/stub_status"
  eventually says "nginx_up{addr=\"unix:$socket:/stub_status\",rack=\"one\"} 1"
  says 'nginx_up{addr="http://127.0.0.1:8080/stub_status",rack="one"} 1'
}

@test "takes its settings from the environment as well" {
  configure '' "SCRAPE_URI=unix:$socket:/stub_status" LISTEN_ADDRESS=127.0.0.1:9114 TELEMETRY_PATH=/figures
  at=http://127.0.0.1:9114/figures eventually says 'nginx_up 1'
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9113'
  [[ $(page $here/) == *'/metrics'* ]]
}

@test "answers other machines" {
  answers http://192.0.2.10:9113
  answers 'http://[2001:db8::10]:9113'
}

@test "answers over TLS, and asks for a password" {
  if knows web.config.file; then
    cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
    configure "--web.config.file=$secret/web.yml"
    eventually refuses
  else
    configure "--web.secured-metrics --web.ssl-server-cert=$secret/cert.pem --web.ssl-server-key=$secret/key.pem"
  fi
  at=https://localhost:9113/metrics eventually says 'nginx_up 1' --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9113/metrics 2>/dev/null)" = 401 ]; }

@test "says what is wrong with its configuration" {
  configure '--nginx.scrape-uri=http://127.0.0.1:8080/stub_status --nginx.ssl-ca-cert=/none.pem' || true
  eventually journalled '/none.pem: no such file'
  run ! answers
}

@test "publishes its own figures, its memory, files and start among them" {
  [ "$PLATFORM" != debian-12 ] || skip "this version has none"
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "serves a hundred, ten at a time" {
  local n
  for n in {1..100}; do
    ((n == 1)) || echo next
    printf 'url = "%s/metrics"\noutput = "%s/many.%d"\nwrite-out = "%%{http_code}\\n"\n' $here $home $((n % 20))
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 10 -K $home/many | grep -c 200)" = 100 ]
}

@test "logs to the journal, as JSON where it is asked to" {
  if knows log.format; then
    configure '--log.format=json'
    eventually journalled '^\{.*listening on'
  else
    configure
    eventually journalled 'exporter version'
  fi
  eventually answers
}

@test "leaves the package's log rotation working" {
  mkdir -p /var/log/prometheus
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-nginx-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-nginx-exporter
  answers
}

@test "listens where it is told to alone, on another path" {
  configure '--web.listen-address=127.0.0.1:9114 --web.telemetry-path=/figures'
  at=http://127.0.0.1:9114/figures eventually says 'nginx_up 1'
  run ! page -f http://192.0.2.10:9114/figures
}

@test "runs as its own user, with as many files as the unit allows" {
  [ "$(users)" = prometheus ]
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually says 'nginx_up 1'
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9113/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure '--web.listen-address=:79'
  eventually answers http://127.0.0.1:79
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  # Debian 12's version may call it an error that it was told to end.
  if [ "$PLATFORM" = debian-12 ]; then eventually journalled 'signal received: terminated'; else ended_well; fi
  run ! pgrep -f /usr/bin/prometheus-nginx-exporter
  run ! answers
  configure
  eventually answers
}
