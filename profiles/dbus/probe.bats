#!/usr/bin/env bats
# What programs on the bus must still be able to do, and what services that the bus starts itself must. Those are called helpers
# here: they have no unit of their own. Runs as root inside a booted machine; the lab sets UNIT.

load probe

PATIENCE=15

home=/var/lib/fenced-probe
run=/run/fenced-probe
services=/usr/share/dbus-1/system-services
policy=/etc/dbus-1/system.d/fenced-probe.conf
name=org.fenced.Probe
user=fenced-probe

setup_file() {
  mkdir -p $home $run
  chmod 755 $home $run
  id $user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash $user
  printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n' >/run/systemd/system/fenced-probe.service
  # A service of the bus with a unit, and one that the bus starts itself. Each owns its name for a moment, which ends the start.
  printf '[D-BUS Service]\nName=%s.Unit\nExec=/bin/false\nUser=root\nSystemdService=fenced-bus.service\n' $name >$services/$name.Unit.service
  printf '[Service]\nType=oneshot\nExecStart=%s\n' "$(own $name.Unit)" >/run/systemd/system/fenced-bus.service
  printf '#!/bin/bash\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\n{ bash %s/job; echo "ended $?"; } >%s/out 2>&1\n%s\n' $run $run "$(own $name)" >$home/helper
  chmod 755 $home/helper
  systemctl daemon-reload
  allow "<policy user=\"root\"><allow own_prefix=\"$name\"/></policy><policy user=\"$user\"><allow own=\"$name\"/></policy>"
  # A machine without a kernel has no directory for modules, and so none that could be hidden.
  if [ ! -e /usr/lib/modules ]; then
    mkdir -p /usr/lib/modules/0.0.0-other
    restart
  fi
  # Installs a file in /usr and one in /etc, and the other package a kernel module.
  package fenced-probe usr/share/fenced-probe/file etc/fenced-probe.conf
  package fenced-probe-module usr/lib/modules/0.0.0-fenced/probe.ko
}

teardown_file() { rm -f $policy $services/$name*; }

# A pipe is written to even where everything is read-only, so what a helper says gets out whatever limits it.
setup() {
  rm -f $run/out
  mkfifo -m 666 $run/out
  # Each restart of the bus is one of theirs too.
  systemctl reset-failed 2>/dev/null || true
  eventually knows_systemd || true
}

own() { echo "/usr/bin/busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su $1 0"; }

# allow RULES: what the probe's own names may do
allow() {
  printf '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n<busconfig>%s</busconfig>\n' "$1" >$policy
  timeout 20 systemctl reload "$UNIT" || true
}

# package NAME FILE...
package() {
  local tree=$home/$1 file
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN"
  printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: probe <probe@localhost>\nDescription: for the probe\n' "$1" >"$tree/DEBIAN/control"
  for file in "${@:2}"; do
    mkdir -p "$tree/${file%/*}"
    echo "$1" >"$tree/$file"
  done
  dpkg-deb --build --root-owner-group "$tree" "$home/$1.deb" >/dev/null
}

# ask METHOD [SIGNATURE VALUE...]: of the bus itself
ask() { timeout 30 busctl call org.freedesktop.DBus / org.freedesktop.DBus "$@"; }

# helper USER COMMANDS: has the bus start a service of that user that does this, says what it says, and ends as it does
helper() {
  printf '[D-BUS Service]\nName=%s\nExec=%s/helper\nUser=%s\n' $name $home "$1" >$services/$name.service
  echo "$2" >$run/job
  ask ReloadConfig >/dev/null
  timeout 20 cat $run/out >$run/said &
  ask StartServiceByName su $name 0 | grep -qx 'u 1'
  wait $!
  sed '/^ended [0-9]*$/d' $run/said
  [ "$(tail -n 1 $run/said)" = 'ended 0' ]
}

