import { tablesOf } from './tables.ts'

/** By number: CAP_CHOWN is 0. */
export const capabilities: string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE ' +
  'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO ' +
  'SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME ' +
  'SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG ' +
  'WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
)
  .split(' ')
  .map((name) => `CAP_${name}`)

/** The families with a row of their own come first. */
export const addressFamilies: string[] = (
  'INET INET6 UNIX NETLINK PACKET ALG APPLETALK ASH ATMPVC ATMSVC AX25 BLUETOOTH BRIDGE CAIF CAN ' +
  'DECnet ECONET IB IEEE802154 IPX IRDA ISDN IUCV KCM KEY LLC MCTP MPLS NETBEUI NETROM NFC PHONET ' +
  'PPPOX QIPCRTR RDS ROSE RXRPC SECURITY SMC SNA TIPC VSOCK WANPIPE X25 XDP LOCAL FILE ROUTE'
)
  .split(' ')
  .map((name) => `AF_${name}`)

/** Other names of the same family. */
export const familyAliases: Record<string, string> = {
  AF_LOCAL: 'AF_UNIX',
  AF_FILE: 'AF_UNIX',
  AF_ROUTE: 'AF_NETLINK',
}

export const namespaceTypes: string[] = [
  'user',
  'mnt',
  'ipc',
  'pid',
  'cgroup',
  'net',
  'uts',
  'time',
]

/** The newest systemd's; loongarch64 is known from 255. */
export const architectures: string[] = (
  'native x86 x86-64 x32 arm arm64 loongarch64 mips mips64 mips64-n32 mips-le mips64-le ' +
  'mips64-le-n32 parisc parisc64 ppc ppc64 ppc64-le riscv64 s390 s390x'
).split(' ')

/** Every system call that the groups of a version name, whatever the architecture. */
export function syscallsOf(systemd: number | string): string[] {
  return [...tablesOf(systemd).calls].sort()
}

/** Each group's system calls, nested groups replaced by theirs. */
export function syscallGroupsOf(systemd: number | string): Record<string, string[]> {
  return Object.fromEntries(tablesOf(systemd).groups)
}
