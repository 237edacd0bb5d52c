#!/usr/bin/env bats
# What munin-node must still do. Runs as root inside a booted machine; the lab sets UNIT and PLATFORM.
# shellcheck disable=SC2016 # plugins stand here as they are

load probe

conf=/etc/munin/munin-node.conf
plugins=/etc/munin/plugins
rights=/etc/munin/plugin-conf.d/zzz-fenced-probe
home=/srv/fenced-probe
log=/var/log/munin/munin-node.log

# ask COMMAND...: all that the node says to this, at HOST and PORT
ask() {
  exec 9<>"/dev/tcp/${HOST-127.0.0.1}/${PORT-4949}" || return 1
  printf '%s\n' "$@" quit >&9 2>/dev/null || true
  timeout 60 cat <&9 || true
  exec 9>&-
}
# values PLUGIN...: their fields and values
values() { ask 'cap multigraph' "${@/#/fetch }" | grep -E '^(multigraph |[A-Za-z_]+[A-Za-z0-9_]*\.value )'; }
value() { values "$1" | sed -n "s/^${2-answer}\\.value //p"; }
answers() { [[ $(values load 2>/dev/null) =~ load\.value\ [0-9] ]]; }
logged() { grep -q -- "$1" "${2-$log}"; }

# plugin NAME RIGHTS...: a plugin, its text from standard input, and what stands in the configuration for it
plugin() {
  cat >"$plugins/$1"
  chmod 755 "$plugins/$1"
  printf '%s\n' "[$1]" "${@:2}" >>$rights
}

# configure LINE...: the package's settings, and these
configure() {
  (cat $home/package && printf '%s\n' "$@") >$conf
  restart
  eventually answers
}

setup_file() {
  mkdir -p $home
  [ -e $home/package ] || cp -p $conf $home/package
  [ -e $home/plugins ] || ls $plugins >$home/plugins
  id fenced || useradd -r -G games fenced
  rm -f $rights
  for name in buddyinfo cpuspeed df_abs fw_conntrack iostat iostat_ios meminfo munin_stats netstat netstat_multi proc tcp; do
    ln -sf /usr/share/munin/plugins/$name $plugins/$name
  done
  for name in if_lo if_err_lo ip_192.0.2.77 ping_127.0.0.1 ps_fencedsleep psu_root; do
    ln -sf "/usr/share/munin/plugins/${name%_*}_" $plugins/$name
  done
  configure
  cp $conf $home/settings
}

# What a test has changed is out of the way of the next one, even if it failed.
teardown() {
  exec 9>&-
  systemctl stop fenced-free 2>/dev/null || true
  if mountpoint -q /srv/fenced-volume; then umount /srv/fenced-volume; fi
  iptables -D INPUT -d 192.0.2.77 -j ACCEPT 2>/dev/null || true
  iptables -D OUTPUT -s 192.0.2.77 -j ACCEPT 2>/dev/null || true
  pkill -x fencedsleep || true
  if cmp -s $conf $home/settings && [ ! -e $rights ] && [ "$BATS_TEST_COMPLETED" ]; then return; fi
  rm -f $plugins/fenced_* $rights
  configure
}

teardown_file() {
  cp $home/package $conf
  for name in "$plugins"/*; do grep -qx "${name##*/}" $home/plugins || rm "$name"; done
}

@test "names its plugins, and tells the load, over IPv4 and IPv6" {
  ask list | grep -qE '\bcpu\b.*\bload\b.*\bmemory\b'
  [[ $(ask 'config load') == *'graph_title Load average'* ]]
  [[ $(HOST=::1 ask 'fetch load') =~ load\.value\ [0-9.]+ ]]
  [[ $(value uptime uptime) =~ ^[0-9.]+$ ]]
}

# free: another node, without any of the unit's walls, on port 4950
free() {
  sed 's/^port .*/port 4950/; s|^log_file .*|log_file /run/fenced-free.log|; s|^pid_file .*|pid_file /run/fenced-free.pid|' $conf >$home/free.conf
  systemctl reset-failed fenced-free 2>/dev/null || true
  systemd-run -q --unit fenced-free /usr/sbin/munin-node --foreground --config $home/free.conf
  PORT=4950 eventually answers
}

