#!/usr/bin/env bats
# What the PostgreSQL exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-postgres-exporter
secret=/etc/prometheus/fenced
home=/srv/fenced-probe
here=http://127.0.0.1:9187
usual='user=prometheus host=/run/postgresql dbname=postgres'

page() { curl -sSg --max-time 8 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^postgres_exporter_build_info'; }
# says LINE [ARGUMENT...]: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
# has START: a figure that begins so
has() { page -f "${at-$here/metrics}" 2>/dev/null | grep -q "^$1"; }
sql() { (cd / && runuser -u postgres -- psql -qAtX "$@"); }
up() { sql -c 'select 1' >/dev/null 2>&1; }

# configure [SOURCE [ARGUMENTS [LINE...]]]
configure() {
  printf '%s\n' "DATA_SOURCE_NAME='${1-$usual}'" "ARGS='${2-}'" "${@:3}" >$settings
  restart
}

setup_file() {
  local directory
  mkdir -p $home $secret
  systemctl start postgresql
  eventually up
  if [ ! -e $home/prepared ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=careful \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    directory=$(dirname "$(sql -c 'show config_file')")
    cp $secret/cert.pem "$directory/fenced.pem"
    cp $secret/key.pem "$directory/fenced.key"
    chown postgres "$directory"/fenced.*
    chown prometheus $secret/key.pem
    chmod 600 $secret/key.pem "$directory/fenced.key"
    printf '%s\n' "listen_addresses = '*'" 'ssl = on' "ssl_cert_file = '$directory/fenced.pem'" "ssl_key_file = '$directory/fenced.key'" \
      "ssl_ca_file = '$directory/fenced.pem'" >"$directory/conf.d/fenced.conf"
    printf '%s\n' 'hostssl all careful all cert' 'host all all 192.0.2.0/24 scram-sha-256' 'host all all 2001:db8::/64 scram-sha-256' \
      >"$directory/fenced.hba"
    cat "$directory/pg_hba.conf" >>"$directory/fenced.hba"
    cat "$directory/fenced.hba" >"$directory/pg_hba.conf"
    systemctl restart postgresql
    eventually up
    sql -c 'create user prometheus; grant pg_monitor to prometheus' -c "create user exporter password 'hello'; grant pg_monitor to exporter" \
      -c 'create user careful; grant pg_monitor to careful' -c 'create database fenced'
    touch $home/prepared
  fi
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl start postgresql
  configure || true
  eventually answers
}

@test "finds the database on its socket, where it is known by its user alone" {
  eventually says 'pg_up 1'
  has "pg_static{.*short_version=\"$(sql -c 'show server_version' | cut -d ' ' -f 1)"
}

@test "counts what the database does" {
  sql -d fenced -c 'create table if not exists shelf (name text)' -c "insert into shelf values ('one'), ('two'), ('three')"
  has 'pg_database_size_bytes{datname="fenced".*} [1-9]'
  has 'pg_settings_max_connections{.*} [1-9]'
  eventually counted "$(sql -c "select sum(xact_commit) from pg_stat_database where datname = 'postgres'")"
}

# counted NUMBER: of transactions, or more
counted() { page -f $here/metrics | awk -v least="$1" '/^pg_stat_database_xact_commit{.*datname="postgres"/ { exit !($2 + 0 >= least) }'; }

@test "logs in with a password, and says where it is wrong" {
  configure 'postgresql://exporter:hello@localhost:5432/postgres?sslmode=disable'
  eventually says 'pg_up 1'
  configure 'postgresql://exporter:goodbye@localhost:5432/postgres?sslmode=disable'
  eventually says 'pg_up 0'
  eventually journalled 'password authentication failed'
}

@test "takes name and password from files that it alone may read" {
  printf exporter >$secret/user
  printf hello >$secret/password
  chown prometheus $secret/user $secret/password
  chmod 400 $secret/user $secret/password
  configure '' '' DATA_SOURCE_URI='localhost:5432/postgres?sslmode=disable' DATA_SOURCE_USER_FILE=$secret/user DATA_SOURCE_PASS_FILE=$secret/password
  sed -i '/^DATA_SOURCE_NAME/d' $settings
  restart
  eventually says 'pg_up 1'
}

@test "asks a database elsewhere, over IPv4 and IPv6" {
  configure 'postgresql://exporter:hello@192.0.2.10:5432/postgres?sslmode=disable'
  eventually says 'pg_up 1'
  configure 'postgresql://exporter:hello@[2001:db8::10]:5432/postgres?sslmode=disable'
  eventually says 'pg_up 1'
}

@test "asks over TLS, with a certificate of its own" {
  [ "$(stat -c '%U %a' $secret/key.pem)" = 'prometheus 600' ]
  configure "postgresql://careful@localhost:5432/postgres?sslmode=verify-full&sslrootcert=$secret/cert.pem&sslcert=$secret/cert.pem&sslkey=$secret/key.pem"
  eventually says 'pg_up 1'
}

@test "says that the database is gone, and that it is back" {
  systemctl stop postgresql
  eventually says 'pg_up 0'
  systemctl start postgresql
  eventually says 'pg_up 1'
}

@test "asks whichever database Prometheus names" {
  prometheus-postgres-exporter --help 2>&1 | grep -q -- --config.file || skip "this version cannot do it"
  printf '%s\n' 'auth_modules:' '  fenced: { type: userpass, userpass: { username: exporter, password: hello }, options: { sslmode: disable } }' >$secret/exporter.yml
  configure '' "--config.file=$secret/exporter.yml"
  eventually answers
  at="$here/probe?auth_module=fenced&target=127.0.0.1:5432/postgres" eventually has 'pg_database_size_bytes{datname="fenced".*} [1-9]'
}

@test "asks what you want to know" {
  cat >$secret/queries.yml <<'YAML'
fenced_shelf:
  query: "select 42 as books"
  metrics: [ { books: { usage: GAUGE, description: "Books" } } ]
YAML
  configure "$usual" "--extend.query-path=$secret/queries.yml --disable-settings-metrics"
  eventually has 'fenced_shelf_books{.*} 42'
  run ! has pg_settings_max_connections
}

@test "says what is wrong with its configuration" {
  echo 'basic_auth: wrong' >$secret/broken.yml
  configure "$usual" "--web.config.file=$secret/broken.yml" || true
  eventually journalled 'field basic_auth not found'
  run ! answers
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9187'
  [[ $(page $here/) == *'/metrics'* ]]
}

@test "answers other machines" {
  answers http://192.0.2.10:9187
  answers 'http://[2001:db8::10]:9187'
}

@test "answers over TLS, and asks for a password" {
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure "$usual" "--web.config.file=$secret/web.yml"
  eventually refuses
  at=https://localhost:9187/metrics eventually says 'pg_up 1' --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9187/metrics 2>/dev/null)" = 401 ]; }

@test "publishes its own figures, its memory, files and start among them" {
  page -f $here/metrics >$home/metrics
  grep -q '^process_resident_memory_bytes [1-9]' $home/metrics
  grep -q '^process_open_fds [1-9]' $home/metrics
  grep -q '^process_start_time_seconds [1-9]' $home/metrics
}

@test "serves fifty, five at a time" {
  local n
  for n in {1..50}; do
    ((n == 1)) || echo next
    printf 'url = "%s/metrics"\noutput = "%s/many.%d"\nwrite-out = "%%{http_code}\\n"\n' $here $home $((n % 20))
  done >$home/many
  [ "$(curl -sg --max-time 40 --parallel --parallel-max 5 -K $home/many | grep -c 200)" = 50 ]
}

@test "logs to the journal, as JSON where it is asked to" {
  configure "$usual" '--log.level=debug --log.format=json'
  eventually answers
  eventually journalled '^\{.*listening on'
}

@test "leaves the package's log rotation working" {
  [ -e /etc/logrotate.d/prometheus-postgres-exporter ] || skip "this package has none"
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-postgres-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-postgres-exporter
  answers
}

@test "listens where it is told to alone, on another path" {
  configure "$usual" '--web.listen-address=127.0.0.1:9188 --web.telemetry-path=/figures'
  at=http://127.0.0.1:9188/figures eventually says 'pg_up 1'
  run ! page -f http://192.0.2.10:9188/figures
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
  eventually says 'pg_up 1'
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9187/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure "$usual" '--web.listen-address=:80'
  eventually answers http://127.0.0.1
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-postgres-exporter
  run ! answers
  configure
  eventually answers
}
