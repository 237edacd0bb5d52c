#!/usr/bin/env bats
# What Syncthing must still do. Runs as root inside a booted machine; the lab sets UNIT.
# The other machine lives in a network namespace, with a Syncthing of its own.

load probe

PATIENCE=20
user=fenced
own=/home/$user
home=/srv/fenced-probe
other=$home/other
outside=/srv/fenced-data
group=/srv/fenced-group

settings() { find $own/.local/state/syncthing $own/.config/syncthing -maxdepth 1 -name config.xml 2>/dev/null | head -n 1; }
key() { sed -n 's:.*<apikey>\(.*\)</apikey>.*:\1:p' "$(settings)"; }

# api METHOD PATH [JSON]; at AT with CURL, if these are set
api() {
  # shellcheck disable=SC2086 # several options
  curl -sS -f --max-time 10 ${CURL-} -X "$1" -H "X-API-Key: $(key)" ${3:+-d "$3"} "${AT-http://127.0.0.1:8384}$2"
}
other_api() { curl -sS -f --max-time 10 -X "$1" -H 'X-API-Key: fenced' ${3:+-d "$3"} "http://10.9.0.2:8384$2"; }
answers() { api GET /rest/system/ping 2>/dev/null | grep -q pong; }
other_answers() { other_api GET /rest/system/ping 2>/dev/null | grep -q pong; }
id() { cat "$home/id.${1-own}"; }
version_from() { dpkg --compare-versions "$(dpkg-query -W -f '${Version}' syncthing)" ge "$1"; }

# connection FIELD: of the connection to the other machine
connection() { api GET /rest/system/connections | jq -r ".connections[\"$(id other)\"].$1"; }
connected() { [ "$(connection connected 2>/dev/null)" = true ]; }
has() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }

# write USER FILE WORDS
# shellcheck disable=SC2016 # the dollars are the other shell's
write() { as "$1" sh -c 'printf "%s\n" "$2" >"$1"' sh "$2" "$3"; }

# share NAME [PATH] [JSON] [OTHER-JSON]: a folder on both machines
share() {
  local path=${2:-$own/$1} both
  both="{\"deviceID\":\"$(id own)\"},{\"deviceID\":\"$(id other)\"}"
  [ -d "$path" ] || as $user mkdir "$path"
  as visitor mkdir "$other/$1"
  other_api PUT "/rest/config/folders/$1" "$(jq -nc "{id:\"$1\",path:\"$other/$1\",devices:[$both],fsWatcherDelayS:1} + ${4:-{\}}")"
  api PUT "/rest/config/folders/$1" "$(jq -nc "{id:\"$1\",path:\"$path\",devices:[$both],fsWatcherDelayS:1} + ${3:-{\}}")"
  eventually connected
  eventually idle "$1"
}
idle() { [ "$(api GET "/rest/db/status?folder=$1" | jq -r .state)" = idle ]; }

meet() {
  api PUT "/rest/config/devices/$(id other)" "{\"deviceID\":\"$(id other)\",\"addresses\":[\"$1\"]}"
  other_api PUT "/rest/config/devices/$(id own)" "{\"deviceID\":\"$(id own)\",\"addresses\":[\"$2\"]}"
}

# meet_anew: ends what connects the two, so that they look for each other again
meet_anew() {
  api POST "/rest/system/pause?device=$(id other)"
  eventually apart
  api POST "/rest/system/resume?device=$(id other)"
}
apart() { ! connected; }

clear_away() {
  systemctl stop fenced-other 2>/dev/null || true
  systemctl reset-failed fenced-other 2>/dev/null || true
  ip netns del fenced 2>/dev/null || true
  ip link del fen0 2>/dev/null || true
  rm -rf $other $outside $group
}

setup_file() {
  mkdir -p $home
  chmod 755 $home
  systemctl stop "$UNIT" || true
  clear_away
  find $own -mindepth 1 -delete
  getent passwd visitor >/dev/null || useradd --no-create-home visitor
  getent group fencedshare >/dev/null || groupadd fencedshare
  usermod -aG fencedshare $user
  install -d -o visitor -g visitor $other
  ip netns add fenced
  ip link add fen0 type veth peer name eth0 netns fenced
  ip address add 10.9.0.1/24 dev fen0
  ip address add 2001:db8:9::1/64 dev fen0 nodad
  ip link set fen0 up
  ip -n fenced address add 10.9.0.2/24 dev eth0
  ip -n fenced address add 2001:db8:9::2/64 dev eth0 nodad
  ip -n fenced link set lo up
  ip -n fenced link set eth0 up
  systemd-run --quiet --unit=fenced-other -p User=visitor -p NetworkNamespacePath=/run/netns/fenced -E "HOME=$other" \
    -E STNODEFAULTFOLDER=1 -p Restart=always syncthing serve --no-browser --no-restart --gui-address=http://10.9.0.2:8384 --gui-apikey=fenced
  restart || true
  eventually answers || true
  eventually other_answers || true
  api GET /rest/system/status | jq -r .myID >$home/id.own
  other_api GET /rest/system/status | jq -r .myID >$home/id.other
  local options='{"globalAnnounceEnabled":false,"relaysEnabled":false,"natEnabled":false,"urAccepted":-1,"crashReportingEnabled":false,
    "reconnectionIntervalS":5,"autoUpgradeIntervalH":0,"listenAddresses":["tcp://:22000","quic://:22000"]}'
  api PATCH /rest/config/options "$options"
  other_api PATCH /rest/config/options "$options"
  meet tcp://10.9.0.2:22000 tcp://10.9.0.1:22000
  eventually connected || true
  sleep 1
  cp -p "$(settings)" $home/usual.xml
}

