#!/usr/bin/env bats
# What containers, and those who build them, must still be able to do. Runs as root inside a booted machine; the lab sets UNIT.

load probe

PATIENCE=20

home=/var/tmp/fenced-probe
image=fenced-probe
user=fenced-probe
config=/etc/docker/daemon.json
tls=$home/tls

setup_file() {
  mkdir -p $home /etc/docker
  id $user >/dev/null 2>&1 || useradd --create-home --groups docker --shell /bin/bash $user
  # The root of the lab's machine cannot lie below an overlay. A tmpfs can, and then Docker does what it does elsewhere.
  if ! mountpoint -q /var/lib/docker; then
    systemctl stop "$UNIT" docker.socket
    mount -t tmpfs -o mode=710 fenced-probe /var/lib/docker
    systemctl start "$UNIT"
  fi
  if [ ! -e $home/image.tar ]; then
    local tree=$home/tree applet
    mkdir -p $tree/{bin,etc,root,tmp,usr/bin}
    chmod 1777 $tree/tmp
    cp "$(command -v busybox)" $tree/bin/busybox
    for applet in sh cat chown echo hostname httpd id ip ls mkdir mount nc nslookup ping sleep stat touch uname true umount wget; do ln -s busybox $tree/bin/$applet; done
    echo root:x:0:0:root:/root:/bin/sh >$tree/etc/passwd
    program luajit
    program nice
    program strace
    program setarch
    program id
    mv $tree/usr/bin/id $tree/usr/bin/id-as-root
    chmod 4755 $tree/usr/bin/id-as-root
    tar -C $tree -cf $home/image.tar .
  fi
  eventually docker version >/dev/null
  docker image inspect $image >/dev/null 2>&1 || docker import $home/image.tar $image
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

teardown() {
  local id
  for id in $(docker ps -aq); do docker rm -f "$id"; done >/dev/null
}

# build LINE...: an image fenced-probe-built from this image, by the new builder where the client has it
build() {
  rm -rf $home/context
  mkdir $home/context
  printf '%s\n' "FROM $image" "$@" >$home/context/Dockerfile
  docker build --no-cache -q -t fenced-probe-built $home/context
}

in_container() { timeout 30 docker run --rm "$@"; }

@test "runs a container, and gives back what it says and how it ended" {
  [ "$(in_container $image sh -c 'id -u; hostname >/dev/null && echo done')" = $'0\ndone' ]
  run -7 in_container $image sh -c 'exit 7'
  [ "$(in_container -i $image cat <<<hello)" = hello ]
}

@test "keeps files of containers in volumes, and in directories of the machine" {
  local word
  word=$(fresh)
  docker volume create fenced-probe >/dev/null
  in_container -v fenced-probe:/data -v $home/shared:/shared $image sh -c "echo $word >/data/file; echo $word >/shared/file"
  [ "$(in_container -v fenced-probe:/data $image cat /data/file)" = "$word" ]
  [ "$(cat $home/shared/file)" = "$word" ]
  docker volume rm fenced-probe >/dev/null
  rm -r $home/shared
}

@test "reaches files in home directories" {
  echo here >/home/$user/file
  [ "$(in_container -v /home/$user:/data $image cat /data/file)" = here ]
}

@test "publishes a port over IPv4 and IPv6" {
  docker run -d -p 7980:80 $image sh -c 'mkdir /www; echo hello >/www/index.html; exec httpd -f -h /www' >/dev/null
  eventually fetch http://127.0.0.1:7980/
  eventually fetch http://192.0.2.10:7980/
  eventually fetch 'http://[2001:db8::10]:7980/'
}

fetch() { [ "$(curl -s -m 5 "$1")" = hello ]; }

@test "lets containers out to the machine's network" {
  mkdir -p $home/www
  echo hello >$home/www/index.html
  fetch http://192.0.2.10:7981/ || busybox httpd -p 192.0.2.10:7981 -h $home/www 3>&-
  [ "$(in_container $image wget -q -O - http://192.0.2.10:7981/)" = hello ]
}

@test "makes networks in which containers find each other by name" {
  docker network create fenced-probe >/dev/null
  docker run -d --network fenced-probe --name fenced-server $image sh -c 'mkdir /www; echo hello >/www/index.html; exec httpd -f -h /www' >/dev/null
  eventually serves_neighbour
  docker rm -f fenced-server >/dev/null
  docker network rm fenced-probe >/dev/null
}

serves_neighbour() { [ "$(in_container --network fenced-probe $image wget -q -O - http://fenced-server/)" = hello ]; }

@test "shares the machine's network and processes where told to" {
  [[ $(in_container --network host $image ip address) == *192.0.2.10* ]]
  [[ $(in_container --pid host $image cat /proc/1/comm) == systemd ]]
}

@test "lets a container mount that is allowed to, and no other" {
  [[ $(in_container --cap-add SYS_ADMIN --security-opt apparmor=unconfined $image sh -c 'mount -t tmpfs none /tmp && cat /proc/mounts') == *'none /tmp tmpfs'* ]]
  run ! in_container $image mount -t tmpfs none /tmp
}

@test "gives containers rights, devices and limits one by one" {
  in_container --cap-add NET_ADMIN $image ip link set lo mtu 1400
  [ "$(in_container --device /dev/null:/dev/fenced $image sh -c 'echo gone >/dev/fenced && stat -c %F /dev/fenced')" = 'character special file' ]
  [ "$(in_container --ulimit nofile=321:321 $image sh -c 'ulimit -n')" = 321 ]
  run ! in_container --cap-drop CHOWN $image chown 7 /etc/passwd
}

@test "looks into running containers" {
  local id
  id=$(docker run -d $image sh -c 'echo begun; exec sleep 300')
  [ "$(docker exec "$id" sh -c 'echo inside')" = inside ]
  [ "$(docker logs "$id")" = begun ]
  [[ $(docker top "$id") == *'sleep 300'* ]]
  docker cp "$id:/etc/passwd" - | tar -xOf - passwd | grep -q ^root:
  docker pause "$id" >/dev/null
  [ "$(docker inspect -f '{{.State.Status}}' "$id")" = paused ]
  docker unpause "$id" >/dev/null
  [[ $(docker stats --no-stream --format '{{.PIDs}}' "$id") =~ ^[0-9-]+$ ]]
}

@test "makes images of containers, saves them, and loads them again" {
  local id word
  word=$(fresh)
  id=$(docker run -d $image sh -c "echo $word >/word")
  docker wait "$id" >/dev/null
  docker commit "$id" fenced-probe-committed >/dev/null
  docker save fenced-probe-committed >$home/saved.tar
  docker rmi fenced-probe-committed >/dev/null
  docker load -q <$home/saved.tar >/dev/null
  [ "$(in_container fenced-probe-committed cat /word)" = "$word" ]
  docker rmi fenced-probe-committed >/dev/null
}

@test "keeps set-user-ID bits of images" {
  docker import $home/image.tar fenced-probe-again >/dev/null
  [ "$(in_container --user 1000 fenced-probe-again id-as-root -u)" = 0 ]
  [ "$(in_container --user 1000 --security-opt no-new-privileges fenced-probe-again id-as-root -u)" = 1000 ]
  docker rmi fenced-probe-again >/dev/null
}

@test "builds an image" {
  build 'RUN mkdir /data && echo built >/data/file' 'USER 1000' 'CMD ["cat", "/data/file"]'
  [ "$(in_container fenced-probe-built)" = built ]
}

# shellcheck disable=SC2016 # the shell of the build expands it
@test "lets a build use programs with the set-user-ID bit" {
  build 'USER 1000' 'RUN [ $(id-as-root -u) = 0 ]'
}

@test "lets a build change owners, send packets and set a priority" {
  build 'RUN touch /file && chown 1000:1000 /file && ping -c 1 127.0.0.1 && nice -n 5 true'
  [ "$(in_container fenced-probe-built stat -c %u /file)" = 1000 ]
}

@test "lets a build compile as it goes" {
  build "RUN luajit -e 'local sum = 0 for n = 1, 1000000 do sum = sum + n % 7 end assert(sum == 2999998)'"
}

@test "lets a build trace a program" {
  build 'RUN strace -o /trace true'
  [[ $(in_container fenced-probe-built cat /trace) == *'exited with 0'* ]]
}

@test "lets a build make a directory that passes on its group" {
  build 'RUN mkdir /shared && busybox chmod 2775 /shared'
  [ "$(in_container fenced-probe-built stat -c %a /shared)" = 2775 ]
}

@test "lets a build believe that its processor has 32 bits" {
  build 'RUN setarch i686 busybox uname -m >/machine'
  [ "$(in_container fenced-probe-built cat /machine)" = i686 ]
}

@test "sends logs to the journal and to syslog" {
  local word
  word=$(fresh)
  in_container --log-driver journald --name fenced-journal $image echo "$word-journal"
  in_container --log-driver syslog --log-opt tag=fenced-syslog $image echo "$word-syslog"
  eventually logged CONTAINER_NAME=fenced-journal "$word-journal"
  eventually logged SYSLOG_IDENTIFIER=fenced-syslog "$word-syslog"
}

logged() { journalctl -q -o cat "$1" | grep -qx "$2"; }

@test "lets members of the group docker use it, and nobody else" {
  [ "$(runuser -u $user -- docker run --rm $image echo hello)" = hello ]
  run ! runuser -u nobody -- docker version
}

@test "answers other machines over TLS, to whom has a certificate" {
  if [ ! -e $tls/client.pem ]; then
    mkdir -p $tls
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority -keyout $tls/ca.key -out $tls/ca.pem 2>/dev/null
    certificate server serverAuth
    certificate client clientAuth
  fi
  cp /etc/default/docker $home/default
  echo "DOCKER_OPTS='-H tcp://192.0.2.10:2376 --tlsverify --tlscacert=$tls/ca.pem --tlscert=$tls/server.pem --tlskey=$tls/server.key'" >/etc/default/docker
  restart
  local said without
  said=$(curl -sS --cacert $tls/ca.pem --cert $tls/client.pem --key $tls/client.key https://192.0.2.10:2376/_ping) || true
  without=$(curl -sS --cacert $tls/ca.pem https://192.0.2.10:2376/_ping) || true
  cp $home/default /etc/default/docker
  restart
  [ "$said" = OK ]
  [ "$without" != OK ]
}

# certificate NAME USE
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$tls/$1.key" -out "$tls/$1.csr" 2>/dev/null
  openssl x509 -req -in "$tls/$1.csr" -CA $tls/ca.pem -CAkey $tls/ca.key -CAcreateserial -days 30 -out "$tls/$1.pem" \
    -extfile <(printf 'subjectAltName=IP:192.0.2.10\nextendedKeyUsage=%s\n' "$2") 2>/dev/null
}

@test "takes new settings on a reload, and containers go on" {
  local id
  id=$(docker run -d $image sleep 300)
  echo '{"labels": ["fenced=probe"]}' >$config
  systemctl reload "$UNIT"
  eventually has_label
  rm $config
  systemctl reload "$UNIT"
  [ "$(docker inspect -f '{{.State.Running}}' "$id")" = true ]
}

has_label() { [[ $(docker info -f '{{.Labels}}') == *fenced=probe* ]]; }

@test "keeps containers going over a restart where it is told to" {
  local id pid
  echo '{"live-restore": true}' >$config
  systemctl reload "$UNIT"
  id=$(docker run -d $image sleep 300)
  pid=$(docker inspect -f '{{.State.Pid}}' "$id")
  restart
  rm $config
  [ "$(docker inspect -f '{{.State.Pid}}' "$id")" = "$pid" ]
  kill -0 "$pid"
  [ "$(docker exec "$id" echo inside)" = inside ]
  docker rm -f "$id" >/dev/null
  restart
}

@test "comes back after a crash with its images, and starts what is to be restarted" {
  local id old
  restart
  id=$(docker run -d --restart always $image sleep 300)
  old=$(main_pid)
  kill -KILL "$old"
  eventually is_another "$old"
  eventually runs "$id"
  [ "$(in_container $image echo hello)" = hello ]
}

runs() { [ "$(docker inspect -f '{{.State.Running}}' "$1")" = true ]; }

@test "refuses to start with a mistake in its configuration, and says which" {
  echo '{"storage-drive": "overlay2"}' >$config
  run ! timeout 40 systemctl restart "$UNIT"
  rm $config
  eventually journalled 'storage-drive'
  restart
  [ "$(in_container $image echo hello)" = hello ]
}

# Last: the others need it running.
@test "stops cleanly" {
  local pid
  pid=$(docker inspect -f '{{.State.Pid}}' "$(docker run -d $image sh -c 'trap exit TERM; while :; do sleep 0.1; done')")
  kill -0 "$pid"
  timeout 40 systemctl stop "$UNIT" docker.socket
  ended_well
  gone "$pid"
  systemctl reset-failed "$UNIT" || true
  systemctl start "$UNIT"
}
