#!/usr/bin/env bats
# What the MySQL exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-mysqld-exporter
secret=/etc/prometheus/fenced
server=/etc/mysql/mariadb.conf.d/99-fenced.cnf
home=/srv/fenced-probe
here=http://127.0.0.1:9104

page() { curl -sSg --max-time 8 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^mysqld_exporter_build_info'; }
# says LINE [ARGUMENT...]: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
# has START: a figure that begins so
has() { page -f "${at-$here/metrics}" 2>/dev/null | grep -q "^$1"; }
up() { mariadb -e 'select 1' >/dev/null 2>&1; }

knows() { prometheus-mysqld-exporter --help 2>&1 | grep -q -- "--$1"; }

# credentials NAME LINE...: a file as clients have it, for the exporter's group alone
credentials() {
  printf '%s\n' '[client]' "${@:2}" >"$secret/$1.cnf"
  chgrp prometheus "$secret/$1.cnf"
  chmod 640 "$secret/$1.cnf"
}

# configure [ARGUMENTS [LINE...]]
configure() {
  printf '%s\n' "ARGS='${1---config.my-cnf $secret/usual.cnf}'" "${@:2}" >$settings
  restart
}

setup_file() {
  mkdir -p $home $secret
  if [ ! -e $server ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    cp $secret/key.pem /etc/mysql/fenced.key
    cp $secret/cert.pem /etc/mysql/fenced.pem
    chown mysql /etc/mysql/fenced.key
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem
    printf '%s\n' '[mysqld]' 'bind-address = *' 'ssl-cert = /etc/mysql/fenced.pem' 'ssl-key = /etc/mysql/fenced.key' 'ssl-ca = /etc/mysql/fenced.pem' \
      'userstat = 1' 'log-bin' 'performance_schema = on' >$server
    systemctl restart mariadb
  fi
  systemctl start mariadb
  eventually up
  mariadb -e "
    create user if not exists 'prometheus'@'localhost' identified with unix_socket;
    create user if not exists 'exporter'@'%' identified by 'hello';
    create user if not exists 'careful'@'%' identified by 'hello' require x509;
    grant process, replication client, select on *.* to 'prometheus'@'localhost';
    grant process, replication client, select on *.* to 'exporter'@'%';
    grant process, replication client, select on *.* to 'careful'@'%';
    drop database if exists fenced; create database fenced; create table fenced.shelf (id int auto_increment primary key, name text);"
  # The socket asks for no password; Debian 12's version wants one in the file all the same.
  credentials usual user=prometheus password=none "socket=$(mariadb -N -e 'select @@socket')"
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  systemctl start mariadb
  configure || true
  eventually answers
}

@test "finds the database on its socket, where it is known by its user alone" {
  eventually says 'mysql_up 1'
  has "mysql_version_info{.*version=\"$(mariadb -N -e 'select @@version')\""
}

@test "counts what the database does" {
  local n before
  before=$(figure 'mysql_global_status_commands_total{command="insert"}')
  for n in one two three; do mariadb -e "insert into fenced.shelf (name) values ('$n')"; done
  [ "$(figure 'mysql_global_status_commands_total{command="insert"}')" = "$((before + 3))" ]
  has 'mysql_global_variables_max_connections [1-9]'
  has 'mysql_global_status_uptime [0-9]'
}

figure() { page -f $here/metrics | awk -v name="$1" '$1 == name { print $2 }'; }

@test "takes its password from the environment" {
  if knows mysqld.username; then
    configure '--mysqld.address localhost:3306 --mysqld.username exporter' MYSQLD_EXPORTER_PASSWORD=hello
    eventually says 'mysql_up 1'
  else
    configure '' 'DATA_SOURCE_NAME="exporter:hello@(localhost:3306)/"'
    eventually says 'mysql_up 1'
    configure '' "DATA_SOURCE_NAME=\"prometheus@unix($(mariadb -N -e 'select @@socket'))/\""
    eventually says 'mysql_up 1'
  fi
}

@test "logs in with a password, and says where it is wrong" {
  credentials right user=exporter password=hello host=127.0.0.1 port=3306
  configure "--config.my-cnf $secret/right.cnf"
  eventually says 'mysql_up 1'
  credentials wrong user=exporter password=goodbye host=127.0.0.1 port=3306
  configure "--config.my-cnf $secret/wrong.cnf"
  eventually says 'mysql_up 0'
  eventually journalled 'access denied'
}

@test "asks a database elsewhere, over IPv4 and IPv6" {
  credentials four user=exporter password=hello host=192.0.2.10 port=3306
  configure "--config.my-cnf $secret/four.cnf"
  eventually says 'mysql_up 1'
  # The older of the two wants brackets.
  local six=2001:db8::10
  knows mysqld.address || six="[$six]"
  credentials six user=exporter password=hello "host=$six" port=3306
  configure "--config.my-cnf $secret/six.cnf"
  eventually says 'mysql_up 1'
}

@test "asks over TLS, with a certificate of its own" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  credentials secure user=careful password=hello host=localhost port=3306 ssl-ca=$secret/cert.pem ssl-cert=$secret/cert.pem ssl-key=$secret/key.pem
  configure "--config.my-cnf $secret/secure.cnf"
  eventually says 'mysql_up 1'
}

@test "says that the database is gone, and that it is back" {
  systemctl stop 'mariadb*.socket' mariadb
  eventually says 'mysql_up 0'
  systemctl start mariadb
  eventually says 'mysql_up 1'
}

@test "asks whichever database Prometheus names" {
  knows mysqld.address || skip "this version cannot do it"
  credentials many user=exporter password=hello host=127.0.0.1 port=3306
  configure "--config.my-cnf $secret/many.cnf"
  eventually answers
  at="$here/probe?target=localhost:3306" eventually says 'mysql_up 1'
  at="$here/probe?target=127.0.0.1:3399" eventually says 'mysql_up 0'
}

@test "says more, if asked to" {
  mariadb -e "insert into fenced.shelf (name) values ('more')"
  configure "--config.my-cnf $secret/usual.cnf --collect.info_schema.tables --collect.info_schema.processlist --collect.auto_increment.columns \
    --collect.engine_innodb_status --collect.info_schema.innodb_metrics --collect.binlog_size --collect.info_schema.userstats --collect.perf_schema.eventswaits"
  eventually answers
  has 'mysql_info_schema_table_size{.*schema="fenced",table="shelf"'
  has 'mysql_info_schema_auto_increment_column{column="id",schema="fenced",table="shelf"} [1-9]'
  has 'mysql_binlog_size_bytes [1-9]'
  has 'mysql_info_schema_user_statistics_total_connections{.*} [1-9]'
  has mysql_perf_schema_events_waits_total
}

@test "collects only what Prometheus asks for" {
  at="$here/metrics?collect[]=global_status" eventually has 'mysql_global_status_uptime '
  at="$here/metrics?collect[]=global_status" run ! has mysql_global_variables_
}

@test "reads new credentials when it is told to, without a restart" {
  knows mysqld.address || skip "this version cannot do it"
  local before
  credentials changing user=exporter password=goodbye host=127.0.0.1 port=3306
  configure "--config.my-cnf $secret/changing.cnf"
  eventually says 'mysql_up 0'
  before=$(main_pid)
  credentials changing user=exporter password=hello host=127.0.0.1 port=3306
  [ "$(code_of -X POST $here/-/reload)" = 200 ]
  eventually says 'mysql_up 1'
  [ "$(main_pid)" = "$before" ]
}

@test "says what is wrong with its configuration" {
  echo 'user = nobody' >$secret/broken.cnf
  configure "--config.my-cnf $secret/broken.cnf" || true
  eventually journalled "error parsing .*broken.cnf"
  run ! answers
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9104'
  [[ $(page $here/) == *'/metrics'* ]]
}

@test "answers other machines" {
  answers http://192.0.2.10:9104
  answers 'http://[2001:db8::10]:9104'
}

@test "answers over TLS, and asks for a password" {
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure "--config.my-cnf $secret/usual.cnf --web.config.file $secret/web.yml"
  eventually refuses
  at=https://localhost:9104/metrics eventually says 'mysql_up 1' --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9104/metrics 2>/dev/null)" = 401 ]; }

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

@test "logs to the journal, and leaves the package's log rotation working" {
  configure "--config.my-cnf $secret/usual.cnf --log.level=debug --log.format=json"
  eventually answers
  eventually journalled '^\{.*listening on'
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-mysqld-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-mysqld-exporter
  answers
}

@test "listens where it is told to alone, on another path" {
  configure "--config.my-cnf $secret/usual.cnf --web.listen-address 127.0.0.1:9105 --web.telemetry-path /figures"
  at=http://127.0.0.1:9105/figures eventually says 'mysql_up 1'
  run ! page -f http://192.0.2.10:9105/figures
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
  eventually says 'mysql_up 1'
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9104/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure "--config.my-cnf $secret/usual.cnf --web.listen-address :80"
  eventually answers http://127.0.0.1
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-mysqld-exporter
  run ! answers
  configure
  eventually answers
}
