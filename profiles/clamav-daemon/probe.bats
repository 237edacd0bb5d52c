#!/usr/bin/env bats
# What ClamAV's daemon must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

# shellcheck disable=SC2016,SC2086 # signatures and scripts keep their dollars; AT is more than one word

load probe

home=/srv/fenced-probe
configuration=/etc/clamav/clamd.conf
database=/var/lib/clamav
log=/var/log/clamav/clamav.log
local=/run/clamav/clamd.ctl
sockets=/etc/systemd/system/clamav-daemon.socket.d
events=/etc/clamav/virusevent.d
# How nc reaches it.
AT="-U $local"
# In two parts, so no other scanner takes this file for what it looks for.
eicar='X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR'-'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
# What the tests look for stands in files as this, and a number.
word=fenced-signature

hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }

# signatures: the official ones cannot be had here; a file of each usual kind stands for them
signatures() {
  printf 'Fenced.Eicar:0:*:%s\nFenced.Word:0:*:%s\n' "$(hex "$eicar")" "$(hex "$word")"
}

# finds NAME ARGUMENT...: clamdscan, given these, finds what has this name
finds() {
  local status=0
  said=$(timeout 20 clamdscan --no-summary "${@:2}" 2>&1) || status=$?
  [ $status = 1 ] && grep -q ": Fenced.$1[.A-Z]* FOUND\$" <<<"$said"
}

# passes ARGUMENT...: it finds nothing
passes() { said=$(timeout 20 clamdscan --no-summary "$@" 2>&1) && grep -q ': OK$' <<<"$said"; }

# say COMMAND: what it answers; AT is where, as nc takes it
say() { printf 'z%s\0' "$1" | timeout 10 nc -N -w 8 $AT | tr '\0' '\n'; }

# stream FILE: what it says of this file, handed over as a stream
stream() {
  local size
  size=$(printf %08x "$(stat -c %s "$1")")
  { printf 'zINSTREAM\0' && printf '%b' "\\x${size:0:2}\\x${size:2:2}\\x${size:4:2}\\x${size:6:2}" && cat "$1" && printf '\0\0\0\0'; } |
    timeout 10 nc -N -w 8 $AT | tr '\0' '\n'
}

answers() { [ "$(say PING 2>/dev/null)" = PONG ]; }

# file NAME: a file with the word, which anybody may read
file() {
  printf 'some text, %s, and more\n' "$word" >"$1"
  chmod 644 "$1"
}

# listen LINE...: systemd listens on these for it as well
listen() {
  mkdir -p $sockets
  printf '%s\n' '[Socket]' "$@" >$sockets/fenced.conf
  systemctl daemon-reload
  systemctl stop "$UNIT"
  systemctl restart clamav-daemon.socket
  restart
}

# with LINE...: runs with these lines beside the usual ones; a name that is given takes the place of the usual one
with() {
  local line
  for line in "$@"; do sed -i "/^${line%% *} /d" $configuration; done
  printf '%s\n' "$@" >>$configuration
  restart
}

