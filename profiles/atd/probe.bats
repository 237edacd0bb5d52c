#!/usr/bin/env bats
# What jobs of root and of users must still be able to do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

home=/var/lib/fenced-probe
run=/run/fenced-probe
user=fenced-probe

setup_file() {
  mkdir -p $home $run
  chmod 755 $home $run
  id $user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash $user
  # First of all, so that its minute comes while the other checks run.
  rm -f /home/$user/minute
  at_now $user 'now + 1 minute' <<<'id -un >minute'
  echo "$user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/fenced-probe
  chmod 440 /etc/sudoers.d/fenced-probe
  printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n' >/run/systemd/system/fenced-probe.service
  systemctl daemon-reload
  # A machine without a kernel has no directory for modules, and so none that could be hidden.
  if [ ! -e /usr/lib/modules ]; then
    mkdir -p /usr/lib/modules/0.0.0-other
    restart
  fi
  # Installs a file in /usr and one in /etc, and the other package a kernel module.
  package fenced-probe usr/share/fenced-probe/file etc/fenced-probe.conf
  package fenced-probe-module usr/lib/modules/0.0.0-fenced/probe.ko
}

# A pipe is written to even where everything is read-only, so what a job says gets out whatever limits it.
setup() {
  rm -f $run/out
  mkfifo -m 666 $run/out
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

# at_now USER [WHEN [OPTION...]]: orders what it is given, in that user's home
at_now() { runuser -l "$1" -c "at ${*:3} ${2:-now}" 2>$run/ordered; }

# job USER COMMANDS: has atd run them, says what they say, and ends as they do
job() {
  echo "$2" >$run/job
  at_now "$1" <<<"{ bash $run/job; echo \"ended \$?\"; } >$run/out 2>&1"
  timeout 20 cat $run/out >$run/said
  sed '/^ended [0-9]*$/d' $run/said
  [ "$(tail -n 1 $run/said)" = 'ended 0' ]
}

# shellcheck disable=SC2016 # the shell of the job expands it
@test "runs jobs as the user who orders them, in that user's directory" {
  [ "$(job $user 'id -un; id -gn; pwd; echo $HOME')" = $'fenced-probe\nfenced-probe\n/home/fenced-probe\n/home/fenced-probe' ]
  [ "$(job root 'id -u; pwd')" = $'0\n/root' ]
}

@test "gives jobs the environment in which they are ordered" {
  runuser -u $user -- env -C /srv LANTERNS=1200 at now <<<"echo \$LANTERNS \$PWD >$run/out" 2>/dev/null
  [ "$(timeout 20 cat $run/out)" = '1200 /srv' ]
}

# shellcheck disable=SC2016
@test "writes backups wherever they are to go" {
  rm -rf /srv/fenced-probe /opt/fenced-probe /var/backups/fenced-probe.tar
  job root 'mkdir /srv/fenced-probe /opt/fenced-probe && for place in /srv/fenced-probe /opt/fenced-probe /var/backups; do tar -C /etc -cf $place/fenced-probe.tar passwd shadow || exit; done'
  [ "$(tar -xOf /srv/fenced-probe/fenced-probe.tar shadow)" = "$(cat /etc/shadow)" ]
  [ "$(tar -xOf /opt/fenced-probe/fenced-probe.tar passwd)" = "$(cat /etc/passwd)" ]
  [ "$(tar -xOf /var/backups/fenced-probe.tar passwd)" = "$(cat /etc/passwd)" ]
  rm -r /srv/fenced-probe /opt/fenced-probe /var/backups/fenced-probe.tar
}

@test "mails what jobs say to their users" {
  local word
  word=$(fresh)
  at_now $user <<<"echo $word-own"
  at_now root <<<"echo $word-root"
  eventually grep -qsx "$word-own" /var/mail/$user
  eventually grep -qsx "$word-root" /var/mail/root
}

@test "tells a user by mail of a job that said nothing" {
  local before
  before=$(grep -c ^Subject: /var/mail/$user || true)
  at_now $user now -m <<<true
  eventually more_mail "$before"
}

more_mail() { [ "$(grep -c ^Subject: /var/mail/$user)" -gt "${1:-0}" ]; }

@test "lists jobs, and forgets those that are removed" {
  local number
  at_now $user 'now + 1 hour' <<<true
  number=$(runuser -u $user -- atq | sort -n | tail -n 1 | cut -f 1)
  [[ $(runuser -u $user -- at -c "$number") == *true* ]]
  runuser -u $user -- atrm "$number"
  [[ $'\n'$(runuser -u $user -- atq) != *$'\n'"$number"$'\t'* ]]
}

# The machine is busy, so the limit of the load is raised for this.
@test "runs jobs of batch when the load allows it" {
  local said
  mkdir -p /run/systemd/system/atd.service.d
  printf '[Service]\nExecStart=\nExecStart=/usr/sbin/atd -f -l 1000 -b 1\n' >/run/systemd/system/atd.service.d/fenced-batch.conf
  systemctl daemon-reload
  restart
  runuser -l $user -c batch <<<"echo done >$run/out" 2>/dev/null
  said=$(timeout 20 cat $run/out) || true
  rm -r /run/systemd/system/atd.service.d
  systemctl daemon-reload
  restart
  [ "$said" = 'done' ]
}

@test "lets a job use sudo" {
  [ "$(job $user 'sudo -n id -un')" = root ]
}

@test "lets a job write in its user's home" {
  rm -f /home/$user/report
  job $user 'date +%s >report'
  [ "$(stat -c %U /home/$user/report)" = $user ]
  grep -q '^[0-9]' /home/$user/report
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
  job root "tar -C $home/restored -xpf $home/tree.tar"
  [ "$(stat -c '%a %U' $home/restored/program)" = "4755 $user" ]
  [ "$(stat -c '%a %U' $home/restored/shared)" = "2775 $user" ]
}

@test "makes files that others can read" {
  rm -f $home/page
  job root "echo figures >$home/page"
  [ "$(stat -c %a $home/page)" = 644 ]
}

@test "installs a package" {
  job root "dpkg --log=/dev/null -i $home/fenced-probe.deb"
  grep -q fenced-probe /usr/share/fenced-probe/file
  job root 'dpkg --log=/dev/null --purge fenced-probe'
  [ ! -e /etc/fenced-probe.conf ]
}

@test "installs a package with a kernel module" {
  job root "dpkg --log=/dev/null -i $home/fenced-probe-module.deb"
  [ -e /usr/lib/modules/0.0.0-fenced/probe.ko ]
  job root 'dpkg --log=/dev/null --purge fenced-probe-module'
  [ ! -e /usr/lib/modules/0.0.0-fenced ]
}

@test "restarts another service" {
  local old
  systemctl start fenced-probe.service
  old=$(systemctl show -p InvocationID --value fenced-probe.service)
  [ -n "$old" ]
  job root 'systemctl restart fenced-probe.service'
  [ "$(systemctl show -p ActiveState --value fenced-probe.service)" = active ]
  [ "$(systemctl show -p InvocationID --value fenced-probe.service)" != "$old" ]
}

@test "has the same /tmp as the rest of the machine" {
  touch /tmp/fenced-probe-outside
  job $user 'ls /tmp/fenced-probe-outside && touch /tmp/fenced-probe-inside'
  [ -e /tmp/fenced-probe-inside ]
  rm -f /tmp/fenced-probe-*side
}

@test "reaches devices, and makes one" {
  job root "rm -f $home/null && mknod $home/null c 1 3 && echo gone >$home/null"
  [ -c $home/null ]
}

@test "reaches other machines over IPv4 and IPv6" {
  local address
  for address in 192.0.2.10 2001:db8::10; do
    nc -Nl "$address" 7913 <<<"hello from $address" >/dev/null 3>&- &
    eventually listens "$address"
    [ "$(job $user "cat </dev/tcp/$address/7913")" = "hello from $address" ]
  done
}

listens() { [ -n "$(ss -Hltn "src [$1] and sport = :7913")" ]; }

@test "shows addresses, and changes one" {
  [[ $(job $user 'ip -brief address show') == *192.0.2.10* ]]
  job root 'ip address add 192.0.2.99/32 dev lo'
  ip -brief address show dev lo | grep -q 192.0.2.99
  job root 'ip address del 192.0.2.99/32 dev lo'
  [[ $(ip -brief address show dev lo) != *192.0.2.99* ]]
}

@test "tells how much memory is free, and how long the machine has been up" {
  local said
  said=$(job $user 'free -b && uptime')
  [ "$(awk '/^Mem:/ {print $2}' <<<"$said")" -gt 1000000 ]
  [[ $said == *'load average'* ]]
}

@test "changes a setting of the kernel" {
  local old
  old=$(cat /proc/sys/net/ipv4/conf/lo/log_martians)
  job root "sysctl -qw net.ipv4.conf.lo.log_martians=$((1 - old))"
  [ "$(cat /proc/sys/net/ipv4/conf/lo/log_martians)" = $((1 - old)) ]
  job root "sysctl -qw net.ipv4.conf.lo.log_martians=$old"
}

@test "reads the kernel's log" {
  local said
  said=$(job root dmesg)
  [ -n "$said" ]
}

@test "changes the host name" {
  local old
  old=$(hostname)
  job root 'hostname fenced-probe'
  [ "$(hostname)" = fenced-probe ]
  hostname "$old"
}

@test "shows users what else runs on the machine" {
  job $user 'pgrep -x systemd-journal'
}

@test "mounts a file system for the whole machine" {
  mkdir -p /mnt/fenced-probe
  job root 'mount -t tmpfs fenced-probe /mnt/fenced-probe'
  grep -q ' /mnt/fenced-probe ' /proc/1/mounts
  job root 'umount /mnt/fenced-probe'
  run ! grep -q ' /mnt/fenced-probe ' /proc/1/mounts
}

@test "runs jobs with another priority" {
  [ "$(job $user 'nice -n 10 ionice -c 3 bash -c "nice; ionice"')" = $'10\nidle' ]
  [ "$(job root 'nice -n -5 nice')" = -5 ]
}

@test "starts a program with a real-time priority" {
  [[ $(job root 'chrt -r 5 bash -c "chrt -p \$\$"') == *SCHED_RR* ]]
}

@test "runs programs that compile as they go" {
  [ "$(job $user "luajit -e 'local sum = 0 for n = 1, 1000000 do sum = sum + n % 7 end print(sum)'")" = 2999998 ]
}

@test "lets jobs trace a program" {
  [[ $(job $user 'strace -o trace true && cat trace') == *'exited with 0'* ]]
}

@test "runs a program without address randomisation" {
  job $user 'setarch -R true'
}

@test "lets jobs make namespaces, as containers do" {
  [ "$(job $user 'unshare --user --map-root-user --pid --fork id -u')" = 0 ]
}

@test "runs as daemon while it waits" {
  restart
  [ "$(users)" = daemon ]
}

@test "lets a job go on over a restart" {
  local old
  rm -f $run/go
  at_now root <<<"echo begun >$run/out; for _ in \$(seq 500); do [ -e $run/go ] && break; sleep 0.1; done; echo went >$run/out"
  [ "$(timeout 20 cat $run/out)" = begun ]
  old=$(main_pid)
  restart
  is_another "$old"
  touch $run/go
  [ "$(timeout 20 cat $run/out)" = went ]
}

@test "comes back after a crash, and runs jobs" {
  local old
  restart
  old=$(main_pid)
  kill -KILL "$old"
  eventually is_another "$old"
  [ "$(job $user 'id -un')" = $user ]
}

# Nearly last: it was ordered before the first check, and atd has been restarted since.
@test "runs a job at the minute for which it was ordered" {
  PATIENCE=58 eventually [ -s /home/$user/minute ]
  [ "$(cat /home/$user/minute)" = $user ]
}

# Last: the others need it running.
@test "stops cleanly" {
  local old
  restart
  old=$(main_pid)
  systemctl stop "$UNIT"
  ended_well
  gone "$old"
  systemctl start "$UNIT"
}
