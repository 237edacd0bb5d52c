#!/usr/bin/env bats
# What Samba's file server must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.

load probe

conf=/etc/samba/smb.conf
home=/srv/fenced
logs=/var/log/samba
word=Kyoto-1200-lanterns

# as USER SHARE COMMANDS [OPTION...]: a client; AT is the server's address, PASSWORD another password
as() {
  timeout 20 smbclient "//fenced/$2" -s $home/client.conf -I "${AT-127.0.0.1}" -U "$1%${PASSWORD-$word}" -c "$3" "${@:4}"
}
shares() { timeout 20 smbclient -s $home/client.conf -I "${AT-127.0.0.1}" -g -L fenced -N 2>/dev/null; }
answers() { as ann data ls >/dev/null 2>&1; }
listed() { shares | grep -q "^[A-Za-z]*|$1|"; }
hides() { ! listed "$1"; }
says() { journalctl -q -o cat -t smbd --since=-20s | grep -q "$1"; }

# carries USER SHARE DIRECTORY: a file goes in, lies where it should, comes out again, and goes away
carries() {
  local name
  name=$(fresh)
  as "$1" "$2" "put $home/large $name"
  cmp $home/large "$3/$name"
  as "$1" "$2" "get $name $home/back"
  cmp $home/large $home/back
  as "$1" "$2" "del $name"
  [ ! -e "$3/$name" ]
}

# with: runs with the lines of stdin at the end of the usual configuration
with() {
  cat $home/usual.conf - >$conf
  restart
  eventually answers
}

# opens USER SHARE COMMAND: a client that stays, and takes further commands by say, until it leaves
opens() {
  rm -f $home/commands
  mkfifo $home/commands
  timeout 60 stdbuf -oL smbclient "//fenced/$2" -s $home/client.conf -I 127.0.0.1 -U "$1%$word" <$home/commands >$home/session 2>&1 3>&- &
  client=$!
  exec 4>$home/commands
  say "$3"
}
say() { echo "$*" >&4; }
leaves() {
  exec 4>&-
  wait $client
}

# tortures USER SHARE TEST...: tests of Samba's own makers
tortures() {
  timeout 60 smbtorture -s $home/client.conf "//127.0.0.1/$2" -U "$1%$word" "${@:3}"
}

# script FILE: an executable from stdin
script() {
  cat >"$1"
  chmod 755 "$1"
}

sets_up_users() {
  local user
  getent group team >/dev/null || groupadd team
  for user in ann bob carl eve; do
    id $user >/dev/null 2>&1 || useradd -m -s /bin/bash $user
    chmod 700 /home/$user
    printf '%s\n%s\n' $word $word | smbpasswd -s -a $user
  done
  printf "%s:$word\\n" ann bob carl eve | chpasswd
  usermod -aG team,sambashare ann
  usermod -aG team bob
  usermod -e 1990-01-01 eve
  printf '%s\n%s\n' $word $word | smbpasswd -s -a root
  if id dora >/dev/null 2>&1; then
    smbpasswd -x dora || true
    userdel dora
  fi
}