@test "tells of every plugin what a node without walls tells" {
  # Some tell what has changed since the last time, and nothing at the first; the start of the other node is time enough.
  values diskstats iostat iostat_ios >/dev/null || true
  free
  local all
  # In a view of its own of the file system the plugins df* count other mounts; another test looks at those.
  mapfile -t all < <(ask 'cap multigraph' list | grep -v '^[#c]' | tr ' ' '\n' | grep -v '^df\|^$')
  [ "${#all[@]}" -gt 30 ]
  values "${all[@]}" >$home/inside
  PORT=4950 values "${all[@]}" >$home/outside
  grep -c value $home/outside
  [ "$(grep -c value $home/outside)" -gt 150 ]
  diff <(sed 's/\.value .*[0-9].*/ has a number/' $home/outside) <(sed 's/\.value .*[0-9].*/ has a number/' $home/inside)
  # Counters have gone on between the two, and a sudden load may have passed; what is quite another figure was read from elsewhere.
  paste -d ' ' $home/outside $home/inside | awk '$1 ~ /value$/ && $2 + 0 == $2 && $4 + 0 == $4 {
    apart = $2 > $4 ? $2 - $4 : $4 - $2; most = $2 > $4 ? $2 : $4
    if (most > 1000 && apart > most / 2) { print; wrong++ }
  } END { exit wrong > 2 }'
}

@test "tells how full each disk is, also of one that is mounted while it runs" {
  mkdir -p /srv/fenced-volume
  mount -t tmpfs -o size=1M fenced /srv/fenced-volume
  head -c 524288 /dev/zero >/srv/fenced-volume/half
  values df df_abs
  [ "$(value df fenced | cut -d. -f1)" = 50 ]
  [ "$(value df_abs fenced__srv_fenced_volume)" = 512 ]
  [[ $(value df_inode fenced) =~ ^[0-9.e-]+$ ]]
}

@test "counts the processes of everybody" {
  cp /bin/sleep /usr/local/bin/fencedsleep
  for user in root fenced; do setpriv --reuid $user --clear-groups fencedsleep 300 3>&- 9>&- & done
  eventually both_sleep
  [ "$(value ps_fencedsleep count)" = 2 ]
  [ "$(value processes processes)" -gt $(($(ps -e --no-headers | wc -l) / 2)) ]
}
both_sleep() { [ "$(pgrep -cx fencedsleep)" = 2 ]; }

@test "looks into the processes of others as root" {
  cp /bin/sleep /usr/local/bin/fencedsleep
  setpriv --reuid fenced --clear-groups fencedsleep 300 3>&- 4<$home/package 9>&- &
  eventually pgrep -x fencedsleep
  plugin fenced_inside 'user root' <<'EOF'
#!/bin/sh
pid=$(pgrep -x fencedsleep)
echo "files.value $(ls -l /proc/$pid/fd | grep -c fenced-probe)"
echo "memory.value $(grep -c ^Pss: /proc/$pid/smaps)"
EOF
  configure
  [ "$(value fenced_inside files)" = 1 ]
  [ "$(value fenced_inside memory)" -gt 3 ]
}

@test "runs each plugin as the user and with the groups that it is to have" {
  for name in nobody root user group; do
    case $name in
    nobody) set -- 'env.word quite' ;;
    root) set -- 'user root' ;;
    user) set -- 'user fenced' ;;
    group) set -- 'group games, adm, (fenced-missing)' 'env.word set' ;;
    esac
      plugin fenced_as_$name "$@" <<<'#!/bin/sh
echo "user.value $(id -un)"; echo "groups.value $(id -Gn)"; echo "word.value $word"'
  done
  configure
  local all
  all=$(ask 'fetch fenced_as_nobody' 'fetch fenced_as_root' 'fetch fenced_as_user' 'fetch fenced_as_group')
  echo "$all"
  [ "$(grep user.value <<<"$all" | cut -d ' ' -f 2 | paste -s)" = "$(printf 'nobody\troot\tfenced\tnobody')" ]
  [[ $(grep groups.value <<<"$all" | tail -n 1) == *adm* ]]
  [[ $(grep groups.value <<<"$all" | tail -n 1) == *games* ]]
  [ "$(grep -c 'word.value \(quite\|set\)' <<<"$all")" = 2 ]
}

@test "reads logs that the group adm may read" {
  local name
  name=$(fresh)
  install -m 640 -g adm /dev/null /var/log/fenced-probe.log
  printf '%s\n' "$name" other "$name" >>/var/log/fenced-probe.log
  plugin fenced_log 'group adm' <<<"#!/bin/sh
echo answer.value \$(grep -c $name /var/log/fenced-probe.log)"
  configure
  [ "$(value fenced_log)" = 2 ]
  rm /var/log/fenced-probe.log
}

