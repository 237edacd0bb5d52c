# Parts of a trial, run inside the machine. In the environment: UNIT, and DROPINS, the directory of its drop-ins.
set -u
MAY_FAIL=${MAY_FAIL-}
state=/run/fenced
mkdir -p "$state"

# Whatever an earlier trial left of the unit and its drop-ins.
clear_unit() {
  timeout -k 2 20 systemctl stop "$UNIT" >/dev/null 2>&1 || {
    systemctl kill --signal=KILL "$UNIT"
    timeout -k 2 20 systemctl stop "$UNIT"
  } >/dev/null 2>&1
  systemctl reset-failed "$UNIT" >/dev/null 2>&1
  rm -rf "$DROPINS"
}

# From here on journal and log files are this trial's.
mark_logs() {
  journalctl --quiet -n 1 -o export | sed -n 's/^__CURSOR=//p' >"$state/cursor"
  log_files >"$state/logs"
}

log_files() {
  find /var/log -type f ! -path '*/journal/*' ! -name '[bw]tmp*' ! -name 'lastlog*' -printf '%s %p\n' | sort -k 2
}

# Says `started` when the unit has been active for a moment.
start_unit() {
  systemctl daemon-reload
  timeout -k 2 "$LIMIT" systemctl restart "$UNIT" >/dev/null 2>&1 || return 0
  local left=$((LIMIT * 5))
  sleep 0.3
  while [ $((left -= 1)) -gt 0 ]; do
    # ActiveState, how often it has come back from a crash since, SubState and Type.
    case $(systemctl show -p ActiveState -p NRestarts -p SubState -p Type "$UNIT" | sort | cut -d = -f 2 | tr '\n' ' ') in
    'active 0 '*) echo started && return ;;
    'inactive 0 dead oneshot '*) echo started && return ;;
    failed* | inactive* | active* | *' auto-restart '*) return ;;
    esac
    sleep 0.2
  done
}

# What the unit, and every log file that grew, said since mark_logs.
print_logs() {
  journalctl --sync 2>/dev/null
  journalctl --quiet --no-pager -o json --output-fields=MESSAGE,_PID,_COMM,SYSLOG_IDENTIFIER \
    --after-cursor="$(cat "$state/cursor")" -u "$UNIT" >"$state/journal"
  head -n 2000 "$state/journal"
  tail -n +2001 "$state/journal" | tail -n 2000
  printf -- '--logs--\n'
  log_files | while read -r size path; do
    before=$(awk -v path="$path" '{ s = $1; sub(/^[0-9]+ /, "") } $0 == path { print s }' "$state/logs")
    grep -Iq . "$path" || continue # binary logs and rotated ones that are packed
    [ "$size" -ge "${before:-0}" ] || before=0
    [ "$size" -eq "${before:-0}" ] || tail -c +$((${before:-0} + 1)) "$path" | head -c 100000 | tr -d '\000'
  done
}

# The probe up to its first failure: what comes after says nothing more, and a daemon that hangs hangs in every check.
# Checks named in MAY_FAIL, a line each, do not count.
probe_until_failure() {
  local line failed=
  while IFS= read -r ${failed:+-t 0.3} line; do
    if [ "$failed" ]; then case $line in 'ok '* | 'not ok '*) return ;; esac; fi
    printf '%s\n' "$line"
    case $line in 'not ok '*) may_fail "$line" || failed=1 ;; esac
  done < <(bats --tap "$@" /probe/probe.bats 2>&1)
}

may_fail() {
  local name
  name=$(sed -E 's/^not ok [0-9]+ //; s/ # (timeout|skip|todo).*//' <<<"$1")
  [ -n "$MAY_FAIL" ] && grep -qxF -e "$name" <<<"$MAY_FAIL"
}
