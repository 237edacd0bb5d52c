#!/usr/bin/env bats
# What containers must still be able to do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

PATIENCE=20

home=/var/tmp/fenced-probe
image=docker.io/library/fenced-probe:latest
config=/etc/containerd/config.toml
# The lab's machine has no shares of the processor to hand out.
shares=()

setup_file() {
  mkdir -p $home
  # The root of the lab's machine cannot lie below an overlay. A tmpfs can, and then containerd does what it does elsewhere.
  if ! mountpoint -q /var/lib/containerd; then
    systemctl stop "$UNIT"
    mount -t tmpfs -o mode=711 fenced-probe /var/lib/containerd
    systemctl start "$UNIT"
  fi
  # A machine without a kernel has no directory for modules, and so none that could be hidden.
  if [ ! -e /usr/lib/modules/0.0.0-fenced ]; then
    mkdir -p /usr/lib/modules/0.0.0-fenced
    restart
  fi
  if [ ! -e $home/image.tar ]; then
    make_image
  fi
  eventually ctr version >/dev/null
  [ -n "$(ctr image list -q name==$image)" ] || ctr image import $home/image.tar >/dev/null
}

make_image() {
  local tree=$home/tree applet
  mkdir -p $tree/{bin,etc,root,tmp,proc,sys,dev,usr/bin} $home/archive
  chmod 1777 $tree/tmp
  cp "$(command -v busybox)" $tree/bin/busybox
  for applet in sh arping cat chmod chown dmesg echo hostname httpd id ip ls mkdir mount nc sleep stat su touch true umount uname wget; do ln -s busybox $tree/bin/$applet; done
  printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/tmp:/bin/sh >$tree/etc/passwd
  program luajit
  program nice
  program setarch
  program strace
  program chrt
  program id
  mv $tree/usr/bin/id $tree/usr/bin/id-as-root
  chmod 4755 $tree/usr/bin/id-as-root
  tar -C $tree -cf $home/archive/layer.tar .
  printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/usr/bin:/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(dpkg --print-architecture)" "$(sha256sum $home/archive/layer.tar | cut -d ' ' -f 1)" >$home/archive/config.json
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' $image >$home/archive/manifest.json
  tar -C $home/archive -cf $home/image.tar manifest.json config.json layer.tar
}

# program NAME: into the image, with the libraries that it needs
program() {
  local file
  file=$(readlink -f "$(command -v "$1")")
  cp "$file" $home/tree/usr/bin/"$1"
  ldd "$file" | grep -o '/[^ ]*' | while read -r file; do
    mkdir -p "$home/tree${file%/*}"
    cp -L "$file" "$home/tree$file"
  done
}

setup() {
  if ctr run --help | grep -q -e --cpu-shares; then shares=(--cpu-shares 0); fi
}

teardown() {
  local name
  for name in $(ctr task list -q); do ctr task kill -s KILL "$name" && eventually ended "$name"; done
  for name in $(ctr container list -q); do ctr task delete "$name"; ctr container delete "$name"; done
} 2>/dev/null

ended() { ! ctr task list | grep -qE "^$1 .*RUNNING"; }

# run_container [OPTION...] -- COMMAND...
run_container() {
  local -a before=()
  while [ "$1" != -- ]; do
    before+=("$1")
    shift
  done
  shift
  timeout 30 ctr run --rm "${shares[@]}" "${before[@]}" $image "$(fresh)" "$@"
}

# begin NAME COMMAND...: in the background
begin() { timeout 30 ctr run -d "${shares[@]}" $image "$@"; }

task_pid() { ctr task list | awk -v name="$1" '$1 == name {print $2}'; }

@test "runs a container, and gives back what it says and how it ended" {
  [ "$(run_container -- sh -c 'id -u; echo done')" = $'0\ndone' ]
  run -7 run_container -- sh -c 'exit 7'
}

@test "gives each container a host name, processes and a network of its own" {
  local name
  name=$(hostname)
  [ "$(run_container --privileged -- sh -c 'hostname lantern && hostname')" = lantern ]
  [ "$(hostname)" = "$name" ]
  [ "$(run_container -- sh -c 'echo $$')" = 1 ]
  [[ $(run_container -- ip address) != *192.0.2.10* ]]
}