@test "reads as root what belongs to others, and asks their services" {
  rm -rf $home/private
  install -d -m 700 -o fenced $home/private
  install -m 600 -o fenced /etc/hostname $home/private/file
  setpriv --reuid fenced --clear-groups perl -MIO::Socket::UNIX -e '
    umask 077;
    my $all = IO::Socket::UNIX->new(Local => "/srv/fenced-probe/private/socket", Listen => 1) or die $!;
    alarm 40; while (my $one = $all->accept) { print $one "42\n" }' 3>&- 9>&- &
  plugin fenced_private 'user root' <<'EOF'
#!/bin/sh
echo "file.value $(wc -l </srv/fenced-probe/private/file)"
echo "answer.value $(perl -MIO::Socket::UNIX -e 'print readline(IO::Socket::UNIX->new("/srv/fenced-probe/private/socket"))')"
echo "units.value $(systemctl show -p NFailedUnits --value)"
echo "journal.value $(journalctl -q -n 3 -o cat | wc -l)"
EOF
  configure
  [ "$(value fenced_private)" = 42 ]
  kill $!
  [ "$(value fenced_private file)" = 1 ]
  [[ $(value fenced_private units) =~ ^[0-9]+$ ]]
  [ "$(value fenced_private journal)" -ge 3 ]
}

@test "counts what passes the firewall" {
  iptables -I INPUT -d 192.0.2.77 -j ACCEPT
  iptables -I OUTPUT -s 192.0.2.77 -j ACCEPT
  [ "$(values ip_192.0.2.77 | sort | paste -s -d ' ')" = 'in.value 0 out.value 0' ]
}

@test "pings" {
  # The package of ping gives it the capability, which the lab's images do not keep.
  chmod u+s /usr/bin/ping
  [[ $(value ping_127.0.0.1 ping) =~ ^[0-9.e-]+$ ]]
  [ "$(value ping_127.0.0.1 packetloss)" = 0 ]
}

@test "asks the network's sockets and addresses of the kernel" {
  plugin fenced_net <<'EOF'
#!/bin/sh
echo "listens.value $(ss -Hltn sport = :4949 | wc -l)"
echo "answer.value $(ip -o address show | grep -c 'inet 192.0.2.10')"
EOF
  configure
  [ "$(value fenced_net)" = 1 ]
  [ "$(value fenced_net listens)" -ge 1 ]
}

@test "reads disks and other devices, as plugins for their health do" {
  # The lab has no disk; this one device is there, and no walls against devices would let it through.
  plugin fenced_device 'user root' <<'EOF'
#!/bin/sh
exec 5<>/dev/net/tun && echo answer.value 1
EOF
  configure
  [ "$(value fenced_device)" = 1 ]
}

@test "may send commands to disks of both kinds, as smartctl does" {
  # The lab has no disk, and no such right for anybody: this asks systemd for what it would give, for SCSI and SATA, and for NVMe.
  local given
  given=" $(systemctl show -p CapabilityBoundingSet --value "$UNIT") "
  [[ $given == *' cap_sys_rawio '* ]]
  [[ $given == *' cap_sys_admin '* ]]
}

@test "lets plugins ask for quotas" {
  # There are none here: this asks only whether the kernel has heard the question.
  plugin fenced_quota 'user root' <<'EOF'
#!/usr/bin/perl
use Errno;
my %number = (x86_64 => 179, aarch64 => 60);
chomp(my $machine = `uname -m`);
my $answer = syscall($number{$machine}, 0x800001 << 8, 0, 0, 0);
print "answer.value ", $answer == 0 || !$!{EPERM} ? 1 : 0, "\n";
EOF
  configure
  [ "$(value fenced_quota)" = 1 ]
}

@test "starts programs that take the rights of a group, as mailq does" {
  install -m 2755 -g mail /usr/bin/id /usr/local/bin/fenced-setgid
  plugin fenced_mailq <<<'#!/bin/sh
echo "answer.value $(/usr/local/bin/fenced-setgid -gn)"'
  configure
  [ "$(value fenced_mailq)" = mail ]
}

@test "starts plugins by another command, such as nice" {
  plugin fenced_nice 'command nice -n 5 ionice -c 3 %c' <<<'#!/bin/sh
echo "answer.value $(nice)"; echo "class.value $(ionice)"'
  configure
  [ "$(value fenced_nice)" = 5 ]
  [ "$(value fenced_nice class)" = idle ]
}

