#!/usr/bin/env bats
# What the Alertmanager must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/prometheus-alertmanager
conf=/etc/prometheus/fenced-probe.yml
data=/var/lib/prometheus/alertmanager
tls=/etc/prometheus/fenced-tls
home=/srv/fenced-probe
here=http://127.0.0.1:9093

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
answers() { page -f $here/-/ready >/dev/null 2>&1; }
# alert NAME [LABELS [MORE]]: raises an alert, as Prometheus does it
alert() {
  page -f -o /dev/null -H 'Content-Type: application/json' "${host-$here}/api/v2/alerts" \
    -d "[{\"labels\": {\"alertname\": \"$1\"${2:+, $2}}, \"annotations\": {\"summary\": \"about $1\"}${3:+, $3}}]"
}
shows() { page -f "${2-$here}/api/v2/alerts" | grep -qF "\"$1\""; }
told() { grep -qF -- "$1" $home/told; }
mailed() { grep -qF -- "$1" $home/mails; }
silence() { amtool --alertmanager.url=${host-$here} silence add --author=me --duration=1h --comment=why alertname="$1" >/dev/null; }
silenced() { amtool --alertmanager.url="${2-$here}" silence query | grep -qF "$1"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

configure() {
  echo "ARGS='--config.file $conf --cluster.settle-timeout=100ms $*'" >$settings
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

# Notes what it is told, and by whom.
web() {
  perl -MIO::Socket::IP -e '
    my $listener = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 5001, Listen => 32, ReuseAddr => 1) or die "web: $@";
    exit if fork;
    open my $told, ">>", "$ARGV[0]/told" or die;
    $told->autoflush;
    while (my $client = $listener->accept) {
      my ($length, $body, $login) = (0, "", "");
      while (($_ = <$client>) =~ /\S/) {
        $length = $1 if /^content-length: (\d+)/i;
        $login = $1 if /^authorization: (.*?)\r/i;
      }
      read $client, $body, $length if $length;
      print $told "$login $body\n";
      print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      close $client;
    }' $home >>$home/out 2>&1 3>&-
}

# Takes mail.
mail_server() {
  perl -MIO::Socket::INET -e '
    my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2525", Listen => 8, ReuseAddr => 1) or die "mail server: $!";
    exit if fork;
    open my $mails, ">>", "$ARGV[0]/mails" or die;
    $mails->autoflush;
    while (my $client = $listener->accept) {
      print $client "220 fenced\r\n";
      while (<$client>) {
        if (/^DATA/i) {
          print $client "354 go on\r\n";
          while (($_ = <$client>) ne ".\r\n") { print $mails $_ }
        }
        print $client /^QUIT/i ? "221 bye\r\n" : "250 fine\r\n";
        last if /^QUIT/i;
      }
      close $client;
    }' $home >>$home/out 2>&1 3>&-
}

usual() {
  cat >$conf <<YAML
global: { smtp_smarthost: '127.0.0.1:2525', smtp_from: alerts@example.com, smtp_require_tls: false }
templates: [ /etc/prometheus/alertmanager_templates/*.tmpl ]
route:
  receiver: web
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 300ms
  routes:
    - { receiver: mail, match: { how: mail } }
inhibit_rules:
  - { source_match: { alertname: datacentre_down }, target_match: { where: datacentre } }
receivers:
  - name: web
    webhook_configs:
      - url: http://127.0.0.1:5001/
        send_resolved: true
        http_config: { basic_auth: { username: alerts, password_file: $tls/password } }
  - name: mail
    email_configs:
      - { to: you@example.com, html: '{{ template "fenced.html" . }}', headers: { subject: 'Fenced says {{ .GroupLabels.alertname }}' } }
YAML
}

setup_file() {
  mkdir -p $home $tls
  pkill -f '^perl -MIO::Socket' || true
  if [ ! -e $tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout $tls/key.pem -out $tls/cert.pem 2>/dev/null
    printf secret >$tls/password
    chgrp -R prometheus $tls && chmod 640 $tls/key.pem $tls/password
  fi
  echo '{{ define "fenced.html" }}<p>fenced body: {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}</p>{{ end }}' \
    >/etc/prometheus/alertmanager_templates/fenced.tmpl
  : >$home/told
  : >$home/mails
  web
  mail_server
  # It remembers what it has told already, and does not say it again for hours.
  systemctl stop "$UNIT" || true
  rm -f $data/nflog $data/silences
  usual
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  usual
  configure || true
  eventually answers
}

teardown_file() { pkill -f '^perl -MIO::Socket' || true; }

@test "starts with the package's own configuration" {
  echo "ARGS=''" >$settings
  timeout 30 systemctl restart "$UNIT"
  eventually answers
}

@test "is ready and well, over IPv4 and IPv6" {
  [ "$(code_of $here/-/healthy)" = 200 ]
  [ "$(code_of 'http://[::1]:9093/-/ready')" = 200 ]
  [ "$(code_of $here/)" = 200 ]
  [[ $(page -f $here/api/v2/status) == *fenced-probe.yml* || $(page -f $here/api/v2/status) == *webhook_configs* ]]
}

@test "takes an alert, and tells it to a web service with the password from a file" {
  alert disk_full '"instance": "db1"'
  eventually shows disk_full
  eventually told 'about disk_full'
  told "Basic $(printf alerts:secret | base64)"
}

@test "tells once that an alert is over" {
  alert short_one
  eventually told 'about short_one'
  alert short_one '' '"endsAt": "2020-01-01T00:00:00Z"'
  eventually over
}

over() { grep -F 'about short_one' $home/told | grep -qF '"status":"resolved"'; }

@test "sends mail, written by a template of its own" {
  alert by_mail '"how": "mail"'
  eventually mailed 'Subject: Fenced says by_mail'
  eventually mailed 'fenced body: about by_mail'
}

@test "groups alerts, and tells nothing that another one explains" {
  alert datacentre_down
  eventually told 'about datacentre_down'
  alert host_down '"where": "datacentre"'
  alert after_it
  eventually told 'about after_it'
  sleep 1
  run ! told 'about host_down'
}

@test "silences what it is asked to, and sends it when the silence ends" {
  local id
  id=$(amtool --alertmanager.url=$here silence add --author=me --duration=1h --comment=why alertname=quiet)
  silenced quiet
  alert quiet
  sleep 1
  run ! told 'about quiet'
  amtool --alertmanager.url=$here silence expire "$id"
  eventually told 'about quiet'
}

@test "serves other machines" {
  local at n=0
  for at in http://192.0.2.10:9093 'http://[2001:db8::10]:9093'; do
    n=$((n + 1))
    host=$at alert "lan$n"
    eventually shows "lan$n" "$at"
  done
}

@test "takes two hundred alerts at once" {
  local n
  for n in {1..200}; do
    ((n == 1)) || echo next
    printf 'url = "%s/api/v2/alerts"\nheader = "Content-Type: application/json"\ndata = "[{\\"labels\\":{\\"alertname\\":\\"many\\",\\"instance\\":\\"i%d\\"}}]"\noutput = /dev/null\n' $here "$n"
  done >$home/many
  curl -s --max-time 40 --parallel --parallel-max 20 -K $home/many
  [ "$(page $here/api/v2/alerts | grep -o '"alertname":"many"' | wc -l)" = 200 ]
}

@test "keeps its silences over a restart, and those older than a while over a crash" {
  local before
  silence kept
  timeout 30 systemctl restart "$UNIT"
  eventually silenced kept
  [ "$(stat -c '%U:%G' $data/silences)" = prometheus:prometheus ]
  before=$(main_pid)
  kill -SEGV "$before"
  eventually is_another "$before"
  eventually silenced kept
}

@test "reloads, and keeps what it has where the new configuration is wrong" {
  local before
  before=$(main_pid)
  sed -i 's/Fenced says/Reloaded says/' $conf
  systemctl reload "$UNIT"
  eventually mails_anew
  echo 'route: { receiver: nobody }' >$conf
  systemctl reload "$UNIT" || true
  eventually journalled 'failed'
  [ "$(code_of -X POST $here/-/reload)" != 200 ]
  alert still_there
  eventually told 'about still_there'
  usual
  [ "$(code_of -X POST $here/-/reload)" = 200 ]
  [ "$(main_pid)" = "$before" ]
}

mails_anew() { alert "anew$RANDOM" '"how": "mail"' && mailed 'Subject: Reloaded says anew'; }
journalled() { journalctl -q -u "$UNIT" --since=-20s | grep -qi "$1"; }

@test "shares silences with a second one, and tells an alert once" {
  install -d -o prometheus -g prometheus $home/second
  systemd-run -q --unit=fenced-second -p User=prometheus prometheus-alertmanager --config.file=$conf --storage.path=$home/second \
    --web.listen-address=127.0.0.1:9193 --cluster.listen-address=127.0.0.1:9194 --cluster.peer=127.0.0.1:9094
  eventually page -f -o /dev/null http://127.0.0.1:9193/-/ready
  silence shared
  eventually silenced shared http://127.0.0.1:9193
  host=http://127.0.0.1:9193 silence back
  eventually silenced back
  systemctl stop fenced-second
}

@test "finds a peer by itself, with the address that it tells others" {
  configure --cluster.peer=192.0.2.10:9194 --cluster.advertise-address=192.0.2.10:9094
  eventually answers
  [[ $(page -f $here/api/v2/status) == *192.0.2.10:9094* ]]
}

@test "has its data where it is told to, below /var/lib/prometheus" {
  install -d -o prometheus -g prometheus /var/lib/prometheus/fenced
  configure --storage.path=/var/lib/prometheus/fenced
  eventually answers
  silence moved
  timeout 30 systemctl restart "$UNIT"
  eventually silenced moved
  [ -s /var/lib/prometheus/fenced/silences ]
}

@test "answers over TLS with a key that its group may read, and asks for a password" {
  cat >$tls/web.yml <<YAML
tls_server_config: { cert_file: $tls/cert.pem, key_file: $tls/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure --web.config.file=$tls/web.yml
  eventually refuses
  [ "$(secure -u monitor:test)" = 200 ]
}

secure() { code_of --cacert $tls/cert.pem https://localhost:9093/api/v2/alerts "$@" 2>/dev/null; }
refuses() { [ "$(secure)" = 401 ]; }

@test "works alone, without a port for others" {
  configure --cluster.listen-address= --web.listen-address=127.0.0.1:9095
  eventually page -f -o /dev/null http://127.0.0.1:9095/-/ready
  run -7 page http://192.0.2.10:9095/
  run ! bash -c 'exec 5<>/dev/tcp/127.0.0.1/9094'
}

@test "runs as its own user, and logs to the journal" {
  grep -P '^[UG]id:' "/proc/$(main_pid)/status" >$home/ids
  [ "$(awk '{ print $2, $3, $4, $5 }' $home/ids | paste -sd ' ')" = "$(u=$(id -u prometheus) g=$(id -g prometheus) && echo "$u $u $u $u $g $g $g $g")" ]
  configure
  eventually answers
  eventually journalled 'Listening on'
}

@test "may open as many files as the unit's hard limit says" {
  awk '/^Max open files/ { exit !($4 >= $5 - 1) }' "/proc/$(main_pid)/limits"
}

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
  grep -q '^alertmanager_build_info' $home/metrics
  grep -q '^alertmanager_notifications_total{integration="webhook"' $home/metrics || grep -q '^alertmanager_notifications_total{.*integration="webhook"' $home/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure --web.listen-address=:80
  eventually page -f -o /dev/null http://127.0.0.1/-/ready
}

# bats test_tags=option:elsewhere
@test "keeps its data on another volume" {
  install -d -o prometheus -g prometheus /srv/fenced-data
  configure --storage.path=/srv/fenced-data
  eventually answers
  silence elsewhere
  timeout 30 systemctl restart "$UNIT"
  eventually silenced elsewhere
  [ -s /srv/fenced-data/silences ]
}

# Last: the others need it running.
@test "stops cleanly, and writes down what it has before" {
  silence last
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x prometheus-aler
  run ! answers
  grep -aqF last $data/silences
  configure
  eventually silenced last
}