teardown_file() { clear_away; }

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local folder
  for folder in $(other_api GET /rest/config/folders | jq -r '.[].id'); do
    api DELETE "/rest/config/folders/$folder" || true
    other_api DELETE "/rest/config/folders/$folder" || true
  done
  rm -rf $outside $group
  [ -n "$BATS_TEST_COMPLETED" ] && [ ! -e $home/changed ] && answers && return 0
  rm -f $home/changed
  # Nothing is lost, and to stop it takes ten seconds.
  systemctl kill --signal=KILL "$UNIT" || true
  systemctl stop "$UNIT" || true
  cp -p $home/usual.xml "$(settings)"
  meet_again
}

meet_again() {
  other_api PUT "/rest/config/devices/$(id own)" "{\"deviceID\":\"$(id own)\",\"addresses\":[\"tcp://10.9.0.1:22000\"]}" || true
  restart || true
  eventually answers
  eventually connected
}

@test "starts for its user, with its page and its own keys" {
  curl -sS --max-time 10 http://127.0.0.1:8384/ | grep -qi '<title.*Syncthing'
  answers
  [ "$(curl -sS --max-time 10 -o $home/said -w '%{http_code}' http://127.0.0.1:8384/rest/system/config)" = 403 ]
  [ "$(stat -c '%U %a' "$(dirname "$(settings)")/key.pem")" = "$user 600" ]
}

@test "syncs what is new, what has changed and what is gone, both ways" {
  local name
  name=$(fresh)
  share "$name"
  write $user "$own/$name/first" one
  as $user ln -s first "$own/$name/link"
  as $user touch -d '2020-02-02 02:02:02' "$own/$name/first"
  as $user chmod 640 "$own/$name/first"
  eventually has "$other/$name/first" one
  eventually test -L "$other/$name/link"
  [ "$(stat -c '%a %Y' "$other/$name/first")" = "$(stat -c '%a %Y' "$own/$name/first")" ]
  write visitor "$other/$name/first" two
  write visitor "$other/$name/second" three
  eventually has "$own/$name/first" two
  eventually has "$own/$name/second" three
  [ "$(stat -c %U "$own/$name/second")" = $user ]
  as visitor rm "$other/$name/second"
  eventually test ! -e "$own/$name/second"
}

@test "syncs many files and a large one whole" {
  local name
  name=$(fresh)
  share "$name"
  # shellcheck disable=SC2016 # the dollars are the other shell's
  as visitor sh -c 'mkdir "$1/many"; for n in $(seq 300); do echo "$n" >"$1/many/$n"; done; head -c 30000000 /dev/urandom >"$1/large"' sh "$other/$name"
  eventually cmp -s "$other/$name/large" "$own/$name/large"
  eventually same "$name"
}

same() { diff -r "$other/$1/many" "$own/$1/many" >/dev/null; }

@test "syncs a folder outside of the homes, for others to read" {
  local name
  name=$(fresh)
  install -d -o $user -g $user $outside
  share "$name" $outside '{ignorePerms:true}'
  write visitor "$other/$name/file" outside
  eventually has $outside/file outside
  [ "$(setpriv --reuid nobody --regid nogroup --clear-groups cat $outside/file)" = outside ]
}

@test "keeps old versions of what others have changed" {
  local name
  name=$(fresh)
  share "$name" '' '{versioning:{type:"simple",params:{keep:"5"}}}'
  write visitor "$other/$name/file" old
  eventually has "$own/$name/file" old
  write visitor "$other/$name/file" new
  eventually has "$own/$name/file" new
  grep -qx old "$own/$name"/.stversions/file~*
}

