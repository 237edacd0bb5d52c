# What a machine knows of a service that nobody has written about yet. In the environment: PACKAGES, and UNIT once it is known.
set -u

# The services that the packages bring, aliases aside.
list_units() {
  # shellcheck disable=SC2086 # one word a package
  dpkg -L $PACKAGES | grep -E '/systemd/system/[^/]+\.service$' | while read -r path; do
    [ -h "$path" ] || basename "$path"
  done | sort -u
}

# A line Key=value each; some keys come more than once.
print_facts() {
  local group pids again sockets=
  systemctl restart "$UNIT" >/dev/null 2>&1 && echo Started=yes
  systemctl show -p Type -p ExecReload -p User -p DynamicUser "$UNIT"
  group=/sys/fs/cgroup$(systemctl show -p ControlGroup --value "$UNIT")
  for _ in 1 2 3 4 5 6; do
    again=$sockets
    pids=$(processes)
    sockets=$(ss -Hlntup; ss -Hlxp)
    [ "$sockets" = "$again" ] && [ "$pids" = "$(sleep 1; processes)" ] && echo Steady=yes && break
    sleep 1
  done
  for pid in $pids; do
    echo "Process=$pid $(ps -o user:64= -p "$pid")"
    find "/proc/$pid/fd" \( -lname '/var/*' -o -lname '/run/*' \) ! -lname '* (deleted)' -printf 'Open=%l\n' 2>/dev/null
  done
  printf '%s\n' "$sockets" | sed 's/^/Socket=/'
  print_package
}

processes() {
  [ "$group" = /sys/fs/cgroup ] || find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -n
}

# The first package is what the service is called after; the unit may come with another one.
print_package() {
  local owner path
  path=$(systemctl show -p FragmentPath --value "$UNIT")
  owner=$(dpkg -S "$path" "${path#/usr}" 2>/dev/null | head -n 1 | cut -d : -f 1)
  # shellcheck disable=SC2086 # one word a package
  dpkg-query -W -f='Section=${Section}\nHomepage=${Homepage}\nSynopsis=${binary:Summary}\n' ${owner:-} $PACKAGES
  # shellcheck disable=SC2086
  dpkg -L $PACKAGES ${owner:-} | sed -n 's/^/Rotation=/; /^Rotation=\/etc\/logrotate\.d\/./p' | sort -u
}
