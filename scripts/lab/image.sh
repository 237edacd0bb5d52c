# Runs once on a fresh platform root, given as $1.
set -eu
cd "$1"

# A given identity: systemd would take an empty one for a first boot and enable units by preset.
echo 6d6163686966656e6365646c6162303a >etc/machine-id
rm -f var/lib/dbus/machine-id
echo fenced >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 fenced\n::1 localhost ip6-localhost ip6-loopback\n' >etc/hosts
rm -f etc/resolv.conf
: >etc/resolv.conf

# Nothing of the host's kernel to write to, no login prompt, and no timer that fires in the middle of a probe.
for unit in sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount console-getty.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer logrotate.timer systemd-tmpfiles-clean.timer \
  fstrim.timer e2scrub_all.timer; do
  ln -sf /dev/null "etc/systemd/system/$unit"
done

# An address that is this machine's own and yet not loopback. Not every kernel has the dummy device.
cat >etc/systemd/system/lan0.service <<'UNIT'
[Unit]
Description=Interface lan0 with an address of its own
DefaultDependencies=no
Before=network-pre.target sysinit.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=sh -c 'ip link add lan0 type dummy 2>/dev/null || { ip link add lan0 type veth peer name lan0peer; ip link set lan0peer up; }'
ExecStart=ip address add 192.0.2.10/24 dev lan0
ExecStart=ip address add 2001:db8::10/64 dev lan0 nodad
ExecStart=ip link set lan0 up
[Install]
WantedBy=sysinit.target
UNIT
mkdir -p etc/systemd/system/sysinit.target.wants
ln -sf ../lan0.service etc/systemd/system/sysinit.target.wants/lan0.service

# Tells two builds of the same recipe apart.
cat /proc/sys/kernel/random/uuid >etc/fenced-image