@test "keeps set-user-ID bits of images, and lets containers use them" {
  [ "$(run_container --allow-new-privs -- su user -c 'id-as-root -u')" = 0 ]
  [ "$(run_container -- su user -c 'id-as-root -u')" = 1000 ]
}

@test "unpacks an image with set-user-ID bits" {
  ctr image remove $image >/dev/null
  eventually forgotten
  ctr image import $home/image.tar >/dev/null
  [ "$(run_container -- busybox stat -c %a /usr/bin/id-as-root)" = 4755 ]
}

forgotten() { [ "$(ctr snapshot list | wc -l)" -le 1 ] || ! ctr content garbage-collect 2>/dev/null; }

@test "lets containers write into directories of the machine" {
  local place word
  word=$(fresh)
  for place in /srv /opt /home /var/tmp; do
    mkdir -p $place/fenced-shared
    run_container --mount type=bind,src=$place/fenced-shared,dst=/data,options=rbind:rw -- sh -c "echo $word >/data/file"
    [ "$(cat $place/fenced-shared/file)" = "$word" ]
    rm -r $place/fenced-shared
  done
}

@test "lets containers find files in home directories" {
  mkdir -p /home/fenced-probe
  echo here >/home/fenced-probe/file
  [ "$(run_container --mount type=bind,src=/home/fenced-probe,dst=/data,options=rbind:ro -- cat /data/file)" = here ]
}

@test "gives containers the machine's /tmp" {
  echo outside >/tmp/fenced-probe-outside
  [ "$(run_container --mount type=bind,src=/tmp,dst=/tmp,options=rbind:rw -- sh -c 'cat /tmp/fenced-probe-outside; echo inside >/tmp/fenced-probe-inside')" = outside ]
  [ "$(cat /tmp/fenced-probe-inside)" = inside ]
  rm -f /tmp/fenced-probe-*side
}

@test "lets a container mount for the whole machine" {
  mkdir -p /srv/fenced-mounts
  mountpoint -q /srv/fenced-mounts || mount --bind /srv/fenced-mounts /srv/fenced-mounts
  mount --make-shared /srv/fenced-mounts
  mkdir -p /srv/fenced-mounts/inner
  run_container --privileged --rootfs-propagation shared --mount type=bind,src=/srv/fenced-mounts,dst=/data,options=rbind:rshared:rw -- mount -t tmpfs none /data/inner
  mountpoint -q /srv/fenced-mounts/inner
  umount /srv/fenced-mounts/inner
  umount /srv/fenced-mounts
}

@test "gives containers devices" {
  [ "$(run_container --device /dev/full -- sh -c 'echo gone >/dev/null && stat -c %F /dev/full')" = 'character special file' ]
}

@test "lets containers share the machine's network" {
  [[ $(run_container --net-host -- ip address) == *192.0.2.10*2001:db8::10* ]]
}

