#!/usr/bin/env bats
# What prometheus-node-exporter must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

settings=/etc/default/prometheus-node-exporter
texts=/var/lib/prometheus/node-exporter
here=127.0.0.1:9100
# Debian leaves overlays out, and a throw-away machine may have no other disk.
switches='--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2|hugetlbfs|mqueue|devpts)$ --collector.processes --collector.tcpstat --collector.interrupts --collector.mountstats'

eventually() {
  local end=$((SECONDS + 8))
  while [ $SECONDS -lt $end ]; do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

figures() { curl -sf -m 4 "http://$1/metrics"; }
answers() { figures "$here" >/dev/null; }
# The value of one series, as a whole number.
figure() { figures "$here" | perl -ne 'BEGIN { $name = shift } printf "%.0f\n", $1 if /^\Q$name\E (\S+)$/' -- "$1"; }
shows() { figures "$here" | grep -qF -- "$1"; }
hides() { ! shows "$1"; }
disk() { figures "$here" | grep -F "node_filesystem_$2{" | perl -ne 'BEGIN { $path = shift } printf "%.0f\n", $1 if /mountpoint="\Q$path\E".* (\S+)$/' -- "$1"; }
# No more than so much between two numbers.
near() { local gap=$(($1 - $2)) && [ "${gap#-}" -le "$3" ]; }

configure() {
  printf "ARGS='%s'\n" "$switches $*" >"$settings"
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT"
}

# The names of all series but those of the exporter itself, of hardware that comes and goes, and of units.
series() {
  figures "$1" | perl -ne 'print "$1\n" if /^(node_\S+?(?:\{.*\})?) \S+$/ && !/^node_(scrape_collector_duration|systemd_unit|systemd_service|processes_)|="(loop|veth)/' | sort
}
# Series whose values stand still, values included.
constants() {
  figures "$1" | grep -E '^node_(boot_time_seconds|filefd_maximum|filesystem_(size_bytes|files|readonly|device_error|mount_info)|memory_MemTotal_bytes|network_(info|mtu_bytes|up)|nf_conntrack_entries_limit|os_info|scrape_collector_success|uname_info|dmi_info|time_zone_offset_seconds|timex_tick_seconds)\b' | sort
}

setup_file() {
  mkdir -p /srv/disk /srv/read-only /srv/late /home/disk /home/late "$texts"
  mountpoint -q /srv/disk || mount -t tmpfs -o size=64m srv /srv/disk
  mountpoint -q /srv/read-only || mount -t tmpfs -o size=16m,ro fixed /srv/read-only
  mountpoint -q /home/disk || mount -t tmpfs -o size=32m home /home/disk
  umount /srv/late /home/late 2>/dev/null || true
  systemctl start dbus.service
  configure || true
  eventually answers || true
}

teardown() { systemctl stop fenced-free.service 2>/dev/null || true; }

teardown_file() {
  umount /srv/late /home/late 2>/dev/null || true
  systemctl stop fenced-task.service 2>/dev/null || true
  systemctl reset-failed fenced-task.service 2>/dev/null || true
}

@test "says all that it says without a sandbox" {
  systemctl stop fenced-free.service 2>/dev/null || true
  # shellcheck disable=SC2086 # one word a switch
  systemd-run --quiet --collect --unit=fenced-free --uid=prometheus prometheus-node-exporter $switches --web.listen-address=127.0.0.1:9101
  eventually figures 127.0.0.1:9101 >/dev/null
  answers
  diff <(series 127.0.0.1:9101) <(series "$here")
  diff <(constants 127.0.0.1:9101) <(constants "$here")
}

@test "knows how large and how full the disks are" {
  [ "$(disk / size_bytes)" = "$(df -B1 --output=size / | tail -1 | tr -d ' ')" ]
  [ "$(disk /srv/disk size_bytes)" = $((64 << 20)) ]
  head -c 10000000 /dev/zero >/srv/disk/file
  [ "$(disk /srv/disk avail_bytes)" -lt $((55 << 20)) ]
  rm /srv/disk/file
}

@test "knows a disk below /home" {
  [ "$(disk /home/disk size_bytes)" = $((32 << 20)) ]
  [ "$(disk /home/disk device_error)" = 0 ]
}

@test "tells read-only disks from others" {
  [ "$(disk / readonly)" = 0 ]
  [ "$(disk /srv/disk readonly)" = 0 ]
  [ "$(disk /home/disk readonly)" = 0 ]
  # 1.11 calls every disk writable, in a sandbox or not.
  [ "$PLATFORM" = debian-sid ] || [ "$(disk /srv/read-only readonly)" = 1 ]
}

@test "sees disks that are mounted later, and lets go of them" {
  mount -t tmpfs -o size=8m late /srv/late
  mount -t tmpfs -o size=4m late /home/late
  [ "$(disk /srv/late size_bytes)" = $((8 << 20)) ]
  [ "$(disk /home/late size_bytes)" = $((4 << 20)) ]
  umount /srv/late /home/late
  run ! shows 'mountpoint="/srv/late"'
}

@test "counts memory, processors, load and uptime" {
  [ "$(figure node_memory_MemTotal_bytes)" = $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024)) ]
  [ "$(figures "$here" | grep -c '^node_cpu_seconds_total{.*mode="idle"}')" = "$(grep -c '^processor' /proc/cpuinfo)" ]
  [ "$(figure node_boot_time_seconds)" = "$(awk '/^btime/ { print $2 }' /proc/stat)" ]
  near "$(figure node_load15)" "$(awk '{ printf "%.0f", $3 }' /proc/loadavg)" 1
  near "$(figure node_filefd_allocated)" "$(cut -f 1 /proc/sys/fs/file-nr)" 3000
}

