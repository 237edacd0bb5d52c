# Somebody else on the same machine, for a service to break in on: files, a home, a process, all of uid $NEIGHBOUR. Prints its process id.
set -eu
uid=$NEIGHBOUR
mkdir -p /run/fenced /home/neighbour /srv/neighbour
install -d -m 700 -o "$uid" -g "$uid" /var/lib/neighbour
echo private >/home/neighbour/letter
echo private >/var/lib/neighbour/data
chown "$uid:$uid" /var/lib/neighbour/data
chmod 600 /var/lib/neighbour/data
: >/srv/neighbour/file
chown "$uid:$uid" /srv/neighbour/file
install -m 4755 -o "$uid" -g "$uid" /usr/bin/id /srv/neighbour/id
: >/tmp/fenced-neighbour
[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod -m 666 /dev/net/tun c 10 200; }
ip address replace 169.254.169.254/32 dev lan0
systemctl --quiet is-active fenced-neighbour ||
  systemd-run --quiet --collect --unit=fenced-neighbour \
    setpriv --reuid="$uid" --regid="$uid" --clear-groups bash -c 'exec -a fenced-neighbour sleep infinity'
# It takes a moment until the name is there to be seen.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  pid=$(systemctl show -p MainPID --value fenced-neighbour)
  ! tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q '^fenced-neighbour infinity' || break
  sleep 0.05
done
echo "$pid"
