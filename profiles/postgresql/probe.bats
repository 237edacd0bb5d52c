#!/usr/bin/env bats
# What a PostgreSQL cluster must still do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

cluster=${UNIT#postgresql@}
cluster=${cluster%.service}
version=${cluster%-main}
config=/etc/postgresql/$version/main
data=/var/lib/postgresql/$version/main
log=/var/log/postgresql/postgresql-$version-main.log

as() { runuser -u "$1" -- env -C / "${@:2}"; }
sql() { as postgres psql -XqAtv ON_ERROR_STOP=1 -d postgres "$@"; }
ask() { sql -c "$1"; }
# A client over the network; the password is in its environment.
remote() { PGPASSWORD=wonder psql -XqAtw "host=$1 user=alice dbname=postgres sslmode=${2:-prefer}" -c "$3"; }
is() { [ "$(ask "$1")" = "$2" ]; }

# put FILE: stdin into a file of the cluster; says whether that changed it
put() {
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then
    rm "$1.new"
    return 1
  fi
  chown postgres:postgres "$1.new"
  mv "$1.new" "$1"
}

setup_file() {
  id alice >/dev/null 2>&1 || useradd --create-home alice
  id bob >/dev/null 2>&1 || useradd bob
  gpasswd -d postgres shadow 2>/dev/null || true
  install -d -o postgres -g postgres -m 0700 /srv/fenced /srv/fenced/archive /srv/fenced/space
  [ -e "$config/pg_hba.conf.package" ] || cp -p "$config/pg_hba.conf" "$config/pg_hba.conf.package"
  changed=
  if put "$config/conf.d/fenced.conf" <<'END'; then changed=1; fi
listen_addresses = '*'
archive_mode = on
archive_command = 'cp %p /srv/fenced/archive/%f'
unix_socket_directories = '/run/postgresql, /tmp'
END
  if { echo 'host all alice samenet scram-sha-256' && cat "$config/pg_hba.conf.package"; } |
    put "$config/pg_hba.conf"; then changed=1; fi
  if [ "$changed" ] || ! systemctl -q is-active "$UNIT"; then restart || true; fi
  sql >/dev/null 2>&1 <<'END' || true
SELECT 'CREATE ROLE alice LOGIN SUPERUSER PASSWORD ''wonder''' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alice') \gexec
DROP TABLE IF EXISTS kept, copied, load, many, spaced;
CREATE TABLE kept AS SELECT 'over the restart'::text AS what;
CREATE TABLE many AS SELECT g AS n, md5(g::text) AS text FROM generate_series(1, 50000) g;
END
}

@test "stores rows, indexes them and finds them again" {
  [ "$(ask "SELECT n FROM many WHERE text = md5('4711')")" = 4711 ]
  ask 'CREATE INDEX ON many (text)' >/dev/null
  ask 'UPDATE many SET n = -n WHERE n = 4711'
  ask 'VACUUM ANALYZE many'
  [ "$(ask "SELECT n FROM many WHERE text = md5('4711')")" = -4711 ]
}

@test "lets local accounts in by their name, without a password" {
  [ "$(as alice psql -XAtw -d postgres -c 'SELECT current_user')" = alice ]
}

@test "serves other machines over IPv4 and IPv6, with a password" {
  [ "$(remote 192.0.2.10 prefer 'SELECT current_user')" = alice ]
  [ "$(remote ::1 prefer 'SELECT current_user')" = alice ]
  run ! env PGPASSWORD=wrong psql -Xw 'host=192.0.2.10 user=alice dbname=postgres' -c 'SELECT 1'
}

@test "serves TLS with the key that only the group ssl-cert may read" {
  [ "$(remote 127.0.0.1 require 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')" = t ]
}

@test "recognises the networks that this machine is in" {
  is "SELECT count(*) > 0 FROM pg_hba_file_rules WHERE address = 'samenet' AND error IS NULL" t
  [ "$(remote 192.0.2.10 prefer 'SELECT 1')" = 1 ]
}

@test "compiles costly queries with JIT" {
  run -0 ask 'SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;
    EXPLAIN (ANALYZE) SELECT sum(n * 2), max(length(text)) FROM many'
  [[ $output == *JIT:*Functions:* ]]
}

@test "runs a query in several processes" {
  run -0 ask 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
    EXPLAIN (ANALYZE) SELECT count(*) FROM many'
  [[ $output =~ 'Workers Launched: '[1-9] ]]
}

@test "exports to /tmp and imports from there" {
  ask "COPY many TO '/tmp/many.csv' (FORMAT csv)"
  [ "$(wc -l </tmp/many.csv)" -eq 50000 ]
  ask "CREATE TABLE copied (LIKE many); COPY copied FROM '/tmp/many.csv' (FORMAT csv)"
  is 'SELECT count(*) FROM copied' 50000
}

@test "listens on a socket in /tmp for programs that look there" {
  [ "$(as postgres psql -XAt -h /tmp -d postgres -c 'SELECT 1')" = 1 ]
}

@test "archives its write-ahead log with a command, on another volume" {
  rm -f /srv/fenced/archive/*
  segment=$(ask 'SELECT pg_walfile_name(pg_current_wal_lsn())')
  ask 'SELECT pg_switch_wal()' >/dev/null
  eventually test -s "/srv/fenced/archive/$segment"
}

@test "keeps a tablespace on another volume" {
  ask "CREATE TABLESPACE space LOCATION '/srv/fenced/space'"
  ask 'CREATE TABLE spaced TABLESPACE space AS SELECT * FROM many'
  is 'SELECT count(*) FROM spaced' 50000
  ask 'DROP TABLE spaced'
  ask 'DROP TABLESPACE space'
}

@test "reads the machine's load for monitoring" {
  ask "CREATE TABLE load (line text); COPY load FROM '/proc/loadavg'"
  is "SELECT line ~ '^[0-9.]+ [0-9.]+ [0-9.]+ ' FROM load" t
}

@test "queries a database on another machine" {
  ask "CREATE EXTENSION IF NOT EXISTS dblink"
  is "SELECT * FROM dblink('host=192.0.2.10 user=alice password=wonder dbname=postgres', 'SELECT 42') AS t(n int)" 42
}

@test "runs functions in the languages that it brings along" {
  is "DO \$\$ BEGIN PERFORM pg_sleep(0); END \$\$; SELECT encode(sha256('x'), 'hex')" \
    2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
}

@test "is copied by pg_basebackup while it runs" {
  rm -rf /srv/fenced/copy
  as postgres pg_basebackup -D /srv/fenced/copy -X stream -c fast
  as postgres "/usr/lib/postgresql/$version/bin/pg_verifybackup" --quiet /srv/fenced/copy
}

# bats test_tags=option:local
@test "does not answer other machines" {
  run ! remote 192.0.2.10 'prefer connect_timeout=2' 'SELECT 1'
  [ "$(remote 127.0.0.1 prefer 'SELECT 1')" = 1 ]
}

# bats test_tags=option:pam
@test "lets in by PAM whoever has a password on this machine" {
  echo bob:secret | chpasswd
  printf 'auth required pam_unix.so\naccount required pam_unix.so\n' >/etc/pam.d/postgresql
  usermod -aG shadow postgres
  { echo 'host all bob 127.0.0.1/32 pam' && cat "$config/pg_hba.conf"; } | put "$config/pg_hba.conf"
  restart
  ask 'DROP ROLE IF EXISTS bob; CREATE ROLE bob LOGIN'
  [ "$(PGPASSWORD=secret psql -XqAtw 'host=127.0.0.1 user=bob dbname=postgres' -c 'SELECT current_user')" = bob ]
  run ! env PGPASSWORD=wrong psql -XqAtw 'host=127.0.0.1 user=bob dbname=postgres' -c 'SELECT 1'
}

# bats test_tags=option:no-jit
@test "runs costly queries without JIT" {
  run -0 ask 'SET jit = off; SET jit_above_cost = 0; EXPLAIN (ANALYZE) SELECT sum(n * 2), max(length(text)) FROM many'
  [[ $output != *JIT:* ]]
}

# bats test_tags=option:tmp
@test "sees none of the files in everybody's /tmp" {
  touch /tmp/everybody
  is "SELECT count(*) FROM pg_ls_dir('/tmp') AS name WHERE name = 'everybody'" 0
}

# bats test_tags=option:strict
@test "writes nowhere else" {
  install -d -o postgres -g postgres /var/lib/elsewhere
  run ! ask "COPY many TO '/var/lib/elsewhere/many.csv'"
  [[ $output == *'Read-only file system'* ]]
}

@test "takes up a new configuration on reload" {
  echo "work_mem = '7MB'" | put "$config/conf.d/reload.conf" || true
  systemctl reload "$UNIT"
  eventually is 'SHOW work_mem' 7MB
  rm "$config/conf.d/reload.conf"
  systemctl reload "$UNIT"
  eventually is 'SHOW work_mem' 4MB
}

@test "writes its log, also after logrotate has run twice" {
  for turn in 1 2; do
    ask "DO \$\$ BEGIN RAISE LOG 'turn $turn'; END \$\$"
    eventually grep -q "turn $turn" "$log"
    logrotate --force /etc/logrotate.d/postgresql-common
  done
  ask "DO \$\$ BEGIN RAISE LOG 'after both'; END \$\$"
  eventually grep -q 'after both' "$log"
}

# The last two belong together; a start takes two seconds.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -u postgres -x postgres
  [ ! -e "$data/postmaster.pid" ]
  [ ! -e "/run/postgresql/$cluster.pid" ]
  [ ! -e /run/postgresql/.s.PGSQL.5432 ]
}

@test "starts again with its data, and makes its log anew where it is gone" {
  rm -f "$log"
  restart
  is 'SELECT what FROM kept' 'over the restart'
  [ -s "$log" ]
}