@test "counts the processes of all users" {
  pids=$(ps -e -o pid= | wc -l)
  near "$(figure node_processes_pids)" "$pids" 5
  [ "$(figure node_processes_max_processes)" = "$(cat /proc/sys/kernel/pid_max)" ]
  [ "$(figure 'node_processes_state{state="S"}')" -gt 3 ]
}

@test "counts what goes through network interfaces and connections" {
  [ "$(figure 'node_network_up{device="lan0"}')" = 1 ]
  ip neighbour replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev lan0
  sent='node_network_transmit_bytes_total{device="lan0"}'
  before=$(figure "$sent")
  head -c 100000 /dev/zero | nc -u -w 1 -q 0 192.0.2.77 9 || true
  [ "$(figure "$sent")" -gt $((before + 100000)) ]
  ip neighbour del 192.0.2.77 dev lan0
  shows 'node_tcp_connection_states{state="listen"}'
  [ "$(figure node_sockstat_TCP_inuse)" -ge 1 ]
}

@test "knows the machine's neighbours" {
  ip neighbour replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev lan0
  [ "$(figure 'node_arp_entries{device="lan0"}')" -ge 1 ]
  ip neighbour del 192.0.2.77 dev lan0
}

@test "lists systemd's units, one that fails among them" {
  [ "$(figure "node_systemd_unit_state{name=\"$UNIT\",state=\"active\",type=\"simple\"}")" = 1 ]
  systemd-run --quiet --unit=fenced-task false
  eventually shows 'node_systemd_unit_state{name="fenced-task.service",state="failed",type="simple"} 1'
  systemctl reset-failed fenced-task.service
}

@test "publishes the text files that jobs leave for it" {
  (umask 022 && echo 'fenced_backup_age_seconds 12' >$texts/backup.prom)
  [ "$(figure fenced_backup_age_seconds)" = 12 ]
  echo 'fenced_backup_age_seconds 13' >$texts/backup.prom
  [ "$(figure fenced_backup_age_seconds)" = 13 ]
  [ "$(figure node_textfile_scrape_error)" = 0 ]
  rm $texts/backup.prom
}

@test "knows whether the clock is in step" {
  shows node_timex_sync_status
  [ "$(figure 'node_scrape_collector_success{collector="timex"}')" = 1 ]
}

@test "knows the host's name, a new one too" {
  shows "nodename=\"$(uname -n)\""
  old=$(uname -n)
  hostname renamed
  run shows 'nodename="renamed"'
  hostname "$old"
  [ "$status" = 0 ]
}

@test "answers over IPv6" {
  [[ $(curl -sf -m 4 'http://[::1]:9100/') == *'Node Exporter'* ]]
}

@test "answers other machines" {
  [[ $(curl -sf -m 4 http://192.0.2.10:9100/) == *'Node Exporter'* ]]
  [[ $(curl -sf -m 4 'http://[2001:db8::10]:9100/') == *'Node Exporter'* ]]
}

@test "listens on 127.0.0.1 alone where it is told to" {
  configure --web.listen-address=127.0.0.1:9100
  eventually answers
  run -7 curl -sf -m 4 'http://[::1]:9100/'
  configure
  eventually answers
}

@test "answers a hundred questions in a row" {
  for _ in {1..10}; do
    mapfile -t urls < <(printf "http://127.0.0.1:9100/metrics?collect[]=cpu&%d\n" {1..10})
    curl -sfg -m 20 "${urls[@]}" >/dev/null
  done
}

@test "answers over TLS and asks for a password" {
  mkdir -p /etc/prometheus/tls
  if [ ! -e /etc/prometheus/tls/key.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost -keyout /etc/prometheus/tls/key.pem -out /etc/prometheus/tls/cert.pem 2>/dev/null
    chgrp prometheus /etc/prometheus/tls/key.pem && chmod 0640 /etc/prometheus/tls/key.pem
  fi
  # The password is "test".
  cat >/etc/prometheus/web.yml <<'YAML'
tls_server_config: { cert_file: /etc/prometheus/tls/cert.pem, key_file: /etc/prometheus/tls/key.pem }
basic_auth_users:
  monitor: $2b$04$ay0DKa.4i5t8HqwM5wwgNezRHn/QoYYHRxecLdAezDZQFm3gwxuQ2
YAML
  configure --web.config.file=/etc/prometheus/web.yml
  secure() { curl -s -m 4 --cacert /etc/prometheus/tls/cert.pem -o /dev/null -w '%{http_code}' "$@" https://localhost:9100/metrics; }
  refuses() { [ "$(secure)" = 401 ]; }
  eventually refuses
  [ "$(secure -u monitor:test)" = 200 ]
  configure
  eventually answers
}

@test "logs to the journal, and comes back after a restart and after a crash" {
  configure
  eventually answers
  journalctl -q -u "$UNIT" --since=-10s | grep -q 'Listening on'
  pid=$(systemctl show -p MainPID --value "$UNIT")
  kill -SEGV "$pid"
  again() { [ "$(systemctl show -p MainPID --value "$UNIT")" -gt 0 ] && [ "$(systemctl show -p MainPID --value "$UNIT")" != "$pid" ] && answers; }
  eventually again
}

# bats test_tags=option:local
@test "is not reached over the machine's own address" {
  run -28 curl -sf -m 1 http://192.0.2.10:9100/
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x prometheus-node
  run ! answers
  systemctl start "$UNIT"
  eventually answers
}
