# What a machine may never do to its host, whatever runs in it: guard.pl CGROUP PROGRAM ARGUMENT...
# An empty CGROUP stands for one that has its device filter already.
# The clock, kernel modules, swap, kexec and devices are the host's own; no namespace holds them. Two filters stand between, one
# over system calls (seccomp) and one over devices (a program on the cgroup). Each lets exactly the forms through that change
# nothing, so that an experiment can still tell whether systemd's own directives stop them.
use strict;
use warnings;
use POSIX ();

my ($cgroup, @command) = @ARGV;

# Numbers by architecture, as AUDIT_ARCH_* of linux/audit.h; names as in the policy below.
my %numbers = (
    0xC000003E => {    # x86_64
        settimeofday => [164], clock_set => [227], init_module => [175], finit_module => [313],
        never => [ 176, 246, 320, 167, 168, 163 ], syslog => [103],
    },
    0x40000003 => {    # i386 on x86_64
        settimeofday => [79], clock_set => [ 25, 264, 404 ], init_module => [128], finit_module => [350],
        never => [ 129, 283, 87, 115, 51 ], syslog => [103],
    },
    0xC00000B7 => {    # aarch64
        settimeofday => [170], clock_set => [112], init_module => [105], finit_module => [273],
        never => [ 106, 104, 294, 224, 225, 89 ], syslog => [116],
    },
);
my $machine = ( POSIX::uname() )[4];
my @arches = $machine eq 'x86_64' ? ( 0xC000003E, 0x40000003 ) : $machine eq 'aarch64' ? (0xC00000B7) : die "guard: $machine is not known\n";

# Classic BPF, linux/filter.h.
use constant { LOAD => 0x20, EQUAL => 0x15, GREATER => 0x25, AND => 0x54, RETURN => 0x06 };
use constant { ALLOW => 0x7fff0000, REFUSE => 0x00050001 };    # SECCOMP_RET_ERRNO | EPERM
my $one = sub { pack 'SCCL', @_ };
my $argument = sub { 16 + 8 * $_[0] };

# Each piece answers for the call numbers it names; the rest falls through to the next.
sub piece {
    my ( $numbers, @body ) = @_;
    my $body = join '', @body;
    my $length = length($body) / 8;
    return join '', map { $one->( EQUAL, 0, $length, $_ ) . $body } @$numbers;
}

# Lets a call through only when each named half-word of its arguments has that value.
sub only_if {
    my @tests = @_;
    my @code;
    for my $i ( 0 .. $#tests ) {
        my ( $offset, $value ) = @{ $tests[$i] };
        push @code, $one->( LOAD, 0, 0, $offset ), $one->( EQUAL, 0, 2 * ( $#tests - $i ) + 1, $value );
    }
    return @code, $one->( RETURN, 0, 0, ALLOW ), $one->( RETURN, 0, 0, REFUSE );
}

sub is_null { my ($n) = @_; return ( [ $argument->($n), 0 ], [ $argument->($n) + 4, 0 ] ) }

my $program = '';
for my $arch (@arches) {
    my $of = $numbers{$arch};
    my $rules = join '',
      $one->( LOAD, 0, 0, 0 ),
      $one->( AND, 0, 0, 0xBFFFFFFF ),    # x32 calls carry bit 30
      piece( $of->{settimeofday}, only_if( is_null(0), is_null(1) ) ),    # checks CAP_SYS_TIME, then does nothing
      piece( $of->{clock_set}, $one->( RETURN, 0, 0, REFUSE ) ),    # adjtimex stays: reading goes through it too
      piece( $of->{init_module}, only_if( is_null(1) ) ),                 # no bytes: ENOEXEC
      piece( $of->{finit_module}, only_if( [ $argument->(0), 0xFFFFFFFF ] ) ),    # no file: EBADF
      piece( $of->{never}, $one->( RETURN, 0, 0, REFUSE ) ),
      piece( $of->{syslog},                                                # reading only: not clear, not the console's level
        $one->( LOAD, 0, 0, $argument->(0) ), $one->( GREATER, 0, 1, 8 ), $one->( RETURN, 0, 0, ALLOW ),
        $one->( GREATER, 0, 1, 3 ), $one->( RETURN, 0, 0, REFUSE ), $one->( RETURN, 0, 0, ALLOW ) ),
      $one->( RETURN, 0, 0, ALLOW );
    my $length = length($rules) / 8;
    die "guard: the filter has grown too long for one jump\n" if $length > 255;
    $program .= $one->( LOAD, 0, 0, 4 ) . $one->( EQUAL, 0, $length, $arch ) . $rules;
}
$program .= $one->( RETURN, 0, 0, REFUSE );    # an architecture that nobody looked at
my %call = $machine eq 'x86_64' ? ( prctl => 157, bpf => 321 ) : ( prctl => 167, bpf => 280 );

# eBPF, linux/bpf.h. A device may be made; opened are only those that every machine has of its own.
my $step = sub { my ( $code, $to, $from, $offset, $value ) = @_; pack 'CCsl', $code, $to | $from << 4, $offset, $value };
my @leave = $step->( 0x95, 0, 0, 0, 0 );
my @refuse = ( $step->( 0xB7, 0, 0, 0, 0 ), @leave );
my @devices = map { [ 1, $_ ] } 3, 5, 7, 8, 9;                    # null, zero, full, random, urandom
push @devices, [ 5, 0 ], [ 5, 1 ], [ 5, 2 ], [ 10, 200 ], [ 10, 229 ];    # tty, console, ptmx, net/tun, fuse
my $filter = join '',
  $step->( 0xB7, 0, 0, 0, 1 ),
  $step->( 0x61, 2, 1, 0, 0 ), $step->( 0xBF, 3, 2, 0, 0 ),
  $step->( 0x57, 3, 0, 0, 0xFFFF ), $step->( 0x77, 2, 0, 0, 16 ),
  $step->( 0x55, 2, 0, 1, 1 ), @leave,                            # only mknod
  $step->( 0x15, 3, 0, 2, 2 ), @refuse,                           # a block device
  $step->( 0x61, 4, 1, 4, 0 ), $step->( 0x61, 5, 1, 8, 0 ),
  $step->( 0x25, 4, 0, 2, 143 ), $step->( 0xA5, 4, 0, 1, 136 ), @leave,    # terminals
  ( map { ( $step->( 0x55, 4, 0, 2, $_->[0] ), $step->( 0x55, 5, 0, 1, $_->[1] ), @leave ) } @devices ),
  @refuse;
if ( $cgroup ne "" ) {
    my $license = "MIT\0";
    my $load = pack 'LLPPLLQLL', 15, length($filter) / 8, $filter, $license, 0, 0, 0, 0, 0;    # BPF_PROG_TYPE_CGROUP_DEVICE
    my $loaded = syscall $call{bpf}, 5, $load, length $load;
    sysopen my $directory, $cgroup, 0 or die "guard: $cgroup: $!\n";
    my $attach = pack 'LLLL', fileno $directory, $loaded, 6, 2;       # BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI
    $loaded >= 0 and syscall( $call{bpf}, 8, $attach, length $attach ) == 0
      or die "guard: the kernel takes no device filter: $!\n";
}

my $list = pack 'S x6 P', length($program) / 8, $program;
# PR_SET_SECCOMP, SECCOMP_MODE_FILTER
syscall( $call{prctl}, 22, 2, $list, 0, 0 ) == 0 or die "guard: the kernel takes no seccomp filter: $!\n";
exec { $command[0] } @command or die "guard: $command[0]: $!\n";