@test "hands old versions to a command" {
  local name
  name=$(fresh)
  # shellcheck disable=SC2016 # the dollars are the other shell's
  printf '%s\n' '#!/bin/sh' 'mv "$1/$2" "$HOME/kept.$(id -un)"' >/usr/local/bin/fenced-keep
  chmod 755 /usr/local/bin/fenced-keep
  rm -f $own/kept.*
  share "$name" '' '{versioning:{type:"external",params:{command:"/usr/local/bin/fenced-keep %FOLDER_PATH% %FILE_PATH%"}}}'
  write visitor "$other/$name/file" old
  eventually has "$own/$name/file" old
  write visitor "$other/$name/file" new
  eventually has "$own/$name/file" new
  has $own/kept.$user old
}

@test "keeps both where two have changed the same" {
  local name
  name=$(fresh)
  share "$name"
  write $user "$own/$name/file" start
  eventually has "$other/$name/file" start
  api POST "/rest/system/pause?device=$(id other)"
  write $user "$own/$name/file" mine
  api POST "/rest/db/scan?folder=$name"
  write visitor "$other/$name/file" yours
  other_api POST "/rest/db/scan?folder=$name"
  api POST "/rest/system/resume?device=$(id other)"
  eventually both "$own/$name"
}

both() { [ "$(cat "$1"/file "$1"/file.sync-conflict-* 2>/dev/null | sort | paste -sd ' ')" = 'mine yours' ]; }

@test "leaves alone what it is told to ignore" {
  local name
  name=$(fresh)
  share "$name"
  api POST "/rest/db/ignores?folder=$name" '{"ignore":["*.tmp"]}'
  write $user "$own/$name/no.tmp" x
  write $user "$own/$name/yes" y
  eventually has "$other/$name/yes" y
  [ ! -e "$other/$name/no.tmp" ]
  grep -qxF '*.tmp' "$own/$name/.stignore"
}

@test "lets another machine keep an encrypted copy" {
  local name
  name=$(fresh)
  share "$name" '' "{devices:[{deviceID:\"$(id own)\"},{deviceID:\"$(id other)\",encryptionPassword:\"secret\"}]}" '{type:"receiveencrypted"}'
  write $user "$own/$name/plain" 'a secret word'
  eventually encrypted "$other/$name"
  run ! grep -rq 'secret word' "$other/$name"
}

encrypted() { find "$1" -type f -path '*.syncthing-enc/*' ! -name '.*' | grep -q .; }

@test "puts back what was changed in a folder that only receives" {
  local name
  name=$(fresh)
  share "$name" '' '{type:"receiveonly"}'
  write visitor "$other/$name/file" theirs
  eventually has "$own/$name/file" theirs
  write $user "$own/$name/file" mine
  api POST "/rest/db/scan?folder=$name"
  api POST "/rest/db/revert?folder=$name"
  eventually has "$own/$name/file" theirs
}

@test "keeps to the group of a directory that several users share" {
  local name
  name=$(fresh)
  install -d -o root -g fencedshare -m 2775 $group
  touch $home/changed
  restart
  eventually answers
  share "$name" $group
  as visitor mkdir -m 755 "$other/$name/deep"
  write visitor "$other/$name/deep/file" ours
  eventually has $group/deep/file ours
  [ "$(stat -c '%G' $group/deep/file)" = fencedshare ]
  [ "$(stat -c '%G %a' $group/deep)" = 'fencedshare 2755' ]
  as visitor chmod 750 "$other/$name/deep"
  eventually mode 2750 $group/deep
}

mode() { [ "$(stat -c %a "$2")" = "$1" ]; }

@test "gives new files the owner of the directory, where it is told to" {
  local name
  name=$(fresh)
  share "$name" '' '{copyOwnershipFromParent:true}'
  as visitor mkdir "$other/$name/deep"
  write visitor "$other/$name/deep/file" mine
  eventually has "$own/$name/deep/file" mine
  [ "$(stat -c %U "$own/$name/deep/file")" = $user ]
}

@test "finds others on the local network" {
  touch $home/changed
  meet dynamic dynamic
  meet_anew
  PATIENCE=45 eventually connected
  eventually discovered
}

discovered() { api GET /rest/system/discovery | grep -q "$(id other)"; }

@test "talks to others over IPv6, and over QUIC" {
  local name
  name=$(fresh)
  touch $home/changed
  meet 'tcp://[2001:db8:9::2]:22000' 'tcp://[2001:db8:9::1]:22000'
  meet_anew
  eventually connected
  [[ $(connection address) == \[2001:db8:9::2\]:* ]]
  [[ $(connection type) == tcp-* ]]
  meet quic://10.9.0.2:22000 quic://10.9.0.1:22000
  meet_anew
  eventually connected
  [[ $(connection type) == quic-* ]]
  share "$name"
  write visitor "$other/$name/file" quick
  eventually has "$own/$name/file" quick
}

