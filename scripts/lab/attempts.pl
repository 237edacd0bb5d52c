# What a service that was taken over would try, run inside its own sandbox: perl - NEIGHBOUR-PID NEIGHBOUR-UID [ID...]
# Prints a line an attempt: `ID open|blocked|absent REASON`. Each runs in a child of its own. Each takes a form that changes
# nothing, neither here nor on the host, or takes back what it did: where the kernel checks the right before it looks at the
# rest, the rest is nonsense (EINVAL or EBADF to the privileged, EPERM to others).
use strict;
use warnings;
use Errno ();
use POSIX ();
use Socket;

my ( $pid, $uid, @wanted ) = @ARGV;
my $machine = ( POSIX::uname() )[4];

my %x86_64 = (
    mmap => 9, ptrace => 101, syslog => 103, setresuid => 117, personality => 135, sched_setscheduler => 144, settimeofday => 164,
    mount => 165, execve => 59, reboot => 169, sethostname => 170, add_key => 248, mknodat => 259, unshare => 272, perf_event_open => 298,
    finit_module => 313, memfd_create => 319, bpf => 321,
);
my %aarch64 = (
    mmap => 222, ptrace => 117, syslog => 116, setresuid => 147, personality => 92, sched_setscheduler => 119, settimeofday => 170,
    mount => 40, execve => 221, reboot => 142, sethostname => 161, add_key => 217, mknodat => 33, unshare => 97, perf_event_open => 241,
    finit_module => 273, memfd_create => 279, bpf => 280,
);
my %number = $machine eq 'aarch64' ? %aarch64 : %x86_64;

# Answers 1 when the kernel let the call through, and leaves the reason in $! when not.
sub call { my ( $name, @arguments ) = @_; $! = 0; return syscall( $number{$name}, @arguments ) >= 0 }

# The same, where nonsense arguments are refused with these errors only to those who have the right.
sub allowed {
    my ( $name, $errors, @arguments ) = @_;
    return call( $name, @arguments ) || scalar grep { $!{$_} } @$errors;
}

sub reads {
    my ($path) = @_;
    sysopen( my $file, $path, POSIX::O_RDONLY ) or return 0;
    return sysread $file, my $text, 1;    # nothing to read where systemd has put an empty file over it
}

