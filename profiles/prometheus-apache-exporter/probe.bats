#!/usr/bin/env bats
# What the Apache exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-apache-exporter
secret=/etc/prometheus/fenced
site=/etc/apache2/conf-enabled/fenced.conf
home=/srv/fenced-probe
here=http://127.0.0.1:9117

page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^apache_exporter_build_info'; }
# says LINE [ARGUMENT...]: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
# has START: a figure that begins so
has() { page -f "${at-$here/metrics}" 2>/dev/null | grep -q "^$1"; }
# sees [ARGUMENT...]: what Apache says of itself; apache_up alone only means that something answered
sees() { says 'apache_up 1' "$@" && page -f "${at-$here/metrics}" "$@" 2>/dev/null | grep -q '^apache_uptime_seconds_total [0-9]'; }
blind() { answers && ! sees "$@"; }
figure() { page -f $here/metrics | awk -v name="$1" '$1 == name { print $2 }'; }
knows() { prometheus-apache-exporter --help 2>&1 | grep -q -- "--$1"; }
apache() { [ "$(code_of 'http://127.0.0.1/server-status?auto' 2>/dev/null)" = 200 ]; }
# The older of the two calls these otherwise.
listen() { if knows web.listen-address; then echo "--web.listen-address=$1"; else echo "--telemetry.address=$1"; fi; }
web_file() { if knows web.config.file; then echo "--web.config.file=$1"; else echo "--web.config=$1"; fi; }

# configure [ARGUMENTS [LINE...]]
configure() {
  printf '%s\n' "ARGS='${1-}'" "${@:2}" >$settings
  restart
}

# Beside what the package's Apache says of itself to this machine: to others with a password, over TLS, and under a name.
sites() {
  cat <<CONF
Listen 192.0.2.10:8081
Listen [2001:db8::10]:8081
Listen 127.0.0.1:8082
Listen 8443
<Location /figures>
  SetHandler server-status
  Require all granted
</Location>
<VirtualHost *:8081>
  <Location /figures>
    AuthType Basic
    AuthName figures
    AuthUserFile /etc/apache2/fenced.users
    Require valid-user
  </Location>
</VirtualHost>
<VirtualHost *:8082>
  ServerName web.fenced
  Redirect gone /
</VirtualHost>
<VirtualHost *:8082>
  ServerName status.fenced
</VirtualHost>
<VirtualHost *:8443>
  SSLEngine on
  SSLCertificateFile /etc/apache2/fenced.pem
  SSLCertificateKeyFile /etc/apache2/fenced.key
</VirtualHost>
CONF
}

setup_file() {
  mkdir -p $home $secret
  if [ ! -e $site ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem
    cp $secret/cert.pem /etc/apache2/fenced.pem
    cp $secret/key.pem /etc/apache2/fenced.key
    htpasswd -bcBC 4 /etc/apache2/fenced.users monitor watch
    echo '192.0.2.10 web.fenced' >>/etc/hosts
    cp -p $settings $home/package
    a2enmod -q ssl
    sites >$site
    systemctl restart apache2
  fi
  systemctl start apache2
  eventually apache
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl start apache2
  configure || true
  eventually answers
}

@test "starts as packaged, and finds the Apache of this machine" {
  cat $home/package >$settings
  restart
  eventually sees
  has 'apache_workers{state="idle"} [1-9]'
}

@test "counts what Apache serves" {
  local before n
  before=$(figure apache_accesses_total)
  for n in one two three; do page -o /dev/null "http://127.0.0.1/?$n"; done
  # Looking counts as well.
  eventually counted "$((before + 4))"
  has 'apache_scoreboard{state=".*"} [0-9]'
}

counted() { [ "$(figure apache_accesses_total)" -ge "$1" ]; }

@test "says that Apache is gone, and that it is back" {
  systemctl stop apache2
  eventually says 'apache_up 0'
  eventually journalled 'connection refused'
  systemctl start apache2
  eventually sees
}

@test "asks an Apache elsewhere, over IPv4 and IPv6, with a password" {
  configure '--scrape_uri=http://monitor:watch@192.0.2.10:8081/figures?auto'
  eventually sees
  configure '--scrape_uri=http://monitor:watch@[2001:db8::10]:8081/figures?auto'
  eventually sees
  configure '--scrape_uri=http://monitor:wrong@[2001:db8::10]:8081/figures?auto'
  eventually blind
}

@test "finds Apache by its name" {
  configure '--scrape_uri=http://monitor:watch@web.fenced:8081/figures?auto'
  eventually sees
}

@test "asks one of several sites under its name" {
  configure '--scrape_uri=http://127.0.0.1:8082/figures?auto'
  eventually blind
  configure '--scrape_uri=http://127.0.0.1:8082/figures?auto --host_override=status.fenced'
  eventually sees
}

@test "asks over TLS, and trusts a certificate that it is told to" {
  configure '--scrape_uri=https://localhost:8443/figures?auto'
  eventually blind
  eventually journalled 'certificate signed by unknown authority'
  configure '--scrape_uri=https://localhost:8443/figures?auto --insecure'
  eventually sees
  configure '--scrape_uri=https://localhost:8443/figures?auto' SSL_CERT_FILE=$secret/cert.pem
  eventually sees
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9117'
  [[ $(page $here/) == *'/metrics'* ]]
}

@test "answers other machines" {
  answers http://192.0.2.10:9117
  answers 'http://[2001:db8::10]:9117'
}

@test "answers over TLS, and asks for a password" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure "$(web_file $secret/web.yml)"
  eventually refuses
  at=https://localhost:9117/metrics eventually sees --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9117/metrics 2>/dev/null)" = 401 ]; }

@test "says what is wrong with its configuration" {
  echo 'basic_auth: wrong' >$secret/broken.yml
  configure "$(web_file $secret/broken.yml)" || true
  eventually journalled 'field basic_auth not found'
  run ! answers
}

@test "publishes its own figures, its memory, files and start among them" {
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
  configure '--log.level=debug --log.format=json'
  eventually answers
  eventually journalled '^\{.*listen'
}

@test "listens where it is told to alone, on another path" {
  configure "$(listen 127.0.0.1:9118) --telemetry.endpoint=/figures"
  at=http://127.0.0.1:9118/figures eventually sees
  run ! page -f http://192.0.2.10:9118/figures
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
  eventually sees
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9117/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure "$(listen :79)"
  eventually answers http://127.0.0.1:79
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-apache-exporter
  run ! answers
  configure
  eventually answers
}
