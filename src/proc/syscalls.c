/* System calls that all processes of ours share, one reason a row. The tests keep a snapshot of every table. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "os/spawn.h"
#include "proc/process.h"

/* No map may be executable: with the image itself read-only, foreign machine code has no place to stand. */
#define NO_EXEC(call, why) SYSCALL_ALLOW_IF(call, 2, PROT_EXEC, 0, why)

const struct syscall_rule process_syscalls[] = {
    SYSCALL_ALLOW(read, "doorbells and sockets it holds"),
    SYSCALL_ALLOW(write, "doorbells, the log"),
    SYSCALL_ALLOW(close, "what it holds"),
    SYSCALL_ALLOW(epoll_wait, "the loop"),
    SYSCALL_ALLOW(epoll_ctl, "the loop"),
    SYSCALL_ALLOW(poll, "waiting on one descriptor"),
    SYSCALL_ALLOW(futex, "locks between its threads"),
    SYSCALL_ALLOW(brk, "memory"),
    NO_EXEC(mmap, "memory and channels, never executable"),
    NO_EXEC(mprotect, "memory, never executable"),
    SYSCALL_ALLOW(munmap, "memory"),
    SYSCALL_ALLOW(mremap, "memory: realloc of large blocks"),
    SYSCALL_ALLOW(madvise, "memory"),
    SYSCALL_ALLOW(clock_gettime, "time where the vDSO has none"),
    SYSCALL_ALLOW(gettimeofday, "time where the vDSO has none"),
    SYSCALL_ALLOW(clock_nanosleep, "back-off"),
    SYSCALL_ALLOW(getrandom, "keys, tokens, seeds"),
    SYSCALL_ALLOW(rt_sigreturn, "return from signal handlers"),
    SYSCALL_ALLOW(rt_sigprocmask, "signals around critical parts"),
    SYSCALL_ALLOW(restart_syscall, "after a stop and continue"),
    SYSCALL_ALLOW(fstat, "sizes of descriptors it was given"),
    SYSCALL_ALLOW(newfstatat, "the same through libc"),
    SYSCALL_ALLOW_IF(fcntl, 1, 0xffffffff, F_GETFL, "state of descriptors"),
    SYSCALL_ALLOW_IF(fcntl, 1, 0xffffffff, F_SETFL, "non-blocking"),
    SYSCALL_ALLOW_IF(fcntl, 1, 0xffffffff, F_GET_SEALS, "that given memory cannot change"),
    SYSCALL_ALLOW_IF(recvmsg, 0, 0xffffffff, SPAWN_CONTROL_FD, "control messages"),
    SYSCALL_ALLOW_IF(sendmsg, 0, 0xffffffff, SPAWN_CONTROL_FD, "control messages"),
    SYSCALL_ALLOW(getpid, "assertions and libc"),
    SYSCALL_ALLOW(gettid, "assertions and libc"),
    SYSCALL_ALLOW(sched_yield, "spinning briefly"),
    SYSCALL_ALLOW(exit, "end of a thread"),
    SYSCALL_ALLOW(exit_group, "end"),
    {.number = -1},
};

const struct syscall_rule socket_syscalls[] = {
    SYSCALL_ALLOW(accept4, "connections on the listener it was given"),
    SYSCALL_ALLOW(recvfrom, "reading connections"),
    SYSCALL_ALLOW(sendto, "writing connections"),
    SYSCALL_ALLOW(writev, "writing connections"),
    SYSCALL_ALLOW(shutdown, "closing connections in order"),
    SYSCALL_ALLOW(setsockopt, "TCP_NODELAY"),
    SYSCALL_ALLOW(getsockopt, "connection errors"),
    SYSCALL_ALLOW(getpeername, "the caller's address"),
    {.number = -1},
};
