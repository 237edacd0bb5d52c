#!/usr/bin/env bats
# What the process exporter must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

settings=/etc/default/prometheus-process-exporter
secret=/etc/prometheus/fenced
worker=/usr/local/bin/fenced-worker
home=/srv/fenced-probe
here=http://127.0.0.1:9256

page() { curl -sSg --max-time 6 "$@"; }
code_of() { page -o /dev/null -w '%{http_code}' "$@"; }
answers() { page -f "${1-$here}/metrics" 2>/dev/null | grep -q '^namedprocess_scrape_errors'; }
# says LINE [ARGUMENT...]: among its figures
says() { page -f "${at-$here/metrics}" "${@:2}" 2>/dev/null | grep -qxF -- "$1"; }
# counts GROUP NUMBER [ARGUMENT...]: of processes
counts() { says "namedprocess_namegroup_num_procs{groupname=\"$1\"} $2" "${@:3}"; }
# uses GROUP FIGURE [LABEL]: more than nothing
uses() { page -f $here/metrics | grep -q "^namedprocess_namegroup_$2{groupname=\"$1\"${3:+,$3}} [1-9]"; }

# configure [ARGUMENTS]
configure() {
  echo "ARGS=\"${1--procnames fenced-worker}\"" >$settings
  restart
}

# groups NAME MATCH: by a file
groups() {
  printf 'process_names:\n  - name: "%s"\n    %s\n' "$1" "$2" >$secret/groups.yml
  configure "-config.path $secret/groups.yml"
  eventually answers
}

# begin NAME [PROPERTY...] COMMAND: is there when it has its own name and not yet systemd's; the exporter looks for it once
# One of the same name from before may still be on its way out.
begin() { eventually systemd-run -q --collect --unit="fenced-$1" -p Type=exec "${@:2}"; }
# work NAME [PROPERTY...]: something to look at
work() { begin "$@" $worker 3600; }
pid_of() { systemctl show -p MainPID --value "fenced-$1"; }

