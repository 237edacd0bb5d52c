/** Words for the generator, one a line where they hold blanks. */
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim())

export const booleans = 'yes no 1 0 true false on off y n t f YES No tRuE OFF'.split(' ')
export const oddBooleans = [
  '',
  'maybe',
  '2',
  'yes # x',
  '"yes"',
  'ye',
  'yes no',
  'enabled',
  'ＹＥＳ',
]

export const calls = (
  '@default @system-service @basic-io @file-system @known @sandbox @setuid @process @chown @ipc @aio @keyring @sync ' +
  'read write mount umount2 open_tree fsopen reboot kexec_load swapon swapoff ptrace perf_event_open bpf init_module ' +
  'delete_module finit_module ioperm iopl pciconfig_read settimeofday adjtimex clock_settime clock_adjtime chroot acct ' +
  'setpriority sched_setscheduler prlimit64 setrlimit nfsservctl uselib sysfs vm86 modify_ldt subpage_prot open_tree_attr ' +
  'pivot_root quotactl_fd setuid setresuid32 vhangup landlock_create_ruleset execve time64 afs_syscall'
).split(' ')
export const oddCalls = (
  '@System-Service @nothing nocall @ ~@clock read:EPERM mount: :EPERM reboot:5 @clock:kill swapon:EFOO read,write ' +
  '@mount:4096 @mount:0x10 @raw-io:ENOTSUP mount:EPERM:EPERM'
).split(' ')
export const errnos =
  'EPERM ENOSYS kill 0 1 4095 EWOULDBLOCK 0x5 010 EHWPOISON EDEADLOCK +1 -1 ENOTSUPP eperm Kill 0b1 4096 5x'.split(
    ' ',
  )

export const hosts = (
  'any any any localhost link-local multicast 127.0.0.1 127.0.0.0/8 ::1 ::1/128 127.1.2.3/16 10.0.0.0/8 0.0.0.0/0 ::/0 ' +
  '1.2.3.4/0 fe80::/64 2001:db8::1 ::ffff:127.0.0.1 192.168.0.0/16 ::5/0 126.0.0.0/7 LocalHost localhost. x.localhost'
).split(' ')
export const oddHosts = (
  'ANY 1.2.3 01.2.3.4 1.2.3.4/33 ::1/129 [::1] fe80::1%lo ::/0x0 0.0.0.0/00 /0 1.2.3.4/ 0.0.0.0/+0 ::/-0 ::: 1::2::3 ' +
  '1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::1.2.3.4 0.0.0.0/0b0 localhost.localdomain localhost/8 .localhost 0.0.0.0/010 ' +
  '::/0o0 ::/00b0 1.2.3.4.5 ::12345 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 ::1.2.3 x..localhost localhost.. :: 0.0.0.0'
).split(' ')

export const devices = lines(`
  /dev/null rw
  /dev/null
  char-rtc r
  block-sd* rwm
  /dev//sda  rw
  /dev/../etc r
  /tmp/x rw
  char- m
  /dev/null rwx
  "/dev/my disk" r
  /dev
  /dev/
  /devices
  /run/systemd/inaccessible/chr
  /dev/%i
  /dev/%Z
  char-pts
  /dev/./x
  /dev/null 'r'
  sda rw
  /dev/null r w
  "/dev/null
`)
export const users = lines(`
  root
  www-data
  nobody
  0
  1000
  65534
  svc
  %i
  %p
  %u
  %U
  with space
  a%%b
  café
  Root
  x.y
  user@host
  "root"
  -x
  %n
`).concat('')
export const badUsers = [
  '00',
  'a:b',
  'a/b',
  '-5',
  '65535',
  '.',
  '..',
  '%Z',
  '4294967295',
  'a\tb',
  '-',
  '%A',
  '\x7f',
]

export const masks =
  '0022 0027 0077 022 077 0000 0007 0777 7777 2 0026 00000077 0o77 u=rw +077 8 10000 0072 0037'
    .split(' ')
    .concat('')
export const hostnames =
  'private private:host yes:web-1 no:host yes: yes:-bad on:a.b private:%i yes:A_b private:x..y yes:a. private: off: :x'.split(
    ' ',
  )
export const capabilityOddities = lines(`
  SYS_ADMIN
  ~CAP_KILL
  CAP_TYPO
  cap_kill
  Cap_Sys_Admin
  5
  0x10
  63
  62
  64
  0b11
  0o17
  017
  CAP_KILL,CAP_CHOWN
  -1
  +3
  40
  41
  CAP_\u017fYSLOG
`)
