#!/usr/bin/env bats
# What the rsync daemon must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

conf=/etc/rsyncd.conf
home=/srv/fenced-probe
log=/var/log/rsyncd.log

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

answers() { [[ $(rsync --contimeout=2 rsync://127.0.0.1/ 2>/dev/null) == *files* ]]; }
# As a client elsewhere would call it; the log of what went wrong is worth seeing.
get() { timeout 50 rsync --timeout=20 "$@"; }
same() { diff -r "$1" "$2"; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }
logged() { grep -q -- "$1" $log; }

configure() {
  cat >$conf <<CONF
log file = $log
transfer logging = yes
max connections = 20
$1
[files]
path = $home/files
comment = files to read
[inbox]
path = $home/inbox
read only = no
uid = backup
gid = backup
[secret]
path = $home/files
auth users = ann
secrets file = /etc/rsyncd.secrets
[closed]
path = $home/files
hosts allow = 198.51.100.0/24
[hooked]
path = $home/hooked
read only = no
use chroot = no
uid = backup
gid = backup
pre-xfer exec = $home/before
post-xfer exec = $home/after
[owners]
path = $home/owners
read only = no
uid = root
gid = root
[homes]
path = /home
uid = ann
read only = no
CONF
  systemctl reset-failed "$UNIT" || true
  timeout 30 systemctl restart "$UNIT"
}

setup_file() {
  rm -rf ${home:?}/*
  mkdir -p $home/{files/deep/er,inbox,hooked,owners}
  id ann >/dev/null 2>&1 || useradd -m ann
  chown backup:backup $home/inbox $home/hooked
  head -c 10000000 /dev/urandom >$home/files/large
  seq 1000 >$home/files/deep/er/numbers
  ln -sf deep/er/numbers $home/files/link
  echo 'ann:secret' >/etc/rsyncd.secrets
  chmod 600 /etc/rsyncd.secrets
  printf '#!/bin/sh\necho "before $RSYNC_MODULE_NAME as $(id -un)" >>%s/notes\n' $home >$home/before
  printf '#!/bin/sh\necho "after $RSYNC_EXIT_STATUS" >>%s/notes\n' $home >$home/after
  chmod 755 $home $home/before $home/after
  configure || true
  eventually answers || true
  cp $conf $home/conf
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  cmp -s $conf $home/conf && [ "$BATS_TEST_COMPLETED" ] && return
  configure
  eventually answers
}

@test "lists its modules, over IPv4 and IPv6, to other machines too" {
  local host
  for host in 127.0.0.1 '[::1]' 192.0.2.10 '[2001:db8::10]'; do
    [[ $(rsync "rsync://$host/") == *'files to read'* ]]
  done
}

@test "hands out a tree, links included, and then only what has changed" {
  rm -rf $home/copy
  get -a rsync://127.0.0.1/files/ $home/copy/
  same $home/files $home/copy
  [ -L $home/copy/link ]
  sed -i 's/^500$/five hundred/' $home/files/deep/er/numbers
  [[ $(get -ai --checksum rsync://192.0.2.10/files/ $home/copy/) == *deep/er/numbers* ]]
  same $home/files $home/copy
}

@test "hides what a module's user may not read" {
  echo hidden >$home/files/hidden
  chmod 600 $home/files/hidden
  run get -a rsync://127.0.0.1/files/ $home/copy/
  [ "$status" = 23 ]
  [ ! -e $home/copy/hidden ]
  rm $home/files/hidden
}

@test "takes a tree as the user of a module, replaces and deletes in it" {
  get -a $home/files/ rsync://127.0.0.1/inbox/tree/
  same $home/files $home/inbox/tree
  [ "$(stat -c %U $home/inbox/tree/large)" = backup ]
  get $home/before rsync://127.0.0.1/inbox/plain
  [ "$(stat -c %a $home/inbox/plain)" = 755 ]
  rm -rf $home/smaller && mkdir $home/smaller && echo one >$home/smaller/one
  get -a --delete $home/smaller/ 'rsync://[::1]/inbox/tree/'
  same $home/smaller $home/inbox/tree
}

@test "keeps times, permissions and links of what it takes" {
  rm -rf $home/kept && mkdir $home/kept
  echo script >$home/kept/script
  chmod 751 $home/kept/script
  touch -d '2001-02-03 04:05:06' $home/kept/script
  ln $home/kept/script $home/kept/second
  get -aHX $home/kept rsync://127.0.0.1/inbox/
  [ "$(stat -c '%a %Y %h' $home/inbox/kept/script)" = "$(stat -c '%a %Y %h' $home/kept/script)" ]
}

@test "goes on where a transfer was cut" {
  head -c 3000000 $home/files/large >$home/inbox/cut
  chown backup $home/inbox/cut
  get --append-verify $home/files/large rsync://127.0.0.1/inbox/cut
  cmp $home/files/large $home/inbox/cut
}

@test "asks for a password, and reads it where only root may" {
  run ! get rsync://ann@127.0.0.1/secret/ --password-file=<(echo wrong)
  echo secret >$home/password
  chmod 600 $home/password
  get --password-file=$home/password rsync://ann@127.0.0.1/secret/deep/er/numbers $home/by-password
  cmp $home/files/deep/er/numbers $home/by-password
}

@test "turns away whom it is told to" {
  run ! get rsync://127.0.0.1/closed/
  run ! get rsync://127.0.0.1/none/
  run ! get $home/password rsync://127.0.0.1/files/
  [ ! -e $home/files/password ]
}

@test "runs commands before and after a transfer" {
  rm -f $home/notes
  get $home/files/deep/er/numbers rsync://127.0.0.1/hooked/
  eventually grep -q '^after 0' $home/notes
  grep -q '^before hooked as root' $home/notes
}

@test "serves ten at a time" {
  local n all=()
  for n in {1..10}; do
    get -a --mkpath rsync://127.0.0.1/files/ $home/many/$n/ 3>&- &
    all+=($!)
  done
  for n in {1..10}; do
    wait "${all[n - 1]}"
    same $home/files $home/many/$n
  done
  rm -rf $home/many
}

@test "packs what it sends, and sends no faster than it is told to" {
  get -az --bwlimit=50m rsync://127.0.0.1/files/ $home/packed/
  same $home/files $home/packed
}

@test "logs each transfer, also when its log was moved away" {
  eventually logged 'files/large\|large'
  mv $log $log.1
  get -a rsync://127.0.0.1/files/deep/er/numbers $home/again
  eventually logged numbers
}

@test "says to the journal what it cannot say to a log" {
  sed -i '/^log file/d' $conf
  get -a rsync://127.0.0.1/files/deep/er/numbers $home/again
  eventually journalled numbers
}

journalled() { journalctl -q --since=-20s -t rsyncd | grep -q "$1"; }

@test "follows a change of its configuration without a restart" {
  local before
  before=$(main_pid)
  printf '[newer]\npath = %s/files/deep\n' $home >>$conf
  get -a rsync://127.0.0.1/newer/er/numbers $home/newer
  cmp $home/files/deep/er/numbers $home/newer
  [ "$(main_pid)" = "$before" ]
}

@test "listens on another port, and on one address alone" {
  configure "port = 8730
address = 192.0.2.10"
  eventually get rsync://192.0.2.10:8730/files/deep/er/numbers $home/newer
  run -10 rsync --contimeout=2 rsync://127.0.0.1:8730/
}

@test "comes back after it was killed" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
}

is_another() { [ "$(main_pid)" -gt 0 ] && [ "$(main_pid)" != "$1" ]; }

# bats test_tags=option:as-root
@test "keeps owners, groups, ACLs and capabilities of what it takes as root" {
  rm -rf $home/whole $home/owners/whole && mkdir $home/whole
  cp /bin/true $home/whole/program
  setcap cap_net_raw=ep $home/whole/program
  echo mine >$home/whole/mine
  chown ann:games $home/whole/mine
  chmod 2600 $home/whole/mine
  setfacl -m u:backup:r $home/whole/mine
  get -aAXH $home/whole rsync://127.0.0.1/owners/
  [ "$(stat -c '%U %G %a' $home/owners/whole/mine)" = "$(stat -c '%U %G %a' $home/whole/mine)" ]
  [[ $(getfacl -cp $home/owners/whole/mine) == *user:backup:r--* ]]
  [[ $(getcap $home/owners/whole/program) == *cap_net_raw=ep ]]
  get -aAX rsync://127.0.0.1/owners/whole/mine $home/whole/back
  [ "$(stat -c '%U' $home/whole/back)" = ann ]
}

# bats test_tags=option:home
@test "serves a module below /home" {
  echo 'at home' >/home/ann/note
  chown ann /home/ann/note
  get -a rsync://127.0.0.1/homes/ann/note $home/note
  get -a $home/note rsync://127.0.0.1/homes/ann/note-back
  [ "$(cat /home/ann/note-back)" = 'at home' ]
}

# bats test_tags=option:reads-only
@test "takes no files, whatever a module says" {
  run ! get $home/password rsync://127.0.0.1/inbox/
  get -a rsync://127.0.0.1/files/deep/er/numbers $home/again
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -x rsync
  run ! answers
  configure
  eventually answers
}