setup_file() {
  mkdir -p $home $secret
  if [ ! -e $secret/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout $secret/key.pem -out $secret/cert.pem 2>/dev/null
    chgrp -R prometheus $secret && chmod 640 $secret/key.pem
    cp -p $settings $home/package
    cp /bin/sleep $worker
  fi
  systemctl stop 'fenced-*' 2>/dev/null || true
  systemctl reset-failed 'fenced-*' 2>/dev/null || true
  work root
  work games -p User=games
  work own -p User=prometheus
  configure || true
  eventually answers || true
  cp $settings $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  # One by one: systemd 262 stops none where one of them is not there.
  local unit
  for unit in fenced-more fenced-parent; do systemctl stop $unit 2>/dev/null || true; done
  cmp -s $settings $home/settings && [ "$BATS_TEST_COMPLETED" ] && return
  configure || true
  eventually answers
}

teardown_file() { systemctl stop 'fenced-*'; }

@test "starts as packaged, and looks at nothing yet" {
  cat $home/package >$settings
  restart
  eventually answers
  says 'namedprocess_scrape_errors 0'
  run ! counts fenced-worker 3
}

@test "counts processes by name, as they come and go" {
  eventually counts fenced-worker 3
  work more
  eventually counts fenced-worker 4
  systemctl stop fenced-more
  eventually counts fenced-worker 3
}

@test "knows what processes of others use" {
  groups '{{.Comm}}:{{.PID}}' 'comm: [fenced-worker]'
  local group
  for group in "fenced-worker:$(pid_of root)" "fenced-worker:$(pid_of games)"; do
    eventually uses "$group" memory_bytes 'memtype="resident"'
    uses "$group" memory_bytes 'memtype="virtual"'
    uses "$group" num_threads
    uses "$group" states 'state="Sleeping"'
  done
}

@test "knows how much of the processor is used" {
  begin more -p User=games -p RuntimeMaxSec=20 sh -c 'while :; do :; done'
  groups busy 'cmdline: ["while :; do :; done"]'
  eventually busy
}

busy() { page -f $here/metrics | awk '/^namedprocess_namegroup_cpu_seconds_total{groupname="busy",mode="user"}/ { ok = $2 > 0 } END { exit !ok }'; }

@test "knows when a process was started" {
  groups '{{.PID}}' 'comm: [fenced-worker]'
  local group start
  group=$(pid_of games)
  start=$(date +%s -d "$(ps -o lstart= -p "$group")")
  eventually counts "$group" 1
  page -f $here/metrics | awk -v start="$start" -v name="namedprocess_namegroup_oldest_start_time_seconds{groupname=\"$group\"}" \
    '$1 == name { ok = ($2 - start) ^ 2 < 100 } END { exit !ok }'
}

@test "groups by user" {
  groups '{{.Username}}' 'comm: [fenced-worker]'
  eventually counts games 1
  counts root 1
  counts prometheus 1
}

@test "groups by users whom systemd alone knows" {
  work more -p DynamicUser=yes -p User=fenced-guest
  groups '{{.Username}}' 'comm: [fenced-worker]'
  eventually counts fenced-guest 1
}

@test "groups by a part of the command line, by program and by control group" {
  groups '{{.Matches.Seconds}}' "cmdline: ['fenced-worker (?P<Seconds>[0-9]+)']"
  eventually counts 3600 3
  groups '{{.ExeFull}}' "exe: [$worker]"
  eventually counts $worker 3
  groups '{{.Cgroups}}' 'comm: [fenced-worker]'
  eventually in_its_unit
}

in_its_unit() { page -f $here/metrics | grep -q '^namedprocess_namegroup_num_procs{groupname="\[.*/fenced-games.service\]"} 1'; }

@test "names processes by what an expression finds, without a file" {
  configure '-procnames fenced-worker -namemapping fenced-worker,([0-9]+)'
  eventually counts fenced-worker:3600 3
}

@test "counts children with their parents, or apart" {
  begin parent bash -c "$worker 3601; :"
  groups family "cmdline: ['bash -c .*3601; :']"
  eventually counts family 2
  configure "-config.path $secret/groups.yml -children=false"
  eventually counts family 1
}

@test "tells the threads of a process apart" {
  groups exporter 'comm: [prometheus-proc]'
  eventually uses exporter thread_count 'threadname="prometheus-proc"'
  uses exporter num_threads
}

@test "counts open files and shared memory of its own user's processes" {
  groups '{{.PID}}' 'comm: [fenced-worker]'
  local group
  group=$(pid_of own)
  eventually uses "$group" open_filedesc
  uses "$group" memory_bytes 'memtype="proportionalResident"'
}

# bats test_tags=option:all
@test "counts open files and shared memory of everybody's processes" {
  local group
  groups '{{.PID}}' 'comm: [fenced-worker]'
  for group in "$(pid_of root)" "$(pid_of games)"; do
    eventually uses "$group" open_filedesc
    uses "$group" memory_bytes 'memtype="proportionalResident"'
  done
}

@test "answers over IPv4 and IPv6, with a page as well" {
  answers 'http://[::1]:9256'
  [[ $(page $here/) == *'/metrics'* ]]
}

@test "answers other machines" {
  answers http://192.0.2.10:9256
  answers 'http://[2001:db8::10]:9256'
}

@test "answers over TLS, and asks for a password" {
  [ "$(stat -c '%G %a' $secret/key.pem)" = 'prometheus 640' ]
  cat >$secret/web.yml <<YAML
tls_server_config: { cert_file: $secret/cert.pem, key_file: $secret/key.pem }
basic_auth_users: { monitor: $(htpasswd -nbBC 4 monitor test | cut -d : -f 2) }
YAML
  configure "-procnames fenced-worker -web.config.file=$secret/web.yml"
  eventually refuses
  at=https://localhost:9256/metrics eventually counts fenced-worker 3 --cacert $secret/cert.pem -u monitor:test
}

refuses() { [ "$(code_of --cacert $secret/cert.pem https://localhost:9256/metrics 2>/dev/null)" = 401 ]; }

@test "says what is wrong with its configuration" {
  echo 'process_names: [{ nothing: 1 }]' >$secret/broken.yml
  configure "-config.path $secret/broken.yml" || true
  eventually journalled 'error reading config file'
  run ! answers
}

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

@test "logs to the journal" {
  configure '-procnames fenced-worker -debug'
  eventually answers
  eventually journalled 'reading metrics from /proc'
  eventually journalled 'fenced-worker'
}

@test "leaves the package's log rotation working" {
  mkdir -p /var/log/prometheus
  printf 'a line of a log\n' >/var/log/prometheus/prometheus-process-exporter.log
  logrotate --force /etc/logrotate.d/prometheus-process-exporter
  answers
}

@test "listens where it is told to alone, on another path" {
  configure '-procnames fenced-worker -web.listen-address 127.0.0.1:9257 -web.telemetry-path /figures'
  at=http://127.0.0.1:9257/figures eventually counts fenced-worker 3
  run ! page -f http://192.0.2.10:9257/figures
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
  eventually counts fenced-worker 3
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run ! page -f --max-time 2 http://192.0.2.10:9256/metrics
}

# bats test_tags=option:low-port
@test "listens on a port below 1024" {
  configure '-procnames fenced-worker -web.listen-address :79'
  eventually answers http://127.0.0.1:79
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! pgrep -f /usr/bin/prometheus-process-exporter
  run ! answers
  configure
  eventually answers
}