# What each test finds: directories with nothing in them.
sets_up_shares() {
  rm -rf $home/shares /home/ann/* /home/ann/.[a-z]*
  mkdir -p $home/shares $home/bin
  install -d -m 2770 -g team $home/shares/{data,windows,mac,bin,seen,group,kernel}
  install -d -m 700 $home/shares/rooted
  install -d -m 1770 -g sambashare /var/lib/samba/usershares
  install -d -m 777 $home/shares/{open,worked,mounted}
  head -c 3000000 /dev/urandom >$home/large
  echo short >$home/short
  : >$home/client.conf
}

# A printer that keeps what is printed.
sets_up_printer() {
  script /usr/lib/cups/backend/fenced <<END
#!/bin/sh
[ \$# -eq 0 ] && echo 'direct fenced "Unknown" "fenced"' && exit
cat "\${6:--}" >$home/printed
END
  # CUPS starts it as root only so.
  chmod 700 /usr/lib/cups/backend/fenced
  lpstat -v fenced >/dev/null 2>&1 || lpadmin -p fenced -E -v fenced:/paper -m raw 2>/dev/null
}

setup_file() {
  mkdir -p $home
  [ -e $home/package.conf ] || cp -p $conf $home/package.conf
  sets_up_users
  sets_up_shares
  sets_up_printer
  cat $home/package.conf - >$home/usual.conf <<END
[global]
  log level = 1
  server min protocol = NT1
  load printers = yes
  smb2 leases = no
  allow insecure wide links = yes
  registry shares = yes
  usershare max shares = 100
  unix password sync = no
  add user script = /usr/sbin/useradd -M %u
  delete user script = /usr/sbin/userdel %u
[homes]
  read only = no
[data]
  path = $home/shares/data
  read only = no
  valid users = @team
  create mask = 0770
  directory mask = 0770
[open]
  path = $home/shares/open
  read only = no
  guest ok = yes
[group]
  path = $home/shares/group
  read only = no
  force group = team
  create mask = 0660
  force create mode = 0660
  directory mask = 2770
  force directory mode = 2770
[worked]
  path = $home/shares/worked
  read only = no
  force user = carl
[rooted]
  path = $home/shares/rooted
  read only = no
  admin users = ann
[inherits]
  path = $home/shares/rooted
  read only = no
  admin users = ann
  inherit owner = unix only
  inherit permissions = yes
[mac]
  path = $home/shares/mac
  read only = no
  vfs objects = catia fruit streams_xattr
[bin]
  path = $home/shares/bin
  read only = no
  vfs objects = full_audit recycle
  recycle:repository = .recycle
  recycle:keeptree = yes
  full_audit:prefix = %u|%S
  full_audit:success = all
  full_audit:failure = none
[seen]
  path = $home/shares/seen
  vfs objects = shadow_copy2
  shadow:basedir = $home/shares/seen
  shadow:snapdir = $home/shares/seen/.snapshots
  shadow:sort = desc
[kernel]
  path = $home/shares/kernel
  read only = no
  kernel oplocks = yes
[sealed]
  path = $home/shares/data
  read only = no
  server smb encrypt = required
[beyond]
  path = $home/shares/data
  wide links = yes
[mounted]
  path = $home/shares/mounted
  read only = no
[counted]
  path = $home/shares/open
  dfree command = $home/bin/dfree
[scripted]
  path = $home/shares/open
  preexec = $home/bin/note $home/shares/open/pre
  postexec = $home/bin/note $home/shares/open/post
  root preexec = $home/bin/note $home/shares/open/root
[threads]
  path = $home/shares/data
  read only = no
  vfs objects = aio_pthread
  aio read size = 1
  aio write size = 1
[fixed]
  path = $home/shares/data
  read only = no
  vfs objects = readonly
[windows]
  path = $home/shares/data
  read only = no
  vfs objects = acl_xattr
[tmp]
  path = /tmp
  read only = no
[all]
  path = /home
[print\$]
  read only = no
  admin users = ann
END
  cp $home/usual.conf $conf
  restart || true
  eventually answers || true
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  local place
  rm -f /usr/local/bin/mail
  for place in $home/shares/mounted /sys/kernel/security; do
    if [ "$(stat -f -c %T "$place")" = tmpfs ] && mountpoint -q "$place"; then umount "$place"; fi
  done
  cmp -s $conf $home/usual.conf && [ -n "$BATS_TEST_COMPLETED" ] && return
  cp $home/usual.conf $conf
  restart || true
  eventually answers
}

@test "starts as packaged, and hands out home directories" {
  cp $home/package.conf $conf
  restart
  install -o ann -g ann -m 600 $home/short /home/ann/own
  PATIENCE=15 eventually as ann ann "get own $home/back"
  cmp $home/short $home/back
  run ! as ann ann "put $home/short refused"
  run ! as bob ann "get own $home/back"
  listed 'print\$'
  hides data
}

@test "takes files of users, gives them back, renames and deletes them" {
  as ann data "mkdir sub; cd sub; put $home/large first; rename first second; get second $home/back"
  cmp $home/large $home/back
  cmp $home/large $home/shares/data/sub/second
  [ "$(stat -c '%U:%G' $home/shares/data/sub/second)" = ann:team ]
  [ ! -e $home/shares/data/sub/first ]
  as bob data 'rename sub/second sub/third'
  as ann data 'recurse; deltree sub'
  [ ! -e $home/shares/data/sub ]
}

@test "lets nobody in who has no password or no business there" {
  PASSWORD=wrong run ! as ann data ls
  [[ $output == *LOGON_FAILURE* ]]
  run ! as carl data ls
  [[ $output == *ACCESS_DENIED* ]]
  install -o bob -g bob -m 600 $home/short $home/shares/open/private
  run ! as ann open "get private $home/back"
  run ! as eve open ls
  # The process that says so is gone before the journal can tell which unit it was of.
  eventually says 'account eve has expired'
}

@test "answers on both ports, over IPv4 and IPv6" {
  as ann data ls -p 139
  as ann data ls -p 445
  AT=::1 as ann data ls
  AT=::1 as ann data ls -p 139
}

@test "serves other machines" {
  AT=192.0.2.10 carries ann data $home/shares/data
  AT=2001:db8::10 carries ann data $home/shares/data
}

@test "speaks the newest protocol, encrypted, and the oldest" {
  opens ann data ls
  eventually session_is SMB3_11
  leaves
  as ann data 'ls' -m NT1 --option='client min protocol=NT1'
  carries ann sealed $home/shares/data
  opens ann sealed ls
  eventually session_is 'SMB3_11.*AES-'
  leaves
}

session_is() { smbstatus -b | grep -qE " ann .*$1"; }

@test "takes files into home directories, where that is allowed" {
  carries ann ann /home/ann
  as ann ann "mkdir Documents; put $home/short Documents/letter"
  [ "$(stat -c '%U:%G %a' /home/ann/Documents/letter)" = 'ann:ann 700' ]
}

@test "serves guests, and whoever it does not know" {
  as '' open "put $home/short by-nobody" -N
  as stranger open "put $home/short by-stranger"
  [ "$(stat -c %U $home/shares/open/by-nobody $home/shares/open/by-stranger | sort -u)" = nobody ]
  run ! as '' data ls -N
}

@test "lets users share directories by themselves" {
  install -d -o ann -g ann -m 777 /home/ann/Public
  chmod 711 /home/ann
  runuser -u ann -- net usershare add fencedown /home/ann/Public '' Everyone:F guest_ok=y
  eventually listed fencedown
  as bob fencedown "put $home/short theirs"
  [ "$(stat -c %U /home/ann/Public/theirs)" = bob ]
  as '' fencedown 'get theirs -' -N | grep -q short
  runuser -u ann -- net usershare delete fencedown
  run ! as bob fencedown ls
}

@test "keeps the group of a common directory, with the set-group-ID bit" {
  as ann group "mkdir plans; put $home/short plans/one"
  as bob group "put $home/large plans/one; mkdir plans/more"
  cmp $home/large $home/shares/group/plans/one
  [ "$(stat -c '%U:%G %a' $home/shares/group/plans)" = 'ann:team 2770' ]
  [ "$(stat -c '%U:%G %a' $home/shares/group/plans/more)" = 'bob:team 2770' ]
  [ "$(stat -c '%U:%G %a' $home/shares/group/plans/one)" = 'ann:team 660' ]
  as ann data 'mkdir inherits'
  [ "$(stat -c '%U:%G' $home/shares/data/inherits)" = ann:team ]
}

@test "works as the user of a share, or as root for its administrators" {
  as bob worked "put $home/short one"
  [ "$(stat -c %U $home/shares/worked/one)" = carl ]
  install -m 600 -o carl -g carl $home/short $home/shares/rooted/one
  as ann rooted "put $home/large two; get one $home/back; del one"
  cmp $home/short $home/back
  [ ! -e $home/shares/rooted/one ]
  [ "$(stat -c %U $home/shares/rooted/two)" = root ]
  smbcacls -s $home/client.conf //127.0.0.1/rooted two -U "ann%$word" -C 'FENCED\bob'
  [ "$(stat -c %U $home/shares/rooted/two)" = bob ]
  smbcacls -s $home/client.conf //127.0.0.1/rooted two -U "ann%$word" -a 'ACL:carl:ALLOWED/0x0/FULL'
  getfacl -cp $home/shares/rooted/two | grep -q '^user:carl:rwx'
  run ! as bob rooted ls
}

@test "gives the files that root makes to the owner of the directory" {
  install -d -o carl -g team -m 2770 $home/shares/rooted/theirs
  as ann inherits "mkdir theirs/sub; put $home/short theirs/sub/one"
  [ "$(stat -c '%U:%G %a' $home/shares/rooted/theirs/sub)" = 'carl:team 2770' ]
  [ "$(stat -c '%U:%G' $home/shares/rooted/theirs/sub/one)" = carl:team ]
}

@test "sets times and attributes, of a colleague's files too" {
  as ann data "put $home/short dated"
  chmod 660 $home/shares/data/dated
  as bob data 'utimes dated -1 2001:02:03-04:05:06 2001:02:03-04:05:06 -1'
  [ "$(date -d "@$(stat -c %Y $home/shares/data/dated)" +%Y)" = 2001 ]
  as bob data 'setmode dated +h'
  as bob data 'allinfo dated' | grep -q 'attributes: .*H'
  getfattr -n user.DOSATTRIB $home/shares/data/dated
}

@test "keeps the permissions that clients set, as POSIX ACLs" {
  as ann data "put $home/short listed; mkdir listing"
  smbcacls -s $home/client.conf //127.0.0.1/data listed -U "ann%$word" -a 'ACL:carl:ALLOWED/0x0/READ'
  getfacl -cp $home/shares/data/listed | grep -q '^user:carl:r'
  smbcacls -s $home/client.conf //127.0.0.1/data listing -U "ann%$word" -a 'ACL:carl:ALLOWED/OI|CI/FULL'
  getfacl -cp $home/shares/data/listing | grep -q '^default:user:carl:rwx'
  smbcacls -s $home/client.conf //127.0.0.1/data listed -U "ann%$word" | grep -q 'carl:ALLOWED'
}

@test "keeps what Macs attach to files, and the names they use" {
  as ann mac "put $home/short note"
  head -c 60000 $home/large >$home/attached
  as ann mac "put $home/attached note:small; get note:small $home/back"
  cmp $home/attached $home/back
  getfattr -d -m - $home/shares/mac/note | grep -q 'DosStream.small'
}

@test "puts what is deleted into a bin, and notes who did it" {
  local name
  name=$(fresh)
  as ann bin "mkdir folder; put $home/short folder/$name; del folder/$name"
  cmp $home/short "$home/shares/bin/.recycle/folder/$name"
  eventually audited "ann|bin|.*$name"
}

audited() { journalctl -q -t smbd_audit -o cat --since=-20s | grep -q "$1"; }

@test "shows earlier versions of files" {
  local taken=@GMT-2020.02.02-02.02.02
  mkdir -p $home/shares/seen/.snapshots/$taken
  echo earlier >$home/shares/seen/.snapshots/$taken/report
  echo now >$home/shares/seen/report
  chmod -R g+rX $home/shares/seen
  as ann seen 'allinfo report' | grep -q $taken
  [ "$(as ann seen "get $taken/report -" 2>/dev/null)" = earlier ]
  [ "$(as ann seen 'get report -' 2>/dev/null)" = now ]
}

@test "follows links within a share, and beyond it only where it is told to" {
  mkdir -p $home/beyond
  echo outside >$home/beyond/one
  cp $home/short $home/shares/data/target
  ln -sfn target $home/shares/data/link
  ln -sfn $home/beyond $home/shares/data/out
  as ann data "get link $home/back"
  cmp $home/short $home/back
  run ! as ann data "get out/one $home/back"
  as ann beyond "get out/one $home/back"
  grep -q outside $home/back
}

@test "keeps two clients from writing over each other" {
  tortures ann data smb2.lock.rw-exclusive smb2.lock.contend smb2.oplock.exclusive1
  tortures ann kernel smb2.kernel-oplocks.kernel_oplocks1
}

@test "tells clients what changes, be it by others or on the server itself" {
  mkdir -p $home/shares/data/watched
  chmod 2770 $home/shares/data/watched
  chgrp team $home/shares/data/watched
  opens ann data 'notify watched'
  eventually sees_change local
  eventually sees_change client
}

sees_change() {
  local name
  name=$1-$(fresh)
  if [ "$1" = local ]; then
    echo x >"$home/shares/data/watched/$name"
  else
    as bob data "put $home/short watched/$name" || return 1
  fi
  sleep 0.3
  grep -q "$name" $home/session
}

@test "serves a disk that is mounted later" {
  mount -t tmpfs -o mode=777,size=20m tmpfs $home/shares/mounted
  carries ann mounted $home/shares/mounted
  as ann mounted "put $home/short there"
  umount $home/shares/mounted
  [ -z "$(ls $home/shares/mounted)" ]
  run ! as ann mounted "get there $home/back"
}

@test "tells how much room is left" {
  as ann data 'du' | grep -qE '[1-9][0-9]* blocks (of size|available)|blocks available'
  script $home/bin/dfree <<<$'#!/bin/sh\necho 1000 500 1024'
  as ann counted ls | grep -q '500 blocks available'
}

@test "runs the scripts of a share, as its user and as root" {
  rm -f $home/shares/open/{pre,post,root}
  script $home/bin/note <<<$'#!/bin/sh\nid -un >"$1"'
  as ann scripted ls
  [ "$(cat $home/shares/open/pre)" = ann ]
  [ "$(cat $home/shares/open/root)" = root ]
  eventually grep -qx ann $home/shares/open/post
}

@test "prints through CUPS" {
  rm -f $home/printed
  # As Windows does it; only then does Samba ask for printers.
  eventually has_printer
  eventually listed fenced
  eventually as ann fenced "print $home/large"
  PATIENCE=20 eventually cmp -s $home/large $home/printed
  install -d -m 1777 /var/spool/samba
  with <<'END'
[printers]
  path = /var/spool/samba
END
  eventually listed fenced
  eventually as ann fenced "print $home/short"
  PATIENCE=20 eventually cmp -s $home/short $home/printed
}

has_printer() { rpcclient -s $home/client.conf 127.0.0.1 -U "ann%$word" -c enumprinters | grep -q 'name:.*fenced'; }

@test "shares disks that are mounted" {
  install -d -o ann -g ann /mnt/fenced /media/fenced
  with <<'END'
[disk]
  path = /mnt/fenced
  read only = no
[stick]
  path = /media/fenced
  read only = no
END
  carries ann disk /mnt/fenced
  carries ann stick /media/fenced
}

@test "keeps the drivers of printers" {
  carries ann 'print$' /var/lib/samba/printers
}

@test "lets users change their password" {
  sets_password $word Sendai-1100-rivers
  PASSWORD=Sendai-1100-rivers as carl open ls
  run ! as carl open ls
  sets_password Sendai-1100-rivers $word
  as carl open ls
}

# bats test_tags=option:accounts
@test "changes the password of the system as well" {
  with <<<"$chat"
  changes_password Osaka-0900-bridges
}

# bats test_tags=option:accounts
@test "changes the password of the system by the passwd program" {
  with <<<"$chat"$'\npam password change = no'
  changes_password Nara-0700-temples
}

# What PAM and passwd really say; what Debian's smb.conf waits for is older.
chat=$'[global]\nunix password sync = yes\npasswd chat = *ew\\spassword:* %n\\n *ew\\spassword:* %n\\n *updated\\ssuccessfully*'

# changes_password NEW: of carl, and back again at the end
changes_password() {
  sets_password $word "$1"
  PASSWORD=$1 as carl open ls
  run ! as carl open ls
  is_password_of_system carl "$1"
  sets_password "$1" $word
  as carl open ls
  is_password_of_system carl $word
}

sets_password() { printf '%s\n%s\n%s\n' "$1" "$2" "$2" | timeout 30 smbpasswd -s -r 127.0.0.1 -U carl; }

is_password_of_system() {
  perl -e 'my $hash = (getpwnam $ARGV[0])[1]; exit(crypt($ARGV[1], $hash) eq $hash ? 0 : 1)' "$1" "$2"
}

# bats test_tags=option:accounts
@test "makes accounts by the script for it" {
  net -s $home/client.conf rpc user add dora "$word" -S 127.0.0.1 -U "root%$word"
  id dora
  net -s $home/client.conf rpc user delete dora -S 127.0.0.1 -U "root%$word"
  run ! id dora
}

@test "keeps shares in its registry" {
  net conf delshare fencedreg 2>/dev/null || true
  net conf addshare fencedreg $home/shares/open writeable=y guest_ok=y
  carries ann fencedreg $home/shares/open
  net conf delshare fencedreg
}

@test "is found by its name, over multicast DNS" {
  eventually announced
}

announced() { timeout 5 avahi-browse -pt _smb._tcp | grep -q '^+'; }

@test "tells the administrator who is there, and obeys" {
  opens ann data ls
  eventually shows_client
  smbcontrol smbd ping | grep -q PONG
  smbcontrol smbd close-share data
  eventually lost_client
}

shows_client() { smbstatus -b | grep -q ' ann ' && smbstatus -S | grep -q '^data '; }
lost_client() { ! smbstatus -S | grep -q '^data '; }

@test "serves twenty clients at once" {
  local n clients=()
  for n in {1..20}; do
    as ann data "put $home/short crowd$n" >/dev/null 2>&1 3>&- &
    clients+=($!)
  done
  for n in "${clients[@]}"; do wait "$n"; done
  [ "$(find $home/shares/data -name 'crowd*' | wc -l)" = 20 ]
}

@test "reads and writes in the way that a module says" {
  carries ann threads $home/shares/data
  as ann fixed ls
  run ! as ann fixed "put $home/short refused"
}

@test "takes new shares on a reload, and keeps its clients" {
  local main
  main=$(main_pid)
  opens ann data "put $home/short before"
  eventually [ -e $home/shares/data/before ]
  hides newly
  cat $home/usual.conf - >$conf <<<$'[newly]\npath = '"$home/shares/open"$'\nread only = no'
  timeout 30 systemctl reload "$UNIT"
  eventually carries ann newly $home/shares/open
  say "put $home/short after"
  eventually [ -e $home/shares/data/after ]
  leaves
  [ "$(main_pid)" = "$main" ]
}

@test "logs each client to its file, and begins a new one where it is full" {
  local name
  name=$(fresh)
  rm -f $logs/log.fenced*
  with <<<$'[global]\nlog file = /var/log/samba/log.fenced.%I\nlog level = 10\nmax log size = 50\nlogging = file syslog@1'
  as ann data "put $home/short $name"
  eventually [ -s $logs/log.fenced.127.0.0.1.old ]
  PASSWORD=wrong run ! as "$name" fixed ls
  eventually syslogged
}

syslogged() { journalctl -q -t smbd -o cat --since=-20s _TRANSPORT=syslog | grep -q smbd; }

@test "has its log rotated as the package does it" {
  [ -e /etc/logrotate.d/samba ] || skip 'this release brings no rule for it'
  logrotate -f /etc/logrotate.d/samba
  eventually rotated
}

rotated() {
  smbcontrol smbd reload-config
  [ -e $logs/log.smbd.1 ] && [ -e $logs/log.smbd ]
}

@test "keeps accounts and files over a restart" {
  as ann data "put $home/large kept"
  restart
  eventually answers
  as ann data "get kept $home/back"
  cmp $home/large $home/back
}

@test "sends a mail when the process of a client crashes, and serves the others" {
  crashes
  eventually mailed 'Samba|No such process'
  answers
}

# crashes: the process of a client does, and what mail(1) is given lies in a share
crashes() {
  script /usr/local/bin/mail <<END
#!/bin/sh
cat >$home/shares/open/mailed
END
  rm -f $home/shares/open/mailed
  opens ann data ls
  eventually shows_client
  kill -SEGV "$(smbstatus -b | awk '$2 == "ann" { print $1 }')"
}

mailed() { grep -qsE "$1" $home/shares/open/mailed; }

@test "is there again when it is started after a crash" {
  local main
  main=$(main_pid)
  kill -KILL "$main"
  eventually gone "$main"
  eventually down
  systemctl start "$UNIT"
  eventually answers
  is_another "$main"
}

down() { ! systemctl -q is-active "$UNIT"; }

@test "makes its directories anew, as after a boot" {
  systemctl stop nmbd "$UNIT"
  rm -rf /run/samba
  restart
  eventually answers
  [ "$(cat /run/samba/smbd.pid)" = "$(main_pid)" ]
  setpriv --reuid nobody --regid nogroup --clear-groups cat /run/samba/smbd.pid
  smbstatus -b
}

@test "lists its shares for AppArmor, where that is in use" {
  mount -t tmpfs tmpfs /sys/kernel/security
  mkdir /sys/kernel/security/apparmor
  : >/sys/kernel/security/apparmor/profiles
  rm -f /etc/apparmor.d/samba/smbd-shares
  restart
  eventually answers
  grep -q "^\"$home/shares/data/" /etc/apparmor.d/samba/smbd-shares
}

# bats test_tags=option:windows-acls
@test "keeps the permissions that clients set, as Windows has them" {
  as ann windows "put $home/short windows"
  smbcacls -s $home/client.conf //127.0.0.1/windows windows -U "ann%$word" -a 'ACL:carl:ALLOWED/0x0/READ'
  getfattr -n security.NTACL $home/shares/data/windows
  smbcacls -s $home/client.conf //127.0.0.1/windows windows -U "ann%$word" | grep -q 'carl:ALLOWED/0x0/READ'
}

@test "shares /tmp" {
  carries ann tmp /tmp
}

# bats test_tags=option:private
@test "answers private networks, and no others" {
  local at
  for at in 10.99.0.10/24 172.16.99.10/24 192.168.99.10/24 fd00:99::10/64; do
    ip address replace $at dev lan0
    AT=${at%/*} eventually as ann data ls
  done
  at=$(ip -6 -o address show dev lan0 scope link | awk '{ sub("/.*", "", $4); print $4 }')
  smbclient //fenced/data -s $home/client.conf -I "$at%lan0" -U "ann%$word" -c ls
  AT=192.0.2.10 run ! as ann data ls
  AT=2001:db8::10 run ! as ann data ls
}

# bats test_tags=option:no-home
@test "reaches nothing below /home" {
  run ! as ann all "get ann/own $home/back"
  answers
}

@test "may note logins in the audit log, without which PAM turns everybody away where the kernel keeps one" {
  # Here it keeps none, so that this asks for the right alone, which is the 29th.
  [ $((16#$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$(main_pid)/status") >> 29 & 1)) = 1 ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 30 systemctl stop "$UNIT"
  ended_well
  [ -z "$(processes)" ]
  run ! answers
  restart
  eventually answers
}
