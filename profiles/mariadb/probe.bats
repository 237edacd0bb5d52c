#!/usr/bin/env bats
# What mariadb must still do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

settings=/etc/mysql/mariadb.conf.d/99-fenced.cnf
logs=/var/log/mysql

ask() { mariadb --batch --skip-column-names fenced -e "$1"; }
is() { [ "$(ask "$1")" = "$2" ]; }
# A client over the network.
remote() { MYSQL_PWD=wonder mariadb --batch --skip-column-names --protocol tcp -u bob -h "$1" "${@:3}" fenced -e "$2"; }

setup_file() {
  # An answer that never comes would keep a thread, and so the stop, waiting for two minutes.
  echo 1 >/proc/sys/net/ipv4/tcp_syn_retries
  # Debian 12 turns on mariadb.socket as well, which would go on listening when the service stops.
  systemctl -q is-active mariadb.socket && systemctl stop mariadb.socket "$UNIT"
  id alice >/dev/null 2>&1 || useradd --create-home alice
  install -d -o mysql -g adm -m 2750 "$logs"
  install -d -o mysql -g mysql -m 0750 /srv/fenced
  if [ ! -e /etc/mysql/fenced.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout /etc/mysql/fenced.key -out /etc/mysql/fenced.pem 2>/dev/null
    chown mysql /etc/mysql/fenced.key
  fi
  cat >"$settings.new" <<END
[mariadbd]
bind-address = *
log_error = $logs/error.log
slow_query_log = 1
log_slow_query_file = $logs/slow.log
slow_query_log_file = $logs/slow.log
long_query_time = 0.1
log_bin = $logs/mariadb-bin
event_scheduler = 1
innodb_buffer_pool_size = 24M
memlock = 1
ssl_cert = /etc/mysql/fenced.pem
ssl_key = /etc/mysql/fenced.key
END
  if ! cmp -s "$settings.new" "$settings" || ! systemctl -q is-active "$UNIT"; then
    mv "$settings.new" "$settings"
    restart || true
  fi
  mariadb <<'END' || true
CREATE DATABASE IF NOT EXISTS fenced;
USE fenced;
CREATE USER IF NOT EXISTS alice@localhost IDENTIFIED VIA unix_socket;
CREATE USER IF NOT EXISTS bob@'%' IDENTIFIED BY 'wonder';
GRANT ALL ON fenced.* TO alice@localhost;
GRANT ALL ON fenced.* TO bob@'%';
DROP TABLE IF EXISTS kept, many, copied, elsewhere, here, there, archived;
CREATE TABLE kept (what text) SELECT 'over the restart' AS what;
CREATE TABLE many (n int PRIMARY KEY, word char(32)) SELECT seq AS n, md5(seq) AS word FROM seq_1_to_20000;
END
}

@test "stores rows, indexes them, and takes back what was not committed" {
  is "SELECT n FROM many WHERE word = md5(4711)" 4711
  ask "ALTER TABLE many ADD INDEX (word)"
  ask "START TRANSACTION; DELETE FROM many; ROLLBACK"
  is "SELECT count(*) FROM many" 20000
  is "SELECT count(*) FROM many WHERE word REGEXP '^(00|ff)[0-9]+x?'" \
    "$(ask "SELECT count(*) FROM many WHERE (word LIKE '00%' OR word LIKE 'ff%') AND substr(word, 3, 1) BETWEEN '0' AND '9'")"
}

@test "knows local accounts by the socket they come through" {
  [ "$(runuser -u alice -- env -C / mariadb --batch --skip-column-names fenced -e 'SELECT current_user()')" = alice@localhost ]
  run ! runuser -u nobody -- env -C / mariadb -u alice fenced -e 'SELECT 1'
}

@test "serves other machines over IPv4 and IPv6, with a password" {
  [ "$(remote 192.0.2.10 'SELECT current_user()')" = bob@% ]
  [ "$(remote ::1 'SELECT current_user()')" = bob@% ]
  MYSQL_PWD=wrong run ! mariadb --protocol tcp -u bob -h 192.0.2.10 fenced -e 'SELECT 1'
}

@test "serves TLS with its key" {
  run -0 remote localhost "SHOW STATUS LIKE 'Ssl_cipher'" --ssl-ca=/etc/mysql/fenced.pem --ssl-verify-server-cert
  [[ $output == *TLS_* || $output == *ECDHE* ]]
}

@test "exports to /tmp and imports from there" {
  rm -f /tmp/many.txt
  ask "SELECT * INTO OUTFILE '/tmp/many.txt' FROM many"
  [ "$(wc -l </tmp/many.txt)" -eq 20000 ]
  ask "CREATE TABLE copied LIKE many; LOAD DATA INFILE '/tmp/many.txt' INTO TABLE copied"
  is "SELECT count(*) FROM copied" 20000
}

@test "imports a file that the client sends" {
  printf '1\tone\n2\ttwo\n' >"$BATS_TEST_TMPDIR/sent.txt"
  mariadb --local-infile=1 fenced -e "CREATE OR REPLACE TABLE copied (n int, word text);
    LOAD DATA LOCAL INFILE '$BATS_TEST_TMPDIR/sent.txt' INTO TABLE copied"
  is "SELECT word FROM copied WHERE n = 2" two
}

@test "keeps a table and an export on another volume" {
  ask "CREATE TABLE elsewhere (n int) DATA DIRECTORY = '/srv/fenced'"
  ask "INSERT INTO elsewhere VALUES (7)"
  [ -s /srv/fenced/fenced/elsewhere.ibd ]
  rm -f /srv/fenced/many.txt
  ask "SELECT * INTO OUTFILE '/srv/fenced/many.txt' FROM many"
  [ "$(wc -l </srv/fenced/many.txt)" -eq 20000 ]
}

@test "sorts on disk what is too large for memory" {
  before=$(ask "SHOW GLOBAL STATUS LIKE 'Created_tmp_disk_tables'" | cut -f 2)
  is "SET tmp_memory_table_size = 1024; SELECT count(*) FROM (SELECT word, count(*) FROM many GROUP BY reverse(word) ORDER BY word) AS t" 20000
  [ "$(ask "SHOW GLOBAL STATUS LIKE 'Created_tmp_disk_tables'" | cut -f 2)" -gt "$before" ]
}

@test "loads a plugin, and reads a table of another machine through it" {
  is "SELECT count(*) FROM information_schema.plugins WHERE plugin_name = 'FEDERATED'" 1 || ask "INSTALL SONAME 'ha_federatedx'"
  ask "CREATE TABLE here (n int); INSERT INTO here VALUES (42)"
  ask "CREATE TABLE there (n int) ENGINE = FEDERATED CONNECTION = 'mysql://bob:wonder@192.0.2.10/fenced/here'"
  is "SELECT n FROM there" 42
}

@test "runs stored procedures and timed events" {
  ask "CREATE OR REPLACE PROCEDURE twice(IN n int, OUT m int) SET m = 2 * n"
  is "CALL twice(21, @m); SELECT @m" 42
  ask "CREATE OR REPLACE TABLE copied (n int)"
  ask "CREATE OR REPLACE EVENT soon ON SCHEDULE AT now() DO INSERT INTO copied VALUES (1)"
  eventually is "SELECT count(*) FROM copied" 1
}

@test "is dumped and restored" {
  mariadb-dump --single-transaction fenced many >"$BATS_TEST_TMPDIR/dump.sql"
  ask "DROP TABLE many"
  mariadb fenced <"$BATS_TEST_TMPDIR/dump.sql"
  is "SELECT count(*) FROM many" 20000
}

@test "writes the log that replicas and backups read" {
  ask "FLUSH BINARY LOGS"
  ask "INSERT INTO kept VALUES ('for the replica')"
  log=$logs/$(ask "SHOW MASTER STATUS" | cut -f 1)
  mariadb-binlog "$log" | grep -q 'for the replica'
  adm=$(getent group adm | cut -d : -f 3)
  setpriv --reuid nobody --regid nogroup --groups "$adm" mariadb-binlog "$log" | grep -q 'for the replica'
  ask "DELETE FROM kept WHERE what LIKE 'for%'"
}

@test "locks its memory against swapping" {
  [ "$(awk '/^VmLck:/ {print $2}' "/proc/$(systemctl show -p MainPID --value "$UNIT")/status")" -gt 10000 ]
}

@test "uses the kernel's asynchronous input and output" {
  is 'SELECT @@innodb_use_native_aio' 1
}

@test "writes its logs, for the group adm as well, also after logrotate has run twice" {
  for turn in 1 2; do
    ask "SELECT sleep(0.11), 'turn $turn'" >/dev/null
    eventually grep -q "turn $turn" "$logs/slow.log"
    logrotate --force /etc/logrotate.d/mariadb
    eventually test -e "$logs/slow.log"
  done
  ask "SELECT sleep(0.11), 'after both'" >/dev/null
  eventually grep -q 'after both' "$logs/slow.log"
  setpriv --reuid nobody --regid nogroup --groups "$(getent group adm | cut -d : -f 3)" cat "$logs/slow.log" >/dev/null
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! remote 192.0.2.10 'SELECT 1' --connect-timeout=2
  [ "$(remote 127.0.0.1 'SELECT 1')" = 1 ]
}

# bats test_tags=option:pam
@test "lets in by PAM whoever has a password on this machine" {
  id carol >/dev/null 2>&1 || useradd carol
  echo carol:secret | chpasswd
  printf 'auth required pam_unix.so\naccount required pam_unix.so\n' >/etc/pam.d/mariadb
  is "SELECT count(*) FROM information_schema.plugins WHERE plugin_name = 'pam'" 1 || ask "INSTALL SONAME 'auth_pam'"
  ask "CREATE OR REPLACE USER carol@localhost IDENTIFIED VIA pam USING 'mariadb'; GRANT SELECT ON fenced.* TO carol@localhost"
  [ "$(mariadb --batch --skip-column-names -u carol -psecret fenced -e 'SELECT what FROM kept')" = 'over the restart' ]
  run ! mariadb -u carol -pwrong fenced -e 'SELECT 1'
  ask "DROP USER carol@localhost; UNINSTALL SONAME 'auth_pam'"
}

# bats test_tags=option:tmp
@test "sees none of the files in everybody's /tmp" {
  echo 1 >/tmp/everybody
  chmod 644 /tmp/everybody
  is "SELECT load_file('/tmp/everybody') IS NULL" 1
}

# bats test_tags=option:strict
@test "writes nowhere else" {
  install -d -o mysql -g mysql /var/cache/elsewhere
  run ! ask "SELECT * INTO OUTFILE '/var/cache/elsewhere/many.txt' FROM many"
  [[ $output == *'Read-only file system'* || $output == *'Errcode: 30'* ]]
}

# bats test_tags=option:home
@test "keeps a table below /home" {
  install -d -o mysql -g mysql -m 0750 /home/mysql
  rm -rf /home/mysql/fenced
  ask "CREATE OR REPLACE TABLE elsewhere (n int) DATA DIRECTORY = '/home/mysql'"
  ask "INSERT INTO elsewhere VALUES (7)"
  [ -s /home/mysql/fenced/elsewhere.ibd ]
}

# bats test_tags=option:no-memlock
@test "holds no capability" {
  [ "$(awk '/^Cap(Prm|Eff|Amb):/ {print $2}' "/proc/$(systemctl show -p MainPID --value "$UNIT")/status" | sort -u)" = 0000000000000000 ]
  is 'SELECT 1' 1
}

# The last two belong together.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x mariadbd
  [ ! -e /run/mysqld/mysqld.sock ]
  [ ! -e /run/mysqld/mysqld.pid ]
}

@test "starts again with its data, and brings its own tables up to date as after an upgrade" {
  rm -f /var/lib/{mysql,mariadb}/{mysql,mariadb}_upgrade_info
  restart
  is 'SELECT what FROM kept' 'over the restart'
  eventually upgraded
}

upgraded() { [ -n "$(find /var/lib/mysql /var/lib/mariadb -name '*_upgrade_info' -size +0 2>/dev/null)" ]; }