sub says {
    my ( $pattern, @open ) = @_;
    open( my $file, $open[0], @open[ 1 .. $#open ] ) or return 0;
    my $said = <$file> // '';
    $! = 0;
    return $said =~ $pattern;
}

sub creates {
    my ($directory) = @_;
    my $path = "$directory/.fenced-attempt-$$";
    sysopen( my $file, $path, POSIX::O_CREAT | POSIX::O_EXCL | POSIX::O_WRONLY, 0600 ) or return 0;
    unlink $path;
    return 1;
}

# Tries something in every directory that this sandbox may write to, until it works once.
sub anywhere {
    my ($try) = @_;
    my @places = map { split /:/, $ENV{"${_}_DIRECTORY"} // '' } qw(RUNTIME STATE CACHE LOGS);
    if ( open my $mounts, '<', '/proc/self/mountinfo' ) {
        push @places, map { /^\S+ \S+ \S+ \S+ (\S+) rw\b/ ? $1 : () } <$mounts>;
    }
    push @places, qw(/tmp /var/tmp /dev/shm /run /srv /var/lib /var/log /var/cache), glob '/var/lib/* /var/log/* /var/cache/* /run/*';
    my $last = Errno::EROFS();
    for my $place ( grep { !m{^/(proc|sys|usr|run/host)} && -d } @places ) {
        creates($place) or next;
        my $path = "$place/.fenced-attempt-$$";
        my $worked = $try->($path);
        $last = $! + 0;
        unlink $path;
        return 1 if $worked;
    }
    $! = $last;
    return 0;
}

sub program {
    my ($path) = @_;
    my ( $class, $type, $code ) = $machine eq 'aarch64'
      ? ( 64, 183, pack 'L*', 0xD2800000, 0xD2800BA8, 0xD4000001 )
      : ( 64, 62, "\x31\xFF\xB8\x3C\0\0\0\x0F\x05" );
    sysopen( my $file, $path, POSIX::O_CREAT | POSIX::O_WRONLY, 0700 ) or return 0;
    syswrite $file, elf( $class, $type, $code );
    close $file;
    chmod 0700, $path or return 0;
    return runs($path);
}

# The smallest program that exits with 0; no interpreter and no library has to be in the sandbox for it.
sub elf {
    my ( $class, $type, $code ) = @_;
    my $base = 0x400000;
    return $class == 64
      ? "\x7FELF\2\1\1" . "\0" x 9 . pack( 'SSLQQQLSSSSSS', 2, $type, 1, $base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0 )
      . pack( 'LLQQQQQQ', 1, 5, 0, $base, $base, ( 120 + length $code ) x 2, 4096 ) . $code
      : "\x7FELF\1\1\1" . "\0" x 9 . pack( 'SSLLLLLSSSSSS', 2, $type, 1, $base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0 )
      . pack( 'LLLLLLLL', 1, 0, $base, $base, ( 84 + length $code ) x 2, 5, 4096 ) . $code;
}

# True when the program ran to its end; a refusal to run it comes back in $!. Not by exec, which hands what the kernel
# does not know to a shell.
sub runs {
    my ($path) = @_;
    my $child = fork // return 0;
    if ( !$child ) {
        my $name = "$path\0";
        call( 'execve', $name, my $arguments = pack( 'pQ', $name, 0 ), my $environment = pack( 'Q', 0 ) );
        POSIX::_exit( 100 + $! );
    }
    waitpid $child, 0;
    $! = $? & 127 ? Errno::EPERM() : ( $? >> 8 ) - 100 if $?;
    return $? == 0;
}

# Packets that reach the other side count, whether or not somebody listens there.
sub connects {
    my ( $address, $port ) = @_;
    socket( my $socket, AF_INET, SOCK_STREAM, 0 ) or return 0;
    alarm 1;    # the other side is this machine
    return connect( $socket, pack_sockaddr_in( $port, inet_aton($address) ) ) || $!{ECONNREFUSED};
}

my $empty = "\0" x 128;
my %attempt = (
    'write-etc'       => sub { creates('/etc') },
    'replace-program' => sub { creates('/usr/bin') },
    'read-home'       => sub { reads('/home/neighbour/letter') },
    'read-neighbour'  => sub { reads('/var/lib/neighbour/data') },
    'read-passwords'  => sub { reads('/etc/shadow') },
    'shared-tmp'      => sub { -e '/tmp/fenced-neighbour' && creates('/tmp') },
    'see-processes'   => sub { says( qr/fenced-neighbour/, '<', "/proc/$pid/cmdline" ) },
    'signal-process'  => sub { kill 0, $pid },
    'trace-process'   => sub { call( 'ptrace', 0x4206, $pid + 0, 0, 0 ) },            # PTRACE_SEIZE; ends with this child
    'become-user'     => sub { call( 'setresuid', $uid + 0, $uid + 0, $uid + 0 ) },
    'take-files'      => sub { chown $uid, $uid, '/srv/neighbour/file' },                # whose it is already
    'set-uid-file'    => sub { anywhere( \&creates_set_uid ) },
    'set-uid-program' => sub { says( qr/^$uid$/, '-|', '/srv/neighbour/id', '-u' ) },
    'dropped-program' => sub { anywhere( \&program ) },
    'kernel-log'      => sub { call( 'syslog', 3, my $text = "\0" x 8, 1 ) },         # SYSLOG_ACTION_READ_ALL
    'kernel-setting'  => sub { sysopen my $file, '/proc/sys/net/ipv4/ip_default_ttl', POSIX::O_WRONLY },
    'kernel-module'   => \&kernel_module,
    'cgroup'          => sub { mkdir '/sys/fs/cgroup/.fenced-attempt' and rmdir '/sys/fs/cgroup/.fenced-attempt' },
    'clock'           => sub { call( 'settimeofday', 0, 0 ) },                        # the right is checked, then nothing set
    'reboot'          => sub { allowed( 'reboot', ['EINVAL'], 0, 0, 0, 0 ) },         # not the magic numbers
    'hostname'        => sub { allowed( 'sethostname', ['EINVAL'], $empty, -1 ) },
    'mount'           => sub { allowed( 'mount', ['EINVAL'], 0, my $root = '/', 0, 0, 0 ) },    # no file system named
    'make-device'     => sub { anywhere( \&make_device ) },
    'open-device'     => sub { sysopen my $file, '/dev/net/tun', POSIX::O_RDWR },
    'packet-socket'   => sub { socket my $socket, 17, SOCK_RAW, 0 },                  # AF_PACKET
    'raw-socket'      => sub { socket my $socket, AF_INET, SOCK_RAW, 1 },
    'user-namespace'  => sub { call( 'unshare', 0x10000000 ) },
    'mount-namespace' => sub { call( 'unshare', 0x00020000 ) },
    'executable-memory' => sub { call( 'mmap', 0, 4096, 7, 0x22, -1, 0 ) },           # read, write and execute at once
    'real-time'         => sub { call( 'sched_setscheduler', 0, 1, pack 'l', 1 ) },   # SCHED_FIFO
    'personality'       => sub { call( 'personality', 0x0040000 ) },                  # ADDR_NO_RANDOMIZE
    'other-abi'         => \&other_abi,
    'keyring'           => sub { call( 'add_key', my $type = "user\0", my $name = "fenced\0", my $key = 'x', 1, -2 ) },
    'bpf'               => sub { my $map = pack 'L4 x112', 2, 4, 4, 1; call( 'bpf', 0, $map, length $map ) },
    'perf'              => sub { my $event = pack 'LLQ x104', 1, 120, 0; call( 'perf_event_open', $event, -1, 0, -1, 0 ) },
    'metadata'          => sub { connects( '169.254.169.254', 80 ) },
    'call-out'          => sub { connects( '192.0.2.10', 8443 ) },
    'back-door'         => \&back_door,
    'system-bus'        => \&system_bus,
);

sub creates_set_uid {
    my ($path) = @_;
    sysopen( my $file, $path, POSIX::O_CREAT | POSIX::O_WRONLY, 0600 ) or return 0;
    return chmod( 04700, $path ) && ( stat $path )[2] & 04000;
}

sub make_device {
    my ($path) = @_;
    # The number of /dev/net/tun; opening it does nothing yet.
    return call( 'mknodat', -100, $path, 0020600, 10 << 8 | 200 ) && sysopen my $device, $path, POSIX::O_RDWR;
}

# A kernel that was built without modules knows no such call; then the right alone says what would have been.
sub kernel_module {
    return 1 if allowed( 'finit_module', ['EBADF'], -1, my $none = "\0", 0 );
    return 0 if !$!{ENOSYS};
    open my $status, '<', '/proc/self/status' or return 0;
    my $held = grep { /^CapEff:\s*(\w+)/ && hex( substr $1, -8 ) >> 16 & 1 } <$status>;
    $held &&= says( qr/^\s*0\s+0\s+4294967295$/, '<', '/proc/self/uid_map' );    # not those of a user namespace
    $! = Errno::EPERM();
    return $held;
}

# System calls by the numbers of 32-bit programs, which a filter for 64-bit ones does not see.
sub other_abi {
    return 'absent' if $machine ne 'x86_64';
    call( 'memfd_create', my $name = "fenced\0", 0 ) or return 0;
    my ($memory) = grep { ( readlink "/proc/self/fd/$_" // '' ) =~ /memfd:fenced/ } 3 .. 99;
    open my $file, '>&=', $memory or return 0;
    syswrite $file, elf( 32, 3, "\x31\xDB\x31\xC0\x40\xCD\x80" );
    my $ran = runs("/proc/$$/fd/$memory");
    return $ran || !$!{ENOEXEC} ? $ran : 'absent';
}

sub back_door {
    socket( my $socket, AF_INET, SOCK_STREAM, 0 ) or return 0;
    return bind( $socket, pack_sockaddr_in( 31337, inet_aton('192.0.2.10') ) ) && listen $socket, 1;
}

sub system_bus {
    socket( my $bus, AF_UNIX, SOCK_STREAM, 0 ) or return 0;
    return connect $bus, pack_sockaddr_un('/run/dbus/system_bus_socket');
}

$SIG{PIPE} = 'IGNORE';
for my $id ( @wanted ? @wanted : sort keys %attempt ) {
    my $try = $attempt{$id} or die "attempts: $id is not known\n";
    pipe my $answer, my $tell or die "attempts: pipe: $!\n";
    my $child = fork // die "attempts: fork: $!\n";
    if ( !$child ) {
        close $answer;
        alarm 5;
        my $worked = $try->() || '';
        my ($error) = grep { $!{$_} } keys %!;
        my $missing = $worked eq 'absent' || !$worked && $!{ENOSYS};
        syswrite $tell, $missing ? 'absent not on this machine' : $worked ? 'open it worked' : 'blocked ' . ( $error // 'refused' );
        POSIX::_exit(0);
    }
    close $tell;
    sysread $answer, my $said, 100;
    waitpid $child, 0;
    my $signal = $? & 127;
    syswrite STDOUT, "$id " . ( $said || ( $signal == 14 ? 'blocked no answer' : "blocked signal $signal" ) ) . "\n";
}