setup_file() {
  mkdir -p $home /srv/fenced-data
  chmod 755 $home
  [ -e $home/package.conf ] || cp -p $configuration $home/package.conf
  cp $home/package.conf $configuration
  rm -rf $sockets $database/fenced* $events/fenced $home/tree /srv/fenced-data/*
  getent group fenced-mail >/dev/null || groupadd fenced-mail
  id alice >/dev/null 2>&1 || useradd -m alice
  chmod 755 /home/alice
  chown clamav: /srv/fenced-data
  postconf -e 'mydestination = localhost' 'inet_interfaces = loopback-only'
  signatures >$database/fenced.ndb
  file $home/bad
  printf '%s\n' "$eicar" >$home/eicar
  echo 'nothing to see' >$home/good
  systemctl daemon-reload
  systemctl restart clamav-daemon.socket || true
  restart || true
  eventually answers || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local changed=
  if [ -e $sockets ]; then
    changed=sockets
    rm -rf $sockets
    systemctl daemon-reload
    systemctl stop "$UNIT"
    systemctl restart clamav-daemon.socket
  fi
  rm -f $events/fenced $database/fenced-* /home/alice/bad /tmp/fenced-bad
  if [ "$BATS_TEST_COMPLETED" ] && [ -z "$changed" ] && cmp -s $home/package.conf $configuration; then return; fi
  cp $home/package.conf $configuration
  signatures >$database/fenced.ndb
  restart || true
  eventually answers
}

@test "finds a virus, and passes other files" {
  finds Eicar $home/eicar
  finds Word $home/bad
  passes $home/good
}

@test "reads files by their path, in /tmp, below /home and elsewhere" {
  file /tmp/fenced-bad
  finds Word /tmp/fenced-bad
  file /home/alice/bad
  finds Word /home/alice/bad
  mkdir -p $home/tree/one/two
  file $home/tree/one/two/bad
  cp $home/good $home/tree/one/good
  finds Word --multiscan $home/tree
  grep -q "^$home/tree/one/two/bad: " <<<"$said"
}

@test "reads files that are handed to it open, whoever may read them" {
  cp $home/bad $home/secret
  chmod 600 $home/secret
  finds Word --fdpass $home/secret
  run ! passes $home/secret
  run ! finds Word $home/secret
}

@test "reads what is streamed to it, by any user" {
  stream $home/bad | grep -q '^stream: Fenced.Word.* FOUND$'
  stream $home/good | grep -q '^stream: OK$'
  finds Word --stream $home/bad
  said=$(cd / && setpriv --reuid nobody --regid nogroup --clear-groups timeout 20 clamdscan --no-summary - <$home/eicar 2>&1) || true
  echo "$said"
  grep -q 'Fenced.Eicar.* FOUND' <<<"$said"
}

@test "looks into archives and mail" {
  local name
  tar -C $home -czf $home/bad.tar.gz bad
  zip -qj $home/bad.zip $home/bad
  xz -k -f $home/bad
  {
    printf '%s\n' 'From: ann@example.org' 'Subject: a file' 'MIME-Version: 1.0' 'Content-Type: multipart/mixed; boundary=b' '' '--b' \
      'Content-Type: application/zip; name="bad.zip"' 'Content-Transfer-Encoding: base64' ''
    base64 $home/bad.zip
    printf '%s\n' '' '--b--'
  } >$home/mail
  for name in bad.tar.gz bad.zip bad.xz mail; do
    finds Word $home/$name
    stream $home/$name | grep -q 'Fenced.Word.* FOUND'
  done
}

@test "knows signatures of other kinds" {
  echo 'as a whole' >$home/whole
  echo 'looks like fenced-4711-pattern' >$home/pattern
  echo 'matches a fenced-rule' >$home/rule
  chmod 644 $home/{whole,pattern,rule}
  printf '%s:%s:Fenced.Whole\n' "$(md5sum $home/whole | cut -d ' ' -f 1)" "$(stat -c %s $home/whole)" >$database/fenced-1.hdb
  printf 'Fenced.Pattern;Engine:81-255,Target:0;1;%s;0/fenced-[0-9]{4}-pattern/\n' "$(hex 'looks like')" >$database/fenced-2.ldb
  printf 'rule Fenced { strings: $a = "fenced-rule" condition: $a }\n' >$database/fenced-3.yar
  timeout 20 clamdscan --reload
  eventually finds Whole $home/whole
  finds Pattern $home/pattern
  timeout 20 clamdscan --no-summary $home/rule | grep -q 'YARA.Fenced.* FOUND' || run -1 clamdscan --no-summary $home/rule
}

@test "takes new signatures on a reload, and goes on looking meanwhile" {
  local new n
  new=$(fresh)
  echo "$new" >$home/new
  chmod 644 $home/new
  passes $home/new
  printf 'Fenced.New:0:*:%s\n' "$(hex "$new")" >$database/fenced-new.ndb
  for n in {1..40}; do finds Word $home/bad || echo "$n"; done >$home/missed &
  systemctl reload "$UNIT"
  eventually finds New $home/new
  wait $!
  [ ! -s $home/missed ]
}

@test "looks for new signatures by itself" {
  local new
  with 'SelfCheck 1'
  eventually answers
  new=$(fresh)
  echo "$new" >$home/new
  chmod 644 $home/new
  printf 'Fenced.Self:0:*:%s\n' "$(hex "$new")" >$database/fenced-self.ndb
  eventually finds Self $home/new
}

@test "serves other machines, over IPv4 and IPv6, where systemd listens for it" {
  listen 'ListenStream=3310' 'BindIPv6Only=both'
  eventually answers
  AT='192.0.2.10 3310' eventually streams bad 'Fenced.Word.* FOUND'
  AT='2001:db8::10 3310' streams bad 'Fenced.Word.* FOUND'
  AT='127.0.0.1 3310' streams good '^stream: OK'
  stream $home/bad | grep -q 'Fenced.Word.* FOUND'
}

# streams FILE WORDS: what it says of this file
streams() {
  said=$(stream "$home/$1")
  echo "$1: $said"
  grep -q "$2" <<<"$said"
}

@test "starts when somebody asks, and keeps its socket over a restart and a crash" {
  local old
  systemctl stop "$UNIT"
  [ -S $local ]
  stream $home/bad | grep -q 'Fenced.Word.* FOUND'
  old=$(main_pid)
  restart
  [ "$(main_pid)" != "$old" ]
  stream $home/bad | grep -q 'Fenced.Word.* FOUND'
  old=$(main_pid)
  kill -KILL "$old"
  eventually gone "$old"
  eventually answers
  is_another "$old"
}

@test "has its log rotated as the package does it" {
  local old
  finds Word $home/bad
  eventually grep -q "$home/bad: Fenced.Word" $log
  old=$(stat -c %i $log)
  logrotate -f /etc/logrotate.d/clamav-daemon
  [ "$(stat -c %i $log)" != "$old" ]
  finds Eicar $home/eicar
  eventually grep -q "$home/eicar: Fenced.Eicar" $log
  holds $log
  [ "$(stat -c '%U %G %a' $log)" = 'clamav adm 640' ]
}

@test "writes to syslog, and logs clean files, where it is told to" {
  local name
  with 'LogSyslog true' 'LogClean true'
  eventually answers
  name=$(fresh)
  cp $home/good $home/"$name"
  passes $home/"$name"
  eventually logged "$name: OK"
  rm $home/"$name"
}

# logged WORDS: by syslog, and not only to its output
logged() { journalctl -q _TRANSPORT=syslog -t clamd --since=-20s -o cat | grep -q "$1"; }

@test "starts scripts when it finds something" {
  printf '#!/bin/sh\necho "$(id -un) $CLAM_VIRUSEVENT_VIRUSNAME $CLAM_VIRUSEVENT_FILENAME" >>/var/log/clamav/fenced-events\nlogger -t fenced-event "$CLAM_VIRUSEVENT_VIRUSNAME"\n' >$events/fenced
  chmod 755 $events/fenced
  rm -f /var/log/clamav/fenced-events
  with "VirusEvent /bin/run-parts --lsbsysinit $events"
  eventually answers
  finds Word $home/bad
  eventually grep -qs "^clamav Fenced.Word.* $home/bad" /var/log/clamav/fenced-events
  [ "$(stat -c %a /var/log/clamav/fenced-events)" = 644 ]
  eventually event_logged
}

event_logged() { journalctl -q -t fenced-event --since=-20s -o cat | grep -q Fenced.Word; }

@test "starts scripts that reach other machines" {
  local word heard
  word=$(fresh)
  printf '#!/bin/sh\necho %s-4 | nc -N 192.0.2.10 9099\necho %s-6 | nc -N 2001:db8::10 9099\n' "$word" "$word" >$events/fenced
  chmod 755 $events/fenced
  with "VirusEvent /bin/run-parts --lsbsysinit $events"
  eventually answers
  timeout 20 nc -l 192.0.2.10 9099 >$home/heard.4 3>&- &
  timeout 20 nc -l 2001:db8::10 9099 >$home/heard.6 3>&- &
  eventually listening
  finds Word $home/bad
  for heard in 4 6; do eventually grep -qx "$word-$heard" $home/heard.$heard; done
}

listening() { [ "$(ss -Hltn 'sport = :9099' | wc -l)" = 2 ]; }

@test "reads files of a group that it has been added to" {
  cp $home/bad $home/group
  chgrp fenced-mail $home/group
  chmod 640 $home/group
  run ! finds Word $home/group
  usermod -aG fenced-mail clamav
  restart
  eventually answers
  finds Word $home/group
  gpasswd -d clamav fenced-mail
}

@test "keeps to its limits, and says so where it is told to" {
  head -c 3000000 /dev/zero >$home/large
  chmod 644 $home/large
  : >$log
  with 'StreamMaxLength 1M' 'AlertExceedsMax true' 'MaxFileSize 2M'
  eventually answers
  stream $home/large || true
  eventually grep -q 'INSTREAM: Size limit reached' $log
  timeout 20 clamdscan --no-summary $home/large | grep -q 'Limits.Exceeded.* FOUND'
}

@test "keeps what it unpacks, where it is told to" {
  zip -qj $home/bad.zip $home/bad
  unpacks_in /tmp
  unpacks_in /var/tmp
}

# unpacks_in DIRECTORY
unpacks_in() {
  with 'LeaveTemporaryFiles true' 'ForceToDisk true' "TemporaryDirectory $1"
  eventually answers
  finds Word $home/bad.zip
  find "$1" -user clamav -type f -size +0 | grep -q .
  find "$1" -mindepth 1 -maxdepth 1 -user clamav -exec rm -r {} +
}

@test "answers many at once" {
  local n pids=()
  for n in {1..40}; do
    stream $home/bad >"$home/many.$n" 3>&- &
    pids+=($!)
  done
  for n in "${pids[@]}"; do wait "$n"; done
  [ "$(cat $home/many.* | grep -c 'Fenced.Word.* FOUND')" = 40 ]
  rm $home/many.*
}

@test "tells its version and what it does" {
  say VERSION | grep -q '^ClamAV [1-9]'
  say STATS | grep -q '^STATE: VALID PRIMARY'
  say STATS | grep -q '^MEMSTATS: '
}

@test "runs as its own user, without rights" {
  [ "$(users)" = clamav ]
  grep -qP '^CapEff:\t0+$' "/proc/$(main_pid)/status"
}

@test "says to the journal what is wrong with its configuration" {
  with 'Fenced nonsense' || true
  eventually journalled 'unknown option.*fenced'
}

@test "says to the journal what is wrong with its signatures" {
  printf 'nonsense\n' >$database/fenced-broken.ndb
  restart || true
  eventually journalled 'malformed|fenced-broken.ndb'
  rm $database/fenced-broken.ndb
  restart
  eventually answers
}

# bats test_tags=option:root
@test "reads what only root may, where it runs as root" {
  cp $home/bad $home/secret
  chmod 600 $home/secret
  with 'User root'
  eventually answers
  finds Word $home/secret
}

# bats test_tags=option:root
@test "runs as another user" {
  install -o daemon -m 600 $home/bad $home/other
  with 'User daemon'
  eventually answers
  [ "$(users)" = daemon ]
  finds Word $home/other
}

# bats test_tags=option:mail
@test "starts scripts that send mail" {
  local word
  word=$(fresh)
  printf '#!/bin/sh\necho "found $CLAM_VIRUSEVENT_VIRUSNAME" | mail -s %s www-data@localhost\n' "$word" >$events/fenced
  chmod 755 $events/fenced
  with "VirusEvent /bin/run-parts --lsbsysinit $events"
  eventually answers
  postfix status 2>/dev/null || postfix start 3>&-
  finds Word $home/bad
  eventually grep -qs "^Subject: $word" /var/mail/www-data
  postfix stop
}

# bats test_tags=option:no-network
@test "has no network, and serves other machines all the same" {
  [ "$(readlink "/proc/$(main_pid)/ns/net")" != "$(readlink /proc/self/ns/net)" ]
  listen 'ListenStream=3310' 'BindIPv6Only=both'
  AT='192.0.2.10 3310' eventually streams bad 'Fenced.Word.* FOUND'
}

# bats test_tags=option:elsewhere
@test "unpacks on another volume, and logs there" {
  with 'TemporaryDirectory /srv/fenced-data' 'LogFile /srv/fenced-data/log' 'LeaveTemporaryFiles true' 'ForceToDisk true'
  eventually answers
  zip -qj $home/bad.zip $home/bad
  finds Word $home/bad.zip
  grep -q 'Fenced.Word' /srv/fenced-data/log
  [ "$(find /srv/fenced-data -type f -size +0 | wc -l)" -gt 1 ]
}

# bats test_tags=option:streams
@test "sees neither /home nor the files of others in /tmp" {
  file /home/alice/bad
  file /tmp/fenced-bad
  run ! finds Word /home/alice/bad
  run ! finds Word /tmp/fenced-bad
  finds Word --fdpass /home/alice/bad
  finds Word --stream /tmp/fenced-bad
}

# Last: the others need it running.
@test "stops cleanly" {
  timeout 30 systemctl stop clamav-daemon.socket "$UNIT"
  ended_well
  [ -z "$(processes)" ]
  [ ! -e $local ]
  systemctl start clamav-daemon.socket
  restart
  eventually answers
}