@test "ends a plugin that hangs, whoever it runs as, and goes on" {
  for user in nobody root fenced; do
    plugin fenced_hangs_$user "user $user" 'timeout 1' <<<'#!/bin/sh
[ "$1" != config ] || exec echo graph_title hangs
exec sleep 31'
  done
  configure
  local all
  all=$(SECONDS=0; timeout 25 bash -c 'exec 9<>/dev/tcp/127.0.0.1/4949
    printf "%s\n" "fetch fenced_hangs_nobody" "fetch fenced_hangs_root" "fetch fenced_hangs_fenced" "fetch load" quit >&9; cat <&9'; [ $SECONDS -lt 20 ])
  [ "$(grep -c '# Timed out' <<<"$all")" = 3 ]
  grep -q 'load.value' <<<"$all"
  eventually none_hangs
}
none_hangs() { ! pgrep -f 'sleep 31'; }

@test "keeps what plugins note for the next time, over a restart" {
  for user in nobody root fenced; do
    plugin fenced_counts_$user "user $user" <<<'#!/bin/sh
echo x >>"$MUNIN_STATEFILE"; echo "answer.value $(wc -l <"$MUNIN_STATEFILE")"'
  done
  rm -f /var/lib/munin-node/plugin-state/*/fenced_counts_*
  configure
  for user in nobody root fenced; do [ "$(value fenced_counts_$user)" = 1 ]; done
  restart
  eventually answers
  for user in nobody root fenced; do [ "$(value fenced_counts_$user)" = 2 ]; done
  [ "$(stat -c '%U' /var/lib/munin-node/plugin-state/*/fenced_counts_*)" = "$(printf 'fenced\nnobody\nroot')" ] ||
    [ "$(stat -c '%U' /var/lib/munin-node/plugin-state/*/fenced_counts_* | sort -u | wc -l)" = 3 ]
}

@test "lets plugins write files of their own" {
  rm -rf /var/cache/fenced-probe /var/lib/fenced-probe
  install -d -o fenced /var/cache/fenced-probe /var/lib/fenced-probe
  plugin fenced_writes 'user fenced' <<<'#!/bin/sh
for place in /var/cache/fenced-probe /var/lib/fenced-probe; do date >$place/file; done; echo answer.value 1'
  configure
  [ "$(value fenced_writes)" = 1 ]
  [ -s /var/cache/fenced-probe/file ] && [ -s /var/lib/fenced-probe/file ]
}

@test "tells many graphs in one, and values together with their setting" {
  plugin fenced_many <<'EOF'
#!/bin/sh
[ "$MUNIN_CAP_DIRTYCONFIG" = 1 ] && [ "$1" = config ] && echo graph_title many
echo multigraph fenced_many.one
echo answer.value 7
EOF
  configure
  ask 'cap multigraph dirtyconfig' 'config fenced_many' >$home/many
  grep -q '^multigraph fenced_many.one' $home/many
  grep -q '^graph_title many' $home/many
  grep -q '^answer.value 7' $home/many
}

@test "answers other machines that it is told to, and nobody else, over IPv4 and IPv6" {
  [[ $(HOST=192.0.2.10 ask 'fetch load') != *load.value* ]]
  configure 'allow ^192\.0\.2\.10$' 'allow ^2001:db8::10$'
  [[ $(HOST=192.0.2.10 ask 'fetch load') == *load.value* ]]
  [[ $(HOST=2001:db8::10 ask 'fetch load') == *load.value* ]]
}

@test "knows networks by their length" {
  configure 'cidr_allow 127.0.0.0/8' 'cidr_allow 192.0.2.0/28' 'cidr_deny 127.0.0.2/32'
  sed -i '/^allow/d' $conf
  restart
  eventually answers
  [[ $(HOST=192.0.2.10 ask 'fetch load') == *load.value* ]]
  [[ $(from 127.0.0.2) != *load.value* ]]
  [[ $(from 127.0.0.3) == *load.value* ]]
}
# from ADDRESS: what it tells one who calls from there
from() {
  perl -MIO::Socket::INET -e '$SIG{PIPE} = "IGNORE"; alarm 20;
    my $node = IO::Socket::INET->new(PeerAddr => "127.0.0.1:4949", LocalAddr => $ARGV[0]) or die;
    print $node "fetch load\nquit\n"; print <$node>' "$1"
}

@test "encrypts, with a key that only root may read" {
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=fenced -keyout $home/key -out $home/certificate 2>/dev/null
  (umask 077 && cat $home/key $home/certificate >/etc/munin/munin-node.pem)
  printf '%s\n' 'tls enabled' 'tls_private_key /etc/munin/munin-node.pem' 'tls_certificate /etc/munin/munin-node.pem' >>$conf
  restart
  eventually encrypted
  rm /etc/munin/munin-node.pem
  grep -q '^load.value' $home/encrypted
  grep -q TLSv $home/encrypted
  [[ $(ask 'fetch load') != *load.value* ]]
}
encrypted() {
  perl -MIO::Socket::SSL -e 'alarm 20;
    my $node = IO::Socket::INET->new(PeerAddr => "127.0.0.1:4949") or die "not there";
    <$node>; print $node "STARTTLS\n"; my $word = <$node>; $word =~ /TLS OK/ or die $word;
    IO::Socket::SSL->start_SSL($node, SSL_verify_mode => 0) or die $SSL_ERROR;
    print $node "fetch load\n"; print $node->get_sslversion, "\n";
    while (<$node>) { print; last if /^\./ }' >$home/encrypted
}