@test "lets containers serve and reach other machines over IPv4 and IPv6" {
  local address
  timeout 30 ctr run -d "${shares[@]}" --net-host $image server sh -c 'mkdir /www; echo hello >/www/index.html; exec httpd -f -p 7982 -h /www'
  for address in 192.0.2.10 '[2001:db8::10]'; do
    eventually serves "$address"
    [ "$(run_container --net-host -- wget -q -O - "http://$address:7982/")" = hello ]
  done
}

serves() { [ "$(curl -s -m 5 "http://$1:7982/")" = hello ]; }

@test "lets a container set up networks that is allowed to" {
  run_container --cap-add CAP_NET_ADMIN -- ip link set lo mtu 1400
  run ! run_container -- ip link set lo mtu 1400
}

@test "lets a container change a setting of the kernel that is allowed to" {
  local old
  old=$(cat /proc/sys/net/ipv4/conf/lo/log_martians)
  run_container --privileged --net-host --mount type=bind,src=/proc/sys,dst=/settings,options=rbind:rw -- sh -c "echo $((1 - old)) >/settings/net/ipv4/conf/lo/log_martians"
  [ "$(cat /proc/sys/net/ipv4/conf/lo/log_martians)" = $((1 - old)) ]
  echo "$old" >/proc/sys/net/ipv4/conf/lo/log_martians
}

@test "lets containers open packet sockets" {
  [[ $(run_container --net-host -- arping -c 1 -w 1 -I lan0 192.0.2.77) == *'Sent 1 probe'* ]]
}

@test "shows a container the machine's kernel modules" {
  run_container --mount type=bind,src=/usr/lib/modules,dst=/modules,options=rbind:ro -- ls /modules/0.0.0-fenced
}

@test "lets a container read the kernel's log that is allowed to" {
  [ -n "$(run_container --privileged -- dmesg)" ]
}

@test "runs programs that compile as they go" {
  [ "$(run_container -- luajit -e 'local sum = 0 for n = 1, 1000000 do sum = sum + n % 7 end print(sum)')" = 2999998 ]
}

@test "lets containers trace a program" {
  [[ $(run_container --cap-add CAP_SYS_PTRACE -- strace true 2>&1) == *'exited with 0'* ]]
}

@test "lets containers set priorities, real-time ones too" {
  [ "$(run_container -- nice -n 5 nice)" = 5 ]
  [[ $(run_container --cap-add CAP_SYS_NICE -- chrt -r 5 sh -c 'chrt -p $$') == *SCHED_RR* ]]
}

@test "lets containers believe that their processor has 32 bits" {
  run_container -- setarch linux32 true
}

@test "lets containers make a directory that passes on its group" {
  [ "$(run_container -- sh -c 'mkdir /shared && chmod 2775 /shared && stat -c %a /shared')" = 2775 ]
}

@test "looks into a running container, stops it for a while, and ends it" {
  begin fenced sleep 300
  [ "$(timeout 30 ctr task exec --exec-id "$(fresh)" fenced cat /proc/1/comm)" = sleep ]
  [[ $(ctr task ps fenced) == *"$(task_pid fenced)"* ]]
  ctr task pause fenced
  [[ $(ctr task list) == *PAUSED* ]]
  ctr task resume fenced
  [[ $(ctr task metrics fenced) == *pids* ]]
  ctr task kill -s KILL fenced
  eventually ended fenced
}

@test "keeps containers going over a restart, and still ends them" {
  local old pid
  begin fenced sleep 300
  pid=$(task_pid fenced)
  old=$(main_pid)
  restart
  is_another "$old"
  [ "$(task_pid fenced)" = "$pid" ]
  [ "$(timeout 30 ctr task exec --exec-id "$(fresh)" fenced cat /proc/1/comm)" = sleep ]
  ctr task kill -s KILL fenced
  eventually gone "$pid"
}

@test "comes back after a crash with its images and containers" {
  local old pid
  restart
  begin fenced sleep 300
  pid=$(task_pid fenced)
  old=$(main_pid)
  kill -KILL "$old"
  eventually is_another "$old"
  eventually ctr version >/dev/null
  [ "$(task_pid fenced)" = "$pid" ]
  [ "$(run_container -- echo hello)" = hello ]
}

@test "gives figures to other machines where its configuration says so" {
  cp $config $home/config 2>/dev/null || rm -f $home/config
  printf 'version = 2\n[metrics]\n  address = "192.0.2.10:1338"\n' >$config
  restart
  local said
  said=$(eventually figures && echo yes) || true
  if [ -e $home/config ]; then cp $home/config $config; else rm $config; fi
  restart
  [ "$said" = yes ]
}

figures() { curl -s -m 5 http://192.0.2.10:1338/v1/metrics | grep -q ^process_; }

@test "refuses to start with a mistake in its configuration, and says so" {
  cp $config $home/config 2>/dev/null || rm -f $home/config
  echo 'version = nonsense' >$config
  run ! timeout 40 systemctl restart "$UNIT"
  if [ -e $home/config ]; then cp $home/config $config; else rm $config; fi
  restart
  eventually journalled 'config.toml|toml:|failed to load'
  [ "$(run_container -- echo hello)" = hello ]
}

# Last: the others need it running.
@test "stops cleanly, and leaves containers running" {
  local old pid
  restart
  begin fenced sleep 300
  pid=$(task_pid fenced)
  old=$(main_pid)
  timeout 40 systemctl stop "$UNIT"
  ended_well
  gone "$old"
  kill -0 "$pid"
  systemctl start "$UNIT"
}