@test "tells who is on the bus, and who they are" {
  [[ $(ask GetId) =~ ^s\ \"[0-9a-f]{32}\"$ ]]
  [[ $(ask ListNames) == *org.freedesktop.systemd1* ]]
  [ "$(ask GetConnectionUnixProcessID s org.freedesktop.systemd1)" = 'u 1' ]
  [[ $(busctl status org.freedesktop.systemd1) == *UID=0* ]]
}

@test "carries calls of root and of users to services" {
  local who
  for who in root $user; do
    [[ $(runuser -u "$who" -- busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Version) == 's "'* ]]
  done
}

@test "carries signals to who waits for them" {
  local word
  word=$(fresh)
  timeout 50 dbus-monitor --system "interface=$name" >$run/signals 3>&- &
  local monitor=$!
  eventually heard "$word"
  kill $monitor
}

heard() { dbus-send --system --type=signal / $name.Word "string:$1" && grep -q "$1" $run/signals; }

@test "hands over open files" {
  [[ $(busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager DumpByFileDescriptor) == 'h '* ]]
}

@test "carries large messages, and many callers at a time" {
  local n callers=()
  head -c 60000 /dev/zero | tr '\0' x >$run/large
  [ "$(ask NameHasOwner s "$(cat $run/large)")" = 'b false' ]
  for n in {1..30}; do
    ask NameHasOwner s org.freedesktop.systemd1 >$run/caller-"$n" 3>&- &
    callers+=($!)
  done
  wait "${callers[@]}"
  [ "$(cat $run/caller-* | grep -c 'b true')" = 30 ]
}

@test "has systemd start services that have a unit" {
  [ "$(ask StartServiceByName su $name.Unit 0)" = 'u 1' ]
  eventually journalled_unit
}

journalled_unit() { [ -n "$(journalctl -q -u fenced-bus.service --since=-20s)" ]; }

@test "starts services that have no unit, as root or as a user" {
  [ "$(helper root 'id -un; id -Gn')" = $'root\nroot' ]
  [ "$(helper $user 'id -un')" = $user ]
}

@test "lets a helper write settings" {
  rm -f /etc/fenced-probe-setting
  helper root 'echo lantern >/etc/fenced-probe-setting'
  [ "$(cat /etc/fenced-probe-setting)" = lantern ]
  rm /etc/fenced-probe-setting
}

@test "lets a helper write wherever it needs to" {
  rm -rf /srv/fenced-probe /var/lib/fenced-other
  helper root 'mkdir /srv/fenced-probe /var/lib/fenced-other && echo kept >/srv/fenced-probe/file && echo kept >/var/lib/fenced-other/file'
  [ "$(cat /srv/fenced-probe/file /var/lib/fenced-other/file)" = $'kept\nkept' ]
  rm -r /srv/fenced-probe /var/lib/fenced-other
}

@test "lets a helper write in its user's home" {
  rm -f /home/$user/report
  helper $user "date +%s >/home/$user/report"
  [ "$(stat -c %U /home/$user/report)" = $user ]
}

@test "restores a backup, with owners and set-user-ID bits" {
  local tree=$home/tree
  rm -rf $tree $home/restored
  mkdir -p $tree/shared $home/restored
  cp /usr/bin/true $tree/program
  chown $user:$user $tree/program $tree/shared
  chmod 4755 $tree/program
  chmod 2775 $tree/shared
  tar -C $tree -cf $home/tree.tar .
  helper root "tar -C $home/restored -xpf $home/tree.tar"
  [ "$(stat -c '%a %U' $home/restored/program)" = "4755 $user" ]
  [ "$(stat -c '%a %U' $home/restored/shared)" = "2775 $user" ]
}

@test "lets a helper make files that others can read" {
  rm -f $home/page
  helper root "echo figures >$home/page"
  [ "$(stat -c %a $home/page)" = 644 ]
}

@test "installs a package" {
  helper root "dpkg --log=/dev/null -i $home/fenced-probe.deb"
  grep -q fenced-probe /usr/share/fenced-probe/file
  helper root 'dpkg --log=/dev/null --purge fenced-probe'
  [ ! -e /etc/fenced-probe.conf ]
}

@test "installs a package with a kernel module" {
  helper root "dpkg --log=/dev/null -i $home/fenced-probe-module.deb"
  [ -e /usr/lib/modules/0.0.0-fenced/probe.ko ]
  helper root 'dpkg --log=/dev/null --purge fenced-probe-module'
  [ ! -e /usr/lib/modules/0.0.0-fenced ]
}

@test "restarts another service" {
  local old
  systemctl start fenced-probe.service
  old=$(systemctl show -p InvocationID --value fenced-probe.service)
  [ -n "$old" ]
  helper root 'systemctl restart fenced-probe.service'
  [ "$(systemctl show -p ActiveState --value fenced-probe.service)" = active ]
  [ "$(systemctl show -p InvocationID --value fenced-probe.service)" != "$old" ]
}

@test "has the same /tmp as the rest of the machine" {
  touch /tmp/fenced-probe-outside
  helper $user 'ls /tmp/fenced-probe-outside && touch /tmp/fenced-probe-inside'
  [ -e /tmp/fenced-probe-inside ]
  rm -f /tmp/fenced-probe-*side
}

@test "reaches devices, and makes one" {
  helper root "rm -f $home/null && mknod $home/null c 1 3 && echo gone >$home/null"
  [ -c $home/null ]
}

@test "reaches other machines over IPv4 and IPv6" {
  local address
  for address in 192.0.2.10 2001:db8::10; do
    nc -Nl "$address" 7913 <<<"hello from $address" >/dev/null 3>&- &
    eventually listens "$address"
    [ "$(helper $user "cat </dev/tcp/$address/7913")" = "hello from $address" ]
  done
}

listens() { [ -n "$(ss -Hltn "src [$1] and sport = :7913")" ]; }

@test "shows addresses, and changes one" {
  [[ $(helper $user 'ip -brief address show') == *192.0.2.10* ]]
  helper root 'ip address add 192.0.2.99/32 dev lo'
  ip -brief address show dev lo | grep -q 192.0.2.99
  helper root 'ip address del 192.0.2.99/32 dev lo'
  [[ $(ip -brief address show dev lo) != *192.0.2.99* ]]
}

@test "tells how much memory is free, and how long the machine has been up" {
  local said
  said=$(helper $user 'free -b && uptime')
  [ "$(awk '/^Mem:/ {print $2}' <<<"$said")" -gt 1000000 ]
  [[ $said == *'load average'* ]]
}

@test "changes a setting of the kernel" {
  local old
  old=$(cat /proc/sys/net/ipv4/conf/lo/log_martians)
  helper root "sysctl -qw net.ipv4.conf.lo.log_martians=$((1 - old))"
  [ "$(cat /proc/sys/net/ipv4/conf/lo/log_martians)" = $((1 - old)) ]
  helper root "sysctl -qw net.ipv4.conf.lo.log_martians=$old"
}

@test "reads the kernel's log" {
  local said
  said=$(helper root dmesg)
  [ -n "$said" ]
}

@test "changes the host name" {
  local old
  old=$(hostname)
  helper root 'hostname fenced-probe'
  [ "$(hostname)" = fenced-probe ]
  hostname "$old"
}

@test "shows users what else runs on the machine" {
  helper $user 'pgrep -x systemd-journal'
}

@test "mounts a file system for the whole machine" {
  mkdir -p /mnt/fenced-probe
  helper root 'mount -t tmpfs fenced-probe /mnt/fenced-probe'
  grep -q ' /mnt/fenced-probe ' /proc/1/mounts
  helper root 'umount /mnt/fenced-probe'
  run ! grep -q ' /mnt/fenced-probe ' /proc/1/mounts
}

@test "runs helpers with another priority" {
  [ "$(helper $user 'nice -n 10 ionice -c 3 bash -c "nice; ionice"')" = $'10\nidle' ]
  [ "$(helper root 'nice -n -5 nice')" = -5 ]
}

@test "starts a program with a real-time priority" {
  [[ $(helper root 'chrt -r 5 bash -c "chrt -p \$\$"') == *SCHED_RR* ]]
}

@test "runs programs that compile as they go" {
  [ "$(helper $user "luajit -e 'local sum = 0 for n = 1, 1000000 do sum = sum + n % 7 end print(sum)'")" = 2999998 ]
}

@test "lets helpers trace a program" {
  [[ $(helper $user 'strace -o /dev/stdout true') == *'exited with 0'* ]]
}

@test "runs a program without address randomisation" {
  helper $user 'setarch -R true'
}

@test "lets helpers make namespaces, as containers do" {
  [ "$(helper $user 'unshare --user --map-root-user --pid --fork id -u')" = 0 ]
}

@test "refuses a name and a call that the policy does not allow, and notes it" {
  run ! runuser -u nobody -- busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su $name 0
  [[ $output == *'not allowed to own'* || $output == *'ccess denied'* || $output == *'ermission denied'* ]]
  run ! runuser -u nobody -- busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Nonsense
}

@test "takes a new policy on a reload, and keeps connections" {
  local monitor
  timeout 50 dbus-monitor --system "interface=$name" >$run/signals 3>&- &
  monitor=$!
  eventually heard before
  echo '<busconfig><policy user="nobody"><allow own="org.fenced.Other"/></policy></busconfig>' >/etc/dbus-1/system.d/fenced-other.conf
  timeout 20 systemctl reload "$UNIT"
  [ "$(runuser -u nobody -- busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.fenced.Other 0)" = 'u 1' ]
  rm /etc/dbus-1/system.d/fenced-other.conf
  timeout 20 systemctl reload "$UNIT"
  run ! runuser -u nobody -- busctl call org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.fenced.Other 0
  eventually heard after
  kill $monitor
}

@test "refuses to reload with a mistake, says which, and goes on" {
  echo '<busconfig><nonsense>' >/etc/dbus-1/system.d/fenced-wrong.conf
  timeout 20 systemctl reload "$UNIT" || true
  eventually journalled 'fenced-wrong.conf'
  rm /etc/dbus-1/system.d/fenced-wrong.conf
  timeout 20 systemctl reload "$UNIT"
  [[ $(ask ListNames) == *org.freedesktop.systemd1* ]]
}

@test "runs as messagebus" {
  [[ " $(users) " == *' messagebus '* ]]
}

@test "is found again by systemd after a restart" {
  local old
  old=$(main_pid)
  restart
  is_another "$old"
  eventually knows_systemd
  [ "$(helper $user 'id -un')" = $user ]
}

knows_systemd() { [[ $(ask ListNames) == *org.freedesktop.systemd1* ]]; }

@test "comes back after a crash when somebody calls" {
  local old
  old=$(main_pid)
  kill -KILL "$old"
  eventually gone "$old"
  systemctl reset-failed "$UNIT" 2>/dev/null || true
  eventually knows_systemd
  is_another "$old"
}

# Last: the others need it running.
@test "stops cleanly" {
  local old
  restart
  old=$(main_pid)
  timeout 40 systemctl stop dbus.socket "$UNIT"
  ended_well
  gone "$old"
  systemctl start dbus.socket "$UNIT"
  eventually knows_systemd
}
