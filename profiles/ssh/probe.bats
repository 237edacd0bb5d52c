#!/usr/bin/env bats
# What those who log in over ssh must still be able to do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

PATIENCE=15

home=/var/tmp/fenced-probe
key=$home/key
user=fenced-probe
options=(-F none -i "$key" -o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=no
  -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)

# in_session COMMAND...: in a session of the ordinary user, who may use sudo; as_root: in one of root
in_session() { timeout 20 ssh "${options[@]}" $user@127.0.0.1 "$@" </dev/null; }
as_root() { timeout 20 ssh "${options[@]}" root@127.0.0.1 "$@" </dev/null; }
listens() { [ -n "$(ss -Hltn 'sport = :22')" ]; }

setup_file() {
  mkdir -p $home
  [ -e $key ] || ssh-keygen -q -t ed25519 -N '' -f $key
  id $user >/dev/null 2>&1 || useradd --create-home --shell /bin/bash $user
  echo "$user:Kyoto-1200-lanterns" | chpasswd
  echo "$user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/fenced-probe
  chmod 440 /etc/sudoers.d/fenced-probe
  install -d -o $user -g $user -m 700 /home/$user/.ssh
  install -o $user -g $user -m 600 $key.pub /home/$user/.ssh/authorized_keys
  install -d -m 700 ~root/.ssh
  install -m 600 $key.pub ~root/.ssh/authorized_keys
  # Installs a file in /usr and one in /etc, and the other package a kernel module.
  package fenced-probe usr/share/fenced-probe/file etc/fenced-probe.conf
  package fenced-probe-module usr/lib/modules/0.0.0-fenced/probe.ko
  eventually listens || true
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

@test "logs root and a user in by their keys, over IPv4 and IPv6" {
  [ "$(in_session id -un)" = $user ]
  [ "$(as_root id -un)" = root ]
  [ "$(timeout 20 ssh "${options[@]}" $user@::1 'echo "$HOME"')" = /home/$user ]
}

@test "serves other machines" {
  [ "$(timeout 20 ssh "${options[@]}" $user@192.0.2.10 id -un)" = $user ]
  [ "$(timeout 20 ssh "${options[@]}" $user@2001:db8::10 id -un)" = $user ]
}

@test "logs a user in by password, and nobody with a wrong key" {
  [ "$(timeout 20 sshpass -p Kyoto-1200-lanterns ssh -o BatchMode=no -o PubkeyAuthentication=no "${options[@]}" $user@127.0.0.1 id -un)" = $user ]
  [ -e $home/wrong ] || ssh-keygen -q -t ed25519 -N '' -f $home/wrong
  run -255 timeout 20 ssh -F none -i $home/wrong "${options[@]:4}" $user@127.0.0.1 true
  [[ $output == *'Permission denied'* ]]
}

@test "takes files into a home directory, and gives them back, by scp and sftp" {
  head -c 300000 /dev/urandom >$home/file
  timeout 20 scp "${options[@]}" $home/file $user@127.0.0.1:by-scp
  cmp $home/file /home/$user/by-scp
  printf 'put %s by-sftp\nget by-scp %s\n' $home/file $home/back | timeout 20 sftp "${options[@]}" -b - $user@127.0.0.1 >/dev/null
  cmp $home/file /home/$user/by-sftp
  cmp $home/file $home/back
  [ "$(stat -c %U /home/$user/by-sftp)" = $user ]
}

@test "gives a terminal" {
  [[ $(timeout 20 ssh "${options[@]}" -tt $user@127.0.0.1 'tty && stat -c %U "$(tty)"' </dev/null | tr -d '\r') == /dev/pts/*$'\n'$user ]]
}

@test "forwards ports both ways, and the agent" {
  timeout 50 ssh "${options[@]}" -N -L 127.0.0.1:2201:127.0.0.1:22 -R 127.0.0.1:2202:127.0.0.1:22 $user@127.0.0.1 </dev/null >/dev/null 2>&1 3>&- &
  local tunnel=$!
  for port in 2201 2202; do
    eventually through $port
  done
  kill $tunnel
  eval "$(ssh-agent -s)" >/dev/null 3>&-
  ssh-add -q $key
  run timeout 20 ssh "${options[@]}" -A $user@127.0.0.1 ssh-add -l
  ssh-agent -k >/dev/null
  [[ $output == *ED25519* ]]
}

through() { [ "$(timeout 20 ssh "${options[@]}" -p "$1" root@127.0.0.1 id -un 2>/dev/null)" = root ]; }

@test "lets an administrator use sudo" {
  [ "$(in_session sudo -n id -un)" = root ]
}

@test "lets users change their own password" {
  timeout 20 ssh "${options[@]}" $user@127.0.0.1 passwd <<<$'Kyoto-1200-lanterns\nOsaka-0900-bridges\nOsaka-0900-bridges'
  echo "$user:Kyoto-1200-lanterns" | chpasswd
}

@test "shows users what else runs on the machine" {
  in_session ps -e -o comm= | grep -qx systemd-journal.*
}

@test "tells how much memory is free, and how long the machine has been up" {
  in_session 'free -b && uptime' >$home/figures
  [ "$(awk '/^Mem:/ {print $2}' $home/figures)" -gt 1000000 ]
  grep -q 'load average' $home/figures
}

@test "has the same /tmp as the rest of the machine" {
  touch /tmp/fenced-probe-outside
  in_session 'ls /tmp/fenced-probe-outside && touch /tmp/fenced-probe-inside'
  [ -e /tmp/fenced-probe-inside ]
  rm -f /tmp/fenced-probe-*side
}

@test "runs programs that compile as they go" {
  [ "$(in_session "luajit -e 'local sum = 0 for n = 1, 1000000 do sum = sum + n % 7 end print(sum)'")" = 2999998 ]
}

@test "lets users trace a program" {
  in_session 'strace -o "$HOME/trace" true && grep -q "exited with 0" "$HOME/trace"'
}

@test "runs a program without address randomisation" {
  in_session setarch -R true
}

@test "lets users make namespaces, as containers do" {
  [ "$(in_session unshare --user --map-root-user --pid --fork id -u)" = 0 ]
}

@test "makes a directory that passes on its group" {
  in_session 'mkdir -p shared && chmod 2775 shared && touch shared/file'
  [ "$(stat -c %a /home/$user/shared)" = 2775 ]
}

@test "installs a package" {
  as_root dpkg --log=/dev/null -i $home/fenced-probe.deb
  grep -q fenced-probe /usr/share/fenced-probe/file
  as_root dpkg --log=/dev/null --purge fenced-probe
  [ ! -e /etc/fenced-probe.conf ]
}

@test "installs a package with a kernel module" {
  as_root dpkg --log=/dev/null -i $home/fenced-probe-module.deb
  [ -e /usr/lib/modules/0.0.0-fenced/probe.ko ]
  as_root dpkg --log=/dev/null --purge fenced-probe-module
}

@test "changes a setting of the kernel" {
  local old
  old=$(cat /proc/sys/net/ipv4/conf/lo/log_martians)
  as_root sysctl -qw net.ipv4.conf.lo.log_martians=$((1 - old))
  [ "$(cat /proc/sys/net/ipv4/conf/lo/log_martians)" = $((1 - old)) ]
  as_root sysctl -qw net.ipv4.conf.lo.log_martians="$old"
}

@test "reads the kernel's log" {
  as_root dmesg | grep -q .
}

@test "reaches devices, and makes one" {
  as_root "rm -f $home/null && mknod $home/null c 1 3 && echo gone >$home/null"
  [ -c $home/null ]
}

@test "shows addresses and routes" {
  in_session ip -brief address | grep -q 192.0.2.10
}

@test "changes an address" {
  as_root ip address add 192.0.2.99/32 dev lo
  ip -brief address show dev lo | grep -q 192.0.2.99
  as_root ip address del 192.0.2.99/32 dev lo
}

@test "changes the host name" {
  local old
  old=$(hostname)
  as_root hostname fenced-probe
  [ "$(hostname)" = fenced-probe ]
  hostname "$old"
}

@test "mounts a file system for the whole machine" {
  mkdir -p /mnt/fenced-probe
  as_root mount -t tmpfs fenced-probe /mnt/fenced-probe
  grep -q ' /mnt/fenced-probe ' /proc/1/mounts
  as_root umount /mnt/fenced-probe
  run ! grep -q ' /mnt/fenced-probe ' /proc/1/mounts
}

@test "notes who has logged in" {
  in_session true
  eventually noted
}

noted() { journalctl -u "$UNIT" -o cat -n 50 | grep -q "Accepted publickey for $user from 127.0.0.1"; }

@test "keeps sessions over a reload and a restart" {
  local old
  rm -f $home/go $home/went
  ssh "${options[@]}" $user@127.0.0.1 "echo begun; for _ in {1..500}; do if [ -e $home/go ]; then echo went; exit; fi; sleep 0.1; done" </dev/null >$home/went 2>/dev/null 3>&- &
  local session=$!
  eventually grep -q begun $home/went
  old=$(main_pid)
  timeout 20 systemctl reload "$UNIT"
  eventually listens
  [ "$(in_session id -un)" = $user ]
  timeout 20 systemctl restart "$UNIT"
  [ "$(main_pid)" != "$old" ]
  touch $home/go
  wait $session
  grep -q went $home/went
  [ "$(in_session id -un)" = $user ]
}

@test "refuses to reload with a mistake, and goes on" {
  echo nonsense >/etc/ssh/sshd_config.d/fenced-probe.conf
  run ! timeout 20 systemctl reload "$UNIT"
  rm /etc/ssh/sshd_config.d/fenced-probe.conf
  [ "$(in_session id -un)" = $user ]
}

# Last: the others need it running.
@test "stops cleanly" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run -255 in_session true
  systemctl reset-failed "$UNIT" || true
  systemctl start "$UNIT"
  eventually listens
}
