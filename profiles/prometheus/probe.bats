#!/usr/bin/env bats
# What Prometheus must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/prometheus
conf=/etc/prometheus/fenced-probe.yml
secret=/etc/prometheus/fenced
data=/var/lib/prometheus/metrics2
home=/srv/fenced-probe
here=http://127.0.0.1:9090

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
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/-/ready" >/dev/null 2>&1; }
# value QUERY [ARGUMENT...]: the figure that a query has now; nothing where there is none
value() {
  page -G "${at-$here}/api/v1/query" --data-urlencode "query=$1" "${@:2}" | grep -o '"value":\[[^]]*\]' | head -n 1 | cut -d '"' -f 4
}
is() { [ "$(value "${@:2}")" = "$1" ]; }
told() { grep -qF -- "$1" $home/told; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }
journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -qi "$1"; }

configure() {
  echo "ARGS='--config.file $conf --web.enable-admin-api --web.enable-lifecycle $*'" >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

# A program with figures to collect, for whoever knows the password; and whatever alerts and figures are sent to.
web() {
  perl -MIO::Socket::IP -e '
    my $listener = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8090, Listen => 64, ReuseAddr => 1, V6Only => 0) or die "web: $@";
    exit if fork;
    open my $told, ">>", "$ARGV[0]/told" or die;
    $told->autoflush;
    my $asked = 0;
    while (my $client = $listener->accept) {
      my ($method, $path) = split " ", <$client> // next;
      my ($length, $body, $login) = (0, "", "");
      while (($_ = <$client>) =~ /\S/) {
        $length = $1 if /^content-length: (\d+)/i;
        $login = $1 if /^authorization: (.*?)\r/i;
      }
      read $client, $body, $length if $length;
      print $told "$method $path $login ", $path =~ /write/ ? "" : $body, "\n";
      my $said = $method eq "GET" ? "# TYPE fenced_answer gauge\nfenced_answer 42\nfenced_asked_total " . ++$asked . "\n" : "";
      print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\nContent-Length: ", length $said, "\r\n\r\n$said";
      close $client;
    }' $home >>$home/out 2>&1 3>&-
}

# What Docker would say of one container, on its socket.
docker() {
  perl -MIO::Socket::UNIX -e '
    unlink "/run/fenced-docker.sock";
    my $listener = IO::Socket::UNIX->new(Local => "/run/fenced-docker.sock", Listen => 8) or die "docker: $!";
    chmod 0666, "/run/fenced-docker.sock";
    exit if fork;
    while (my $client = $listener->accept) {
      my ($method, $path) = split " ", <$client> // next;
      while (($_ = <$client>) =~ /\S/) { }
      my $network = q("bridge": { "NetworkID": "n1", "IPAddress": "127.0.0.1" });
      my $said = $path =~ /containers/ ? qq([{ "Id": "c1", "Names": ["/web"], "Image": "web", "State": "running", "Labels": { "colour": "green" },
        "HostConfig": { "NetworkMode": "bridge" }, "NetworkSettings": { "Networks": { $network } },
        "Ports": [{ "PrivatePort": 8090, "Type": "tcp" }] }]) : $path =~ /networks/ ? q([{ "Id": "n1", "Name": "bridge", "Scope": "local" }]) : "OK";
      print $client "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ", length $said, "\r\n\r\n";
      print $client $said if $method ne "HEAD";
      close $client;
    }' >>$home/out 2>&1 3>&-
}