@test "lets munin-run show the same as the node itself" {
  plugin fenced_same 'user fenced' <<<'#!/bin/sh
echo "answer.value $(id -un)"; echo "rights.value $(sed -n "s/^CapBnd:[[:space:]]*//p" /proc/self/status)"'
  configure
  [ "$(munin-run fenced_same)" = "$(values fenced_same)" ]
  [ "$(value fenced_same)" = fenced ]
  munin-run memory | grep -q '^apps.value [0-9]'
  munin-run processes config | grep -q graph_title
}

@test "notes in its log who called, and what plugins complain about" {
  local name
  name=$(fresh)
  plugin fenced_complains <<<"#!/bin/sh
echo $name >&2; echo answer.value 1"
  configure
  [[ $(from 127.0.0.1) == *load.value* ]]
  ask 'fetch fenced_complains'
  eventually logged "$name"
  logged 'CONNECT TCP Peer: "\[::ffff:127.0.0.1\]'
}

@test "has its log rotated as the package does it" {
  local name again
  name=$(fresh)
  again=$(fresh)
  plugin fenced_complains <<<"#!/bin/sh
cat $home/word >&2; echo answer.value 1"
  echo "$name" >$home/word
  configure
  ask 'fetch fenced_complains'
  eventually logged "$name"
  # From here on it complains otherwise: a node that is started anew runs each plugin once.
  echo "$again" >$home/word
  logrotate --force /etc/logrotate.d/munin-node
  eventually answers
  zgrep -q "$name" $log.1*
  ask 'fetch fenced_complains'
  eventually logged "$again"
  run ! logged "$name"
}

@test "answers ten at once" {
  timeout 50 perl -MIO::Socket::INET -e '
    my @all = map { IO::Socket::INET->new("127.0.0.1:4949") or die "$_: $@" } 1 .. 10;
    print $_ "fetch load\nquit\n" for @all;
    for my $one (@all) { print grep { /load.value/ } <$one> }' >$home/ten
  [ "$(grep -c 'load.value' $home/ten)" = 10 ]
}

@test "runs as root, because plugins are to become others" {
  eventually only_root
  [ "$(stat -c %U /run/munin/munin-node.pid)" = root ]
  [ "$(stat -c %a /run/munin/munin-node.pid)" = 644 ]
  [ "$(cat /run/munin/munin-node.pid)" = "$(main_pid)" ]
}
only_root() { [ "$(users)" = root ]; }

@test "comes back after a crash" {
  local before
  before=$(main_pid)
  kill -KILL "$before"
  eventually is_another "$before"
  eventually answers
}

@test "says what is wrong with its settings, and does not start" {
  echo 'user nobody-of-this-name' >>$conf
  restart || true
  eventually logged 'nobody-of-this-name'
  run ! answers
}

# bats test_tags=option:local
@test "answers this machine alone" {
  configure 'allow ^192\.0\.2\.10$'
  answers
  [[ $(HOST=::1 ask 'fetch load') == *load.value* ]]
  run ! timeout 2 bash -c 'exec 9<>/dev/tcp/192.0.2.10/4949'
}

# bats test_tags=option:no-devices
@test "shows no devices to plugins" {
  plugin fenced_device 'user root' <<<'#!/bin/sh
echo "devices.value $(ls -d /dev/net/tun 2>/dev/null | wc -l)"; echo answer.value 1'
  configure
  [ "$(value fenced_device)" = 1 ]
  [ "$(value fenced_device devices)" = 0 ]
}

# bats test_tags=option:state-only
@test "lets plugins write their state and nothing else" {
  plugin fenced_writes 'user root' <<<'#!/bin/sh
date >"$MUNIN_STATEFILE" && echo answer.value 1; date >/var/lib/fenced-outside && echo outside.value 1'
  configure
  [ "$(value fenced_writes)" = 1 ]
  [ ! -e /var/lib/fenced-outside ]
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  timeout 20 systemctl stop "$UNIT"
  ended_well
  run ! answers
  [ -z "$(processes)" ]
  systemctl start "$UNIT"
  eventually answers
}
