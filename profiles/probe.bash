# shellcheck shell=bash disable=SC2154 # BATS_* and UNIT come from where it is loaded
# What probes have in common; `load probe` brings it in. It counts as a part of each probe that loads it: whoever changes a
# line here has those services to measure again.

bats_require_minimum_version 1.5.0

# eventually COMMAND...: waits until it succeeds, 8 seconds at most, or PATIENCE
eventually() {
  local end=$((SECONDS + ${PATIENCE-8}))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited ${PATIENCE-8} seconds for: $*"
  return 1
}

# fresh: a word that nothing has seen yet
fresh() { echo "fenced$RANDOM$RANDOM"; }

main_pid() { systemctl show -p MainPID --value "$UNIT"; }

# is_another PID: the unit has a main process, and it is not this one
is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

# gone PID...
gone() { ! kill -0 "$@" 2>/dev/null; }

# processes: the ids of all that the unit has running
processes() {
  local group
  group=$(systemctl show -p ControlGroup --value "$UNIT")
  [ -z "$group" ] || find "/sys/fs/cgroup$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -n
}

# users: the names under which its processes run, sorted, in one line
users() {
  local pid
  for pid in $(processes); do ps -o user:64= -p "$pid"; done | sort -u | paste -s -d ' '
}

# holds FILE...: each of these files is open in one of its processes; a log that is not is one that nobody reads
holds() {
  local pid path
  for path in "$@"; do
    for pid in $(processes); do find "/proc/$pid/fd" -lname "$path"; done | grep -q . || return 1
  done
}

# is_up: it runs, and systemd had not to start it again
is_up() {
  [ "$(systemctl show -p ActiveState --value "$UNIT")" = active ] &&
    [ "$(systemctl show -p NRestarts --value "$UNIT")" = 0 ]
}

# restart: systemd stops counting here, and so does not refuse one restart after the other
restart() {
  systemctl reset-failed "$UNIT" || true
  timeout 40 systemctl restart "$UNIT"
}

# ended_well: after a stop
ended_well() { [ "$(systemctl show -p Result --value "$UNIT")" = success ]; }

# journalled WORDS: the unit has said this within the last twenty seconds; an extended regular expression, in either case
journalled() { journalctl -q -u "$UNIT" -o cat --since=-20s | grep -qiE -- "$1"; }
