#!/usr/bin/env bats
# What those who log in, and those who run the machine, must be able to have systemd-logind do. Runs as root inside a booted
# machine; the lab sets UNIT.

load probe

PATIENCE=20

run=/run/fenced-probe
config=/etc/systemd/logind.conf.d/fenced-probe.conf
user=fenced-probe

setup_file() {
  mkdir -p $run ${config%/*}
  chmod 1777 $run
  id $user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash $user
}

teardown() {
  systemctl stop 'fenced-session*' 2>/dev/null || true
  if [ -e /var/lib/systemd/linger/$user ]; then inside loginctl disable-linger $user || true; fi
  loginctl terminate-user $user 2>/dev/null || true
  systemctl reset-failed "$UNIT" 2>/dev/null || true
}

# log_in COMMANDS: opens a session of the user by PAM, as a desktop's login does, runs them there, and says which session it is
log_in() {
  local name
  name=fenced-session$(fresh)
  systemd-run -q --collect --unit="$name" -p PAMName=login -p User=$user -E XDG_SESSION_CLASS=user -E XDG_SESSION_TYPE=wayland \
    bash -c "env >$run/$name; echo \$XDG_SESSION_ID >$run/$name-id; $1"
  eventually [ -s "$run/$name-id" ] >&2
  cat "$run/$name-id"
}

# inside COMMAND...: in a unit of its own, since the lab's shell is outside of all cgroups that logind knows
inside() { systemd-run -q --collect --wait --pipe "$@"; }

lists() { [[ $(loginctl list-sessions --no-legend) =~ (^|$'\n')\ *"$1"\ +[0-9]+\ $user ]]; }
lists_not() { ! lists "$1"; }
manager() { busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager "$@"; }
property() { loginctl show-session "$1" -p "$2" --value; }

@test "opens a session, and tells whose it is" {
  local id
  id=$(log_in 'exec sleep 300')
  lists "$id"
  [ "$(property "$id" Name)" = $user ]
  [ "$(property "$id" Active)" = yes ]
  [ "$(property "$id" Service)" = login ]
  [ "$(cat /proc/"$(property "$id" Leader)"/comm)" != '' ]
  [ "$(property "$id" Scope)" = "session-$id.scope" ]
  systemctl is-active "session-$id.scope"
}

@test "gives a user a place in /run and a systemd of their own, and takes both away" {
  local id uid
  uid=$(id -u $user)
  id=$(log_in 'exec sleep 300')
  [ "$(stat -c '%U %a' "/run/user/$uid")" = "$user 700" ]
  eventually systemctl is-active "user@$uid.service"
  loginctl terminate-session "$id"
  eventually lists_not "$id"
  PATIENCE=30 eventually is_gone "/run/user/$uid"
}

is_gone() { [ ! -e "$1" ]; }

@test "lets users read who is logged in, by file and by bus" {
  local id
  id=$(log_in 'exec sleep 300')
  runuser -u nobody -- grep -q "^USER=$user\|^UID=$(id -u $user)" "/run/systemd/sessions/$id"
  [ "$(runuser -u nobody -- loginctl show-session "$id" -p Name --value)" = $user ]
  [ "$(runuser -u nobody -- loginctl show-user $user -p State --value)" = active ]
}

@test "ends a session with all that runs in it" {
  local id leader
  id=$(log_in 'sleep 301 & exec sleep 300')
  leader=$(property "$id" Leader)
  [ -n "$leader" ]
  loginctl kill-session "$id" --signal=KILL
  eventually lists_not "$id"
  run ! pgrep -u $user -x sleep
}

@test "tells which session a process belongs to" {
  local id pid
  id=$(log_in 'exec sleep 302')
  pid=$(pgrep -u $user -f 'sleep 302')
  [[ $(manager GetSessionByPID u "$pid") == "o \"/org/freedesktop/login1/session/"* ]]
  [[ $(loginctl session-status "$id" --no-pager) == *'sleep 302'* ]]
}

@test "tells a session to lock its screen" {
  local id monitor
  id=$(log_in 'exec sleep 300')
  timeout 50 dbus-monitor --system "type=signal,interface=org.freedesktop.login1.Session" >$run/signals 3>&- &
  monitor=$!
  eventually locked "$id"
  kill $monitor
}

locked() { loginctl lock-session "$1" && sleep 0.1 && grep -q 'member=Lock' $run/signals; }

@test "notes that a session is idle" {
  local id
  id=$(log_in "until [ -e $run/hint ]; do sleep 0.1; done; busctl call org.freedesktop.login1 /org/freedesktop/login1/session/self org.freedesktop.login1.Session SetIdleHint b true; exec sleep 300")
  touch $run/hint
  eventually is_idle "$id"
  rm $run/hint
}

is_idle() { [ "$(property "$1" IdleHint)" = yes ]; }

@test "keeps a user's own systemd without a session where told to, over a restart too" {
  local uid
  uid=$(id -u $user)
  inside loginctl enable-linger $user
  eventually systemctl is-active "user@$uid.service"
  [ -e /var/lib/systemd/linger/$user ]
  restart
  eventually knows_user
  systemctl is-active "user@$uid.service"
  inside loginctl disable-linger $user
  [ ! -e /var/lib/systemd/linger/$user ]
}

knows_user() { [ "$(loginctl show-user $user -p Linger --value)" = yes ]; }

@test "holds back what is asked not to happen, and lists who asked" {
  [[ $(systemd-inhibit --what=sleep --who=fenced-who --why=probe systemd-inhibit --list --no-pager) == *fenced-who* ]]
  [[ $(systemd-inhibit --list --no-pager) != *fenced-who* ]]
  [[ $(systemd-inhibit --what=shutdown:idle --who=fenced-who --why=probe busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager BlockInhibited) == *shutdown*idle* ]]
}

@test "plans a shutdown, keeps users from logging in before it, and forgets it again" {
  shutdown -h +4 'fenced probe' 2>/dev/null
  grep -q ^MODE=poweroff /run/systemd/shutdown/scheduled
  eventually [ -e /run/nologin ]
  [[ $(shutdown --show 2>&1) == *scheduled* ]]
  shutdown -c 2>/dev/null
  eventually is_gone /run/nologin
  [ ! -e /run/systemd/shutdown/scheduled ]
}

@test "lets root switch off the machine, and asks others first" {
  [ "$(manager CanPowerOff)" = 's "yes"' ]
  [ "$(manager CanReboot)" = 's "yes"' ]
  [ "$(runuser -u $user -- busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager CanPowerOff)" != 's "yes"' ]
}

@test "forgets which devices were given to seats" {
  mkdir -p /etc/udev/rules.d
  echo '# fenced' >/etc/udev/rules.d/72-seat-fenced.rules
  loginctl flush-devices || true
  [ ! -e /etc/udev/rules.d/72-seat-fenced.rules ]
}

@test "removes what a user left in shared memory" {
  local id shared
  id=$(log_in "echo left >/dev/shm/fenced-left; ipcmk -M 4096 >$run/segment; exec sleep 300")
  eventually [ -s $run/segment ]
  shared=$(grep -o '[0-9]*$' $run/segment)
  [ -e /dev/shm/fenced-left ]
  ipcs -m -i "$shared" | grep -q "uid=$(id -u $user)"
  loginctl terminate-session "$id"
  PATIENCE=30 eventually is_gone /dev/shm/fenced-left
  eventually no_segment "$shared"
  rm $run/segment
}

no_segment() { ! ipcs -m -i "$1" 2>/dev/null | grep -q 'uid='; }

@test "ends what a user leaves running where its configuration says so" {
  local id pid
  printf '[Login]\nKillUserProcesses=yes\n' >$config
  restart
  id=$(log_in "setsid sleep 303 & exec sleep 300")
  eventually pgrep -u $user -f 'sleep 303'
  pid=$(pgrep -u $user -f 'sleep 303')
  kill "$(pgrep -u $user -f 'sleep 300')"
  rm $config
  eventually gone "$pid"
  restart
}

@test "leaves what a user leaves running where its configuration says nothing" {
  local id pid
  id=$(log_in "setsid sleep 304 & exec sleep 300")
  eventually pgrep -u $user -f 'sleep 304'
  pid=$(pgrep -u $user -f 'sleep 304')
  kill "$(pgrep -u $user -f 'sleep 300')"
  eventually closing "$id"
  kill -0 "$pid"
  kill "$pid"
}

closing() { [[ $(property "$1" State 2>/dev/null) != active ]]; }

@test "knows sessions over a restart and a crash" {
  local id old
  restart
  id=$(log_in 'exec sleep 300')
  old=$(main_pid)
  restart
  is_another "$old"
  lists "$id"
  [ "$(property "$id" Name)" = $user ]
  old=$(main_pid)
  kill -KILL "$old"
  eventually is_another "$old"
  eventually lists "$id"
  loginctl terminate-session "$id"
  eventually lists_not "$id"
}

@test "notes sessions in the journal" {
  local id
  id=$(log_in 'exec sleep 300')
  eventually journalled "New session '?$id'? of user '?$user"
}

@test "says what is wrong with its configuration, and goes on" {
  printf '[Login]\nKillUserProcesses=nonsense\n' >$config
  restart
  rm $config
  eventually journalled 'nonsense'
  [ -n "$(log_in 'exec sleep 300')" ]
  restart
}

# Last: the others need it running.
@test "stops cleanly" {
  local old
  restart
  old=$(main_pid)
  eventually is_stopped
  ended_well
  gone "$old"
  systemctl start "$UNIT"
}

# The bus starts it anew whenever somebody asks, even while it ends.
is_stopped() { systemctl stop "$UNIT"; }