@test "shows its page to other machines, over TLS, IPv4 and IPv6" {
  touch $home/changed
  api PATCH /rest/config/gui '{"address":"[::]:8384","useTLS":true}'
  AT=https://192.0.2.10:8384 CURL=-k eventually answers
  AT='https://[2001:db8::10]:8384' CURL=-k answers
}

@test "shows its page on a unix socket" {
  touch $home/changed
  api PATCH /rest/config/gui "{\"address\":\"$own/page.sock\",\"unixSocketPermissions\":\"0660\"}"
  AT=http://localhost CURL="--unix-socket $own/page.sock" eventually answers
  [ "$(stat -c '%U %a' $own/page.sock)" = "$user 660" ]
}

@test "asks for a password, where there is one" {
  touch $home/changed
  api PATCH /rest/config/gui '{"user":"admin","password":"fenced"}'
  eventually answers
  [ "$(curl -sS --max-time 10 -o $home/said -w '%{http_code}' -u admin:fenced http://127.0.0.1:8384/)" = 200 ]
  [[ $(curl -sS --max-time 10 -o $home/said -w '%{http_code}' -u admin:wrong http://127.0.0.1:8384/rest/system/status) == 40[13] ]]
}

@test "shows its figures, and the places where folders may be" {
  if version_from 1.23; then api GET /metrics | grep -q '^syncthing_'; fi
  api GET /rest/system/status | jq -e '.alloc > 0 and .goroutines > 0' >$home/out
  api GET "/rest/system/browse?current=$own/" >$home/browse
  jq -e . $home/browse >$home/out
}

@test "lets other programs go first, and raises its limit of open files" {
  local pid
  # The first one only watches over the other.
  pid=$(processes | tail -n 1)
  [ "$(ps -o ni= -p "$pid" | tr -d ' ')" -gt 0 ]
  [ "$(awk '/^Max open files/ { print ($4 == $5) }' "/proc/$pid/limits")" = 1 ]
}

@test "keeps what it is told over a restart, and who it is" {
  local name
  name=$(fresh)
  share "$name"
  write visitor "$other/$name/file" before
  eventually has "$own/$name/file" before
  restart
  eventually answers
  [ "$(api GET /rest/system/status | jq -r .myID)" = "$(id own)" ]
  eventually connected
  write visitor "$other/$name/file" after
  eventually has "$own/$name/file" after
}

@test "starts anew when its page says so" {
  local before
  before=$(main_pid)
  api POST /rest/system/restart
  eventually is_another "$before"
  eventually answers
  eventually connected
}

@test "comes back after a crash, and goes on with its folders" {
  local before name
  name=$(fresh)
  share "$name"
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
  write visitor "$other/$name/file" again
  eventually has "$own/$name/file" again
}

@test "runs as its user, without any capability" {
  local pid
  [ "$(users)" = $user ]
  for pid in $(processes); do
    grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
  done
}

@test "says to the journal who has connected, and what is wrong with its configuration" {
  touch $home/changed
  restart
  eventually connected
  eventually journalled 'Established secure connection'
  systemctl stop "$UNIT"
  echo '<configuration' >"$(settings)"
  restart || true
  eventually journalled 'XML syntax error|EOF'
  run ! answers
}

# bats test_tags=option:home
@test "writes nowhere but in the homes" {
  local name
  name=$(fresh)
  install -d -o $user -g $user $outside
  api PUT "/rest/config/folders/$name" "{\"id\":\"$name\",\"path\":\"$outside\"}"
  eventually journalled 'read-only file system'
  api DELETE "/rest/config/folders/$name"
  share "$name-home"
  write visitor "$other/$name-home/file" inside
  eventually has "$own/$name-home/file" inside
}

# bats test_tags=option:ownership
@test "gives files the owners that they have elsewhere" {
  version_from 1.22 || skip 'does not do so yet'
  local name
  name=$(fresh)
  share "$name" '' '{syncOwnership:true}' '{sendOwnership:true}'
  write visitor "$other/$name/file" theirs
  chown daemon:daemon "$other/$name/file"
  chmod 664 "$other/$name/file"
  eventually owned daemon "$own/$name/file"
  has "$own/$name/file" theirs
  [ "$(stat -c %a "$own/$name/file")" = 664 ]
}

owned() { [ "$(stat -c %U "$2" 2>/dev/null)" = "$1" ]; }

# Last: the others need it running.
@test "stops cleanly, leaves nothing behind, and starts again" {
  local all pid
  all=$(processes)
  timeout 40 systemctl stop "$UNIT"
  ended_well
  for pid in $all; do gone "$pid"; done
  run ! answers
  restart
  eventually answers
}
