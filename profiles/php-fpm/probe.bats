#!/usr/bin/env bats
# What php-fpm must still do. Runs as root inside a booted machine; the lab sets UNIT.

bats_require_minimum_version 1.5.0

fpm=${UNIT%.service}
version=${fpm#php}
version=${version%-fpm}
config=/etc/php/$version/fpm
log=/var/log/$fpm.log
web=/var/www/fenced

eventually() {
  local end=$((SECONDS + 8))
  while ((SECONDS <= end)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  echo "waited 8 seconds for: $*"
  return 1
}

# page SOCKET SCRIPT [NAME=VALUE...]: what the script prints, asked for as a web server would
page() {
  runuser -u www-data -- env -i -C / REQUEST_METHOD=GET "${@:3}" "SCRIPT_FILENAME=$2" \
    timeout 8 cgi-fcgi -bind -connect "$1" | tr -d '\r' | sed '1,/^$/d'
}

# php SNIPPET [NAME=VALUE...]: the snippet, run by the first pool
php() {
  mkdir -p "$web"
  echo "<?php $1" >"$web/$BATS_TEST_NUMBER.php"
  page "/run/php/$fpm.sock" "$web/$BATS_TEST_NUMBER.php" "${@:2}"
}

answers() { [ "$(php 'echo 6 * 7;')" = 42 ]; }
is() { [ "$(php "$1")" = "$2" ]; }
main_pid() { systemctl show -p MainPID --value "$UNIT"; }

restart() {
  systemctl reset-failed "$UNIT" || true
  systemctl restart "$UNIT"
  eventually answers
}

pool() {
  cat <<END
[second]
user = alice
group = alice
listen = /run/php/second.sock
listen.owner = www-data
listen.group = www-data
pm = ondemand
pm.max_children = 3
pm.process_idle_timeout = 1s
request_terminate_timeout = 3s
access.log = /var/log/php-fenced-access.log
pm.status_path = /status
env[STAGE] = $1
[caged]
user = www-data
group = www-data
listen = /run/php/caged.sock
listen.owner = www-data
pm = ondemand
pm.max_children = 1
chroot = /srv/fenced-cage
[network]
user = www-data
group = www-data
listen = [::]:9074
listen.allowed_clients = 127.0.0.1,::1,192.0.2.10
pm = static
pm.max_children = 1
slowlog = /var/log/php-fenced-slow.log
request_slowlog_timeout = 1s
$2
END
}

# The pools as they are, with more at the end, until the check is over.
add_pool() {
  pool first "$(printf '%s\n' "[more]" "user = $1" "group = $1" 'listen = /run/php/more.sock' 'listen.owner = www-data' \
    'pm = static' 'pm.max_children = 1' "${@:2}")" >"$config/pool.d/zz-fenced.conf"
  restart
}

setup_file() {
  id alice >/dev/null 2>&1 || useradd --create-home alice
  mkdir -p "$web" /srv/fenced-cage
  # Whichever mail server there is delivers what is meant for this machine.
  if [ -e /etc/postfix/main.cf ]; then
    postconf -e 'mydestination = localhost' 'inet_interfaces = loopback-only'
    systemctl start postfix.service
  fi
  install -d -o www-data -g www-data /var/www/fenced-app /srv/fenced /var/lib/fenced
  pool first >"$BATS_FILE_TMPDIR/pool"
  if ! cmp -s "$BATS_FILE_TMPDIR/pool" "$config/pool.d/zz-fenced.conf" || ! systemctl -q is-active "$UNIT"; then
    cp "$BATS_FILE_TMPDIR/pool" "$config/pool.d/zz-fenced.conf"
    restart || true
  fi
}

# What a check has added is out of the way of the next one, even if it failed.
teardown() {
  cmp -s <(pool first) "$config/pool.d/zz-fenced.conf" && [ ! -e "$config/conf.d/90-fenced.ini" ] && return
  pool first >"$config/pool.d/zz-fenced.conf"
  rm -f "$config/conf.d/90-fenced.ini"
  restart
}

@test "runs a script as www-data, through the socket that the web server opens" {
  is 'echo posix_getpwuid(posix_geteuid())["name"], " ", $_SERVER["REQUEST_METHOD"];' 'www-data GET'
  [ "$(stat -c '%U:%G %a' "/run/php/$fpm.sock")" = 'www-data:www-data 660' ]
}

@test "keeps /run/php/php-fpm.sock leading to its socket" {
  if [ "$PLATFORM" = debian-sid ]; then skip "its own unit makes /etc read-only, and so does without the link"; fi
  # As on a machine where it has never run.
  update-alternatives --quiet --remove-all php-fpm.sock
  restart
  [ "$(readlink -f /run/php/php-fpm.sock)" = "/run/php/$fpm.sock" ]
  echo '<?php echo "ok";' >"$web/link.php"
  [ "$(page /run/php/php-fpm.sock "$web/link.php")" = ok ]
}

@test "runs a second pool as another user, with its own groups" {
  echo '<?php echo posix_getpwuid(posix_geteuid())["name"], " ", implode(",", posix_getgroups()) ;' >"$web/who.php"
  [ "$(page /run/php/second.sock "$web/who.php")" = "alice $(id -G alice | tr ' ' ,)" ]
}

@test "runs a pool in a chroot" {
  echo '<?php echo getcwd(), " ", file_exists("/etc") ? "open" : "shut";' >/srv/fenced-cage/where.php
  [ "$(page /run/php/caged.sock /where.php)" = '/ shut' ]
}

@test "shows the status of a pool" {
  # A pool that has just begun anew may not answer the first time.
  eventually shows_status
}

shows_status() { [[ $(page /run/php/second.sock /status SCRIPT_NAME=/status) == *'pool:'*second*'accepted conn:'* ]]; }

@test "answers over the network, IPv4 and IPv6" {
  echo '<?php echo $_SERVER["REMOTE_ADDR"] ?? "?";' >"$web/net.php"
  [ "$(page 127.0.0.1:9074 "$web/net.php" REMOTE_ADDR=192.0.2.77)" = 192.0.2.77 ]
  [ "$(page localhost:9074 "$web/net.php" REMOTE_ADDR=here)" = here ]
}

@test "takes an upload through /tmp" {
  head -c 300000 /dev/urandom | base64 -w 0 >"$BATS_TEST_TMPDIR/file"
  {
    printf -- '--cut\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    cat "$BATS_TEST_TMPDIR/file"
    printf '\r\n--cut--\r\n'
  } >"$BATS_TEST_TMPDIR/body"
  cat >"$web/upload.php" <<'END'
<?php
$to = "/var/www/fenced-app/uploaded";
echo dirname($_FILES["f"]["tmp_name"]), " ", move_uploaded_file($_FILES["f"]["tmp_name"], $to) ? "moved" : "lost";
END
  run -0 env -i REQUEST_METHOD=POST CONTENT_TYPE='multipart/form-data; boundary=cut' \
    "CONTENT_LENGTH=$(stat -c %s "$BATS_TEST_TMPDIR/body")" "SCRIPT_FILENAME=$web/upload.php" \
    timeout 8 cgi-fcgi -bind -connect "/run/php/$fpm.sock" <"$BATS_TEST_TMPDIR/body"
  [[ $output == *'/tmp moved'* ]]
  cmp "$BATS_TEST_TMPDIR/file" /var/www/fenced-app/uploaded
}

@test "keeps a session from one request to the next" {
  snippet='session_id("fencedsession1"); session_start(); $_SESSION["n"] = ($_SESSION["n"] ?? 0) + 1; echo $_SESSION["n"];'
  rm -f /var/lib/php/sessions/sess_fencedsession1
  is "$snippet" 1
  is "$snippet" 2
  [ "$(stat -c '%U %a' /var/lib/php/sessions/sess_fencedsession1)" = 'www-data 600' ]
}

@test "updates an application below /var/www" {
  is '$d = "/var/www/fenced-app/plugin"; is_dir($d) || mkdir($d); file_put_contents("$d/new.php", "<?php echo 5;"); include "$d/new.php";' 5
}

@test "writes where other applications keep their data" {
  for place in /srv/fenced /var/lib/fenced; do
    is "echo file_put_contents('$place/data', 'x');" 1
  done
}

@test "leaves files that the web server can read, whichever user the pool has" {
  install -d -o alice -g alice /var/www/alice
  echo '<?php file_put_contents("/var/www/alice/page.html", "hello"); echo "ok";' >"$web/leave.php"
  rm -f /var/www/alice/page.html
  [ "$(page /run/php/second.sock "$web/leave.php")" = ok ]
  [ "$(runuser -u www-data -- cat /var/www/alice/page.html)" = hello ]
}

@test "makes directories that hand their group on, as Moodle and TYPO3 do" {
  rm -rf /var/www/fenced-app/shared
  is 'umask(0); $d = "/var/www/fenced-app/shared"; mkdir($d, 02775) && chmod($d, 02775); printf("%o", fileperms($d) & 07777);' 2775
}

@test "compiles regular expressions" {
  is 'ini_set("display_errors", "1"); echo ini_get("pcre.jit"), preg_match("/^(a+|b*)+(?=c)./", "aabbc");' 11
}

@test "compiles scripts to machine code with opcache.jit" {
  printf '%s\n' 'opcache.jit = tracing' 'opcache.jit_buffer_size = 8M' >"$config/conf.d/90-fenced.ini"
  restart
  cat >"$web/hot.php" <<'END'
<?php
function left() { return opcache_get_status(false)["jit"]["buffer_free"]; }
function sum() { for ($i = $n = 0; $i < 300000; $i++) $n += $i % 7; return $n; }
$before = left();
echo sum(), left() < $before ? " compiled" : " interpreted";
END
  touch -d '1 hour ago' "$web/hot.php"
  [ "$(page "/run/php/$fpm.sock" "$web/hot.php")" = '899997 compiled' ]
}

@test "keeps compiled scripts in the opcache" {
  echo '<?php echo opcache_is_script_cached(__FILE__) ? "cached" : "not yet";' >"$web/cached.php"
  touch -d '1 hour ago' "$web/cached.php"
  eventually cached
}

cached() { [ "$(page "/run/php/$fpm.sock" "$web/cached.php")" = cached ]; }

@test "starts other programs" {
  is 'echo trim(shell_exec("id -un | tr a-z A-Z"));' WWW-DATA
  is '$p = proc_open(["sort"], [["pipe", "r"], ["pipe", "w"]], $pipes); fwrite($pipes[0], "b\na\n"); fclose($pipes[0]); echo trim(fgets($pipes[1]));' a
}

@test "starts programs that leave others the precedence" {
  is 'echo trim(shell_exec("nice -n 5 nice; ionice -c 3 echo idle; taskset -c 0 echo one"));' $'5\nidle\none'
}

@test "finds a job again that it has left running" {
  snippet='$pid = trim(shell_exec("sleep 20 >/dev/null 2>&1 & echo $!")); $found = explode("\n", shell_exec("pgrep -u www-data -x sleep"));'
  is "$snippet"' echo in_array($pid, $found) && posix_kill($pid, 15) ? "found" : "lost";' found
}

@test "runs a command through sudo" {
  echo 'www-data ALL=(root) NOPASSWD: /usr/bin/id, /usr/bin/grep' >/etc/sudoers.d/fenced
  is 'echo trim(shell_exec("sudo -n id -un 2>&1"));' root
  # Where the kernel keeps an audit log, sudo ends if it may not write there. Here it keeps none, so this asks for the right, the 29th.
  is 'echo hexdec(substr(trim(shell_exec("sudo -n grep CapBnd /proc/self/status")), -8)) >> 29 & 1;' 1
}

@test "sends mail through sendmail" {
  local mark=$RANDOM$RANDOM
  is "echo mail('www-data@localhost', 'fenced $mark', 'hello') ? 'sent' : 'refused';" sent
  eventually grep -q "^Subject: fenced $mark" /var/mail/www-data
}

@test "asks a database over a unix socket" {
  rm -f /run/fenced-database.sock
  perl -MIO::Socket::UNIX -e 'umask 0; my $s = IO::Socket::UNIX->new(Local => shift, Listen => 1) or die; alarm 8; print { $s->accept } "ready\n"' \
    /run/fenced-database.sock 3>&- &
  eventually test -S /run/fenced-database.sock
  is 'echo trim(fgets(fsockopen("unix:///run/fenced-database.sock")));' ready
}

@test "asks other machines" {
  printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nfrom afar' | timeout 8 nc -l -N 192.0.2.10 8074 >/dev/null 3>&- &
  eventually is 'echo @file_get_contents("http://192.0.2.10:8074/", false, stream_context_create(["http" => ["timeout" => 2]]));' 'from afar'
}

@test "tells the machine's load, memory and network interfaces" {
  is 'echo count(sys_getloadavg());' 3
  is 'echo preg_match("/^MemTotal: +[1-9]/", file_get_contents("/proc/meminfo"));' 1
  is 'echo isset(net_get_interfaces()["lo"]) ? "lo" : "none";' lo
}

@test "writes to the system's log" {
  is 'openlog("fenced-page", 0, LOG_USER); echo syslog(LOG_NOTICE, "from a page") ? 1 : 0;' 1
  eventually logged
}

logged() { journalctl -t fenced-page --output cat --lines 5 | grep -q 'from a page'; }

@test "ends a request that takes too long" {
  echo '<?php sleep(30); echo "late";' >"$web/slow.php"
  start=$SECONDS
  run page /run/php/second.sock "$web/slow.php"
  [[ $output != *late* ]]
  [ $((SECONDS - start)) -lt 15 ]
  eventually grep -q 'execution timed out' "$log"
}

@test "takes up new settings on reload" {
  echo '<?php echo getenv("STAGE");' >"$web/stage.php"
  before=$(main_pid)
  pool later >"$config/pool.d/zz-fenced.conf"
  systemctl reload "$UNIT"
  eventually staged later
  pool first >"$config/pool.d/zz-fenced.conf"
  systemctl reload "$UNIT"
  eventually staged first
  eventually answers
  [ "$(main_pid)" = "$before" ]
}

staged() { [ "$(page /run/php/second.sock "$web/stage.php")" = "$1" ]; }

@test "writes its logs, also after logrotate has run twice" {
  sed "s|^/var/log/$fpm.log|/var/log/$fpm.log /var/log/php-fenced-access.log|" "/etc/logrotate.d/$fpm" >"$BATS_TEST_TMPDIR/rotate"
  chmod 644 "$BATS_TEST_TMPDIR/rotate"
  for _ in 1 2; do
    eventually served_and_logged
    logrotate --force "$BATS_TEST_TMPDIR/rotate"
    eventually test -s "$log"
  done
  eventually served_and_logged
}

served_and_logged() {
  page /run/php/second.sock "$web/who.php" >/dev/null
  [ -s /var/log/php-fenced-access.log ]
}

@test "keeps an access log in a directory of the pool's user" {
  install -d -m 700 -o alice -g alice /var/log/fenced-alice
  rm -f /var/log/fenced-alice/access.log
  add_pool alice 'access.log = /var/log/fenced-alice/access.log'
  page /run/php/more.sock "$web/who.php"
  eventually test -s /var/log/fenced-alice/access.log
}

@test "comes back from a restart with its sessions" {
  php 'session_id("fencedsession2"); session_start(); $_SESSION["kept"] = "yes";'
  restart
  is 'session_id("fencedsession2"); session_start(); echo $_SESSION["kept"];' yes
}

# bats test_tags=option:home
@test "serves and changes a site in a home directory" {
  install -d -o alice -g alice /home/alice/site
  echo '<?php echo file_put_contents(__DIR__ . "/data", "x");' >/home/alice/site/page.php
  [ "$(page /run/php/second.sock /home/alice/site/page.php)" = 1 ]
  [ "$(cat /home/alice/site/data)" = x ]
}

# bats test_tags=option:tmp
@test "shares files in /tmp with other programs" {
  echo here >/tmp/fenced-in
  rm -f /tmp/fenced-out
  is 'file_put_contents("/tmp/fenced-out", "there"); echo trim(file_get_contents("/tmp/fenced-in"));' here
  [ "$(cat /tmp/fenced-out)" = there ]
}

# bats test_tags=option:slowlog
@test "writes down where a slow script is" {
  rm -f /var/log/php-fenced-slow.log
  systemctl reload "$UNIT"
  eventually answers
  echo '<?php function dawdle() { sleep(3); echo "late"; } dawdle();' >"$web/dawdle.php"
  [ "$(page 127.0.0.1:9074 "$web/dawdle.php")" = late ]
  grep -q 'dawdle()' /var/log/php-fenced-slow.log
}

# bats test_tags=option:priority
@test "gives a pool precedence" {
  add_pool alice 'process.priority = -5'
  echo '<?php echo trim(shell_exec("nice"));' >"$web/nice.php"
  [ "$(page /run/php/more.sock "$web/nice.php")" = -5 ]
}

# bats test_tags=option:ping
@test "pings another machine with a raw socket" {
  is 'echo strpos(shell_exec("fping -c 1 127.0.0.1 2>&1"), "1/1/0%") ? "there" : "away";' there
}

# bats test_tags=option:browser
@test "starts a program that sandboxes itself" {
  is 'echo trim(shell_exec("unshare --user --pid --net --fork echo shut 2>&1"));' shut
}

# bats test_tags=option:monitor
@test "shows the processes of others" {
  is 'echo trim(file_get_contents("/proc/1/comm"));' systemd
}

# Last: the others need it running.
@test "stops cleanly and leaves nothing behind" {
  systemctl stop "$UNIT"
  [ "$(systemctl show -p Result --value "$UNIT")" = success ]
  run ! pgrep -f '^php-fpm'
  [ ! -e "/run/php/$fpm.sock" ]
  [ ! -e /run/php/second.sock ]
  [ ! -e "/run/php/$fpm.pid" ]
  systemctl reset-failed "$UNIT" || true
  systemctl start "$UNIT"
  eventually answers
}