usual() {
  cat >$conf <<YAML
global: { scrape_interval: 300ms, scrape_timeout: 300ms, evaluation_interval: 300ms, external_labels: { site: fenced } }
rule_files: [ /etc/prometheus/fenced/*.rules ]
alerting: { alertmanagers: [ { static_configs: [ { targets: [ '127.0.0.1:8090' ] } ] } ] }
scrape_configs:
  - { job_name: itself, static_configs: [ { targets: [ '127.0.0.1:9090' ] } ] }
  - job_name: program
    basic_auth: { username: prometheus, password_file: $secret/password }
    static_configs: [ { targets: [ '127.0.0.1:8090', '[::1]:8090', '192.0.2.10:8090' ] } ]
  - { job_name: found, file_sd_configs: [ { files: [ /etc/prometheus/fenced/*.json ], refresh_interval: 1s } ] }
YAML
}

setup_file() {
  mkdir -p $home $secret
  pkill -f '^perl -MIO::Socket' || true
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    printf secret >$secret/password
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem $secret/password
  fi
  cat >$secret/fenced.rules <<'YAML'
groups:
  - name: fenced
    rules:
      - { record: 'fenced:answer:double', expr: 'fenced_answer{instance="127.0.0.1:8090"} * 2' }
      - { alert: fenced_alarm, expr: 'fenced_answer{instance="127.0.0.1:8090"} == 42', annotations: { summary: 'the answer is {{ $value }}' } }
YAML
  rm -f $secret/*.json
  : >$home/told
  web
  # What an earlier run has left would answer for this one.
  systemctl stop "$UNIT" || true
  rm -rf ${data:?}/*
  usual
  configure || true
  eventually answers || true
  cat $settings $conf >$home/usual
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cat $settings $conf | cmp -s - $home/usual && [ "$BATS_TEST_COMPLETED" ] && return
  usual
  configure || true
  eventually answers
}

teardown_file() { pkill -f '^perl -MIO::Socket' || true; }

@test "starts with the package's own configuration, and watches itself" {
  echo "ARGS=''" >$settings
  timeout 30 systemctl restart "$UNIT"
  eventually answers
  [[ $(page -f $here/api/v1/status/config) == *9090* ]]
}

@test "is ready and well, over IPv4 and IPv6, and for other machines" {
  local at
  for at in 127.0.0.1 '[::1]' 192.0.2.10 '[2001:db8::10]'; do
    [ "$(code_of "http://$at:9090/-/healthy")" = 200 ]
  done
  [ "$(code_of $here/metrics)" = 200 ]
}

@test "collects figures over IPv4 and IPv6, from this machine and others, with the password from a file" {
  local instance
  for instance in 127.0.0.1 '[::1]' 192.0.2.10; do
    eventually is 42 "fenced_answer{instance=\"$instance:8090\"}"
  done
  eventually is 1 'up{job="itself"}'
  eventually told "GET /metrics Basic $(printf prometheus:secret | base64)"
}

@test "reckons with what it has collected" {
  eventually is 1 'increase(fenced_asked_total{instance="127.0.0.1:8090"}[5s]) > bool 2'
  eventually has_range
  [[ $(page $here/api/v1/label/__name__/values) == *fenced_asked_total* ]]
}

has_range() {
  page -G $here/api/v1/query_range --data-urlencode 'query=up{job="itself"}' \
    -d "start=$(($(date +%s) - 5))&end=$(date +%s)&step=1" | grep -q '"values":\[\[.*"1"\]'
}

@test "follows its rules, and raises alerts" {
  eventually is 84 fenced:answer:double
  eventually is 1 'ALERTS{alertname="fenced_alarm"}'
  eventually told 'the answer is 42'
}

@test "finds what to ask in a file, as soon as it changes" {
  echo '[{ "targets": ["127.0.0.1:8090"], "labels": { "colour": "blue" } }]' >$secret/found.json
  eventually is 42 'fenced_answer{colour="blue"}'
  sed -i 's/blue/red/' $secret/found.json
  eventually is 42 'fenced_answer{colour="red"}'
}

@test "sends on what it collects, and takes what others send" {
  cat >>$conf <<YAML
remote_write: [ { url: 'http://127.0.0.1:8090/write', queue_config: { batch_send_deadline: 300ms } } ]
YAML
  configure
  eventually told 'POST /write'
  usual
  cat >$home/second.yml <<YAML
global: { scrape_interval: 300ms, scrape_timeout: 300ms, external_labels: { site: second } }
scrape_configs: [ { job_name: second, static_configs: [ { targets: [ '127.0.0.1:9190' ] } ] } ]
remote_write: [ { url: 'http://127.0.0.1:9090/api/v1/write', queue_config: { batch_send_deadline: 300ms } } ]
YAML
  configure --web.enable-remote-write-receiver
  eventually answers
  install -d -o prometheus -g prometheus $home/second
  systemd-run -q --unit=fenced-second -p User=prometheus prometheus --config.file=$home/second.yml --storage.tsdb.path=$home/second \
    --web.listen-address=127.0.0.1:9190
  eventually is 1 'up{site="second"}'
  systemctl stop fenced-second
}

@test "takes a snapshot of its data" {
  local said
  said=$(page -f -X POST $here/api/v1/admin/tsdb/snapshot)
  said=${said##*\"name\":\"}
  [ -n "$(find "$data/snapshots/${said%%\"*}" -name index)" ]
}

@test "reads old figures, written by promtool" {
  local then=$(($(date +%s) - 86400))
  printf '# TYPE old gauge\nold 7 %d\nold 7 %d\n# EOF\n' $((then - 60)) "$then" >$home/old
  promtool tsdb create-blocks-from openmetrics $home/old $home/blocks >/dev/null
  chown -R prometheus:prometheus $home/blocks
  systemctl stop "$UNIT"
  mv $home/blocks/* $data/
  systemctl start "$UNIT"
  eventually is 7 old -d "time=$then"
}

@test "forgets what it is told to, and cleans up" {
  eventually is 42 'fenced_answer{instance="192.0.2.10:8090"}'
  [ "$(code_of -X POST -G $here/api/v1/admin/tsdb/delete_series --data-urlencode 'match[]=old')" = 204 ]
  [ "$(code_of -X POST $here/api/v1/admin/tsdb/clean_tombstones)" = 204 ]
  eventually is '' old -d "time=$(($(date +%s) - 86400))"
}

@test "keeps its figures over a restart, and over a crash" {
  local before then
  eventually is 42 'fenced_answer{instance="127.0.0.1:8090"}'
  then=$(date +%s)
  timeout 30 systemctl restart "$UNIT"
  eventually is 42 'fenced_answer{instance="127.0.0.1:8090"}' -d "time=$then"
  sleep 1
  then=$(date +%s)
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually is 42 'fenced_answer{instance="127.0.0.1:8090"}' -d "time=$then"
  [ "$(stat -c '%U:%G' $data/wal)" = prometheus:prometheus ]
}

@test "reloads, and keeps what it has where the new configuration is wrong" {
  local before
  before=$(main_pid)
  sed -i 's/job_name: itself/job_name: myself/' $conf
  systemctl reload "$UNIT"
  eventually is 1 'up{job="myself"}'
  echo 'nonsense: here' >>$conf
  systemctl reload "$UNIT" || true
  eventually journalled 'error'
  [ "$(code_of -X POST $here/-/reload)" = 500 ]
  eventually is 1 'up{job="myself"}'
  usual
  [ "$(code_of -X POST $here/-/reload)" = 200 ]
  eventually is 1 'up{job="itself"}'
  [ "$(main_pid)" = "$before" ]
}

@test "answers over TLS, asks for a password, and collects over TLS" {
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  cat >$conf <<YAML
global: { scrape_interval: 300ms, scrape_timeout: 300ms }
scrape_configs:
  - job_name: secure
    scheme: https
    tls_config: { ca_file: $secret/cert.pem }
    basic_auth: { username: monitor, password: test }
    static_configs: [ { targets: [ 'localhost:9090' ] } ]
YAML
  configure --web.config.file=$secret/web.yml
  eventually refuses
  at=https://localhost:9090 eventually is 1 'up{job="secure"}' --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9090/metrics 2>/dev/null)" = 401 ]; }

@test "writes down the queries, also after the package's log rotation" {
  chown prometheus /var/log/prometheus
  printf 'global: { query_log_file: /var/log/prometheus/query.log, scrape_interval: 1s }\n' >$conf
  configure
  eventually answers
  eventually noted
  printf 'a line of a log\n' >/var/log/prometheus/prometheus.log
  logrotate --force /etc/logrotate.d/prometheus
  eventually noted
}

noted() { value "vector($((RANDOM + 1)))" >/dev/null && grep -q vector /var/log/prometheus/query.log; }

@test "shows pages made of templates" {
  mkdir -p /etc/prometheus/consoles
  echo 'it says {{ query "up" | len }}' >/etc/prometheus/consoles/fenced.html
  configure --web.console.templates=/etc/prometheus/consoles --web.console.libraries=/etc/prometheus/console_libraries
  eventually answers
  eventually has_console
}

has_console() { page -f $here/consoles/fenced.html | grep -q '^it says [1-9]'; }

@test "serves a hundred queries, twenty at a time" {
  local n
  for n in {1..100}; do
    ((n == 1)) || echo next
    printf 'url = "%s/api/v1/query?query=vector(%d)"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' $here "$n"
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 20 -K $home/many | grep -c 200)" = 100 ]
}

@test "runs as its own user, and logs to the journal" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | paste -sd ' ')" = "$(u=$(id -u prometheus) g=$(id -g prometheus) && echo "$u $u $u $u $g $g $g $g")" ]
  configure
  eventually answers
  eventually journalled 'Server is ready'
}

@test "may open as many files as the unit's hard limit says" {
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
  grep -q '^prometheus_tsdb_head_series [1-9]' $home/metrics
}

# bats test_tags=option:docker
@test "asks what Docker's socket says that there is" {
  docker
  cat >>$conf <<YAML
  - job_name: docker
    docker_sd_configs: [ { host: 'unix:///run/fenced-docker.sock', refresh_interval: 1s } ]
    relabel_configs: [ { source_labels: [__meta_docker_container_label_colour], target_label: colour } ]
YAML
  configure
  eventually is 42 'fenced_answer{colour="green"}'
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure --web.listen-address=:80
  eventually answers http://127.0.0.1
}

# bats test_tags=option:elsewhere
@test "keeps its data on another volume" {
  install -d -o prometheus -g prometheus /srv/fenced-data
  configure --storage.tsdb.path=/srv/fenced-data
  eventually is 42 'fenced_answer{instance="127.0.0.1:8090"}'
  timeout 30 systemctl restart "$UNIT"
  eventually answers
  [ -d /srv/fenced-data/wal ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 25 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x prometheus
  run ! answers
  configure
  eventually is 42 'fenced_answer{instance="127.0.0.1:8090"}'
}
