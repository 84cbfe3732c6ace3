/* One row a system call of the engine, with its reason. The tests keep a snapshot of the table. */
#include "wasm/engine_syscalls.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Never executable: translated code stands in ward's own image, and a guest has no way to bring more. */
#define NO_EXEC(call, why) SYSCALL_ALLOW_IF(call, 2, PROT_EXEC, 0, why)
#define SCAN_IOCTL 0xc0606610u /* PAGEMAP_SCAN: _IOWR('f', 16, struct pm_scan_arg), <linux/fs.h> of Linux 6.7 */

const struct syscall_rule engine_syscalls[] = {
    NO_EXEC(mmap, "cages, snapshots, memory"),
    NO_EXEC(mprotect, "opening pages of a cage, sealing the function table"),
    SYSCALL_ALLOW(munmap, "cages and memory"),
    SYSCALL_ALLOW(mremap, "memory: realloc of large blocks"),
    SYSCALL_ALLOW(madvise, "dropping the pages that a request wrote"),
    SYSCALL_ALLOW(brk, "memory"),
    SYSCALL_ALLOW(ftruncate, "the snapshot of a program"),
    SYSCALL_ALLOW(pwrite64, "the snapshot of a program"),
    SYSCALL_ALLOW(close, "a snapshot that failed"),
    SYSCALL_ALLOW_IF(fcntl, 1, 0xffffffff, F_ADD_SEALS, "sealing the snapshot"),
    SYSCALL_ALLOW_IF(ioctl, 1, 0xffffffff, SCAN_IOCTL, "finding the pages that a request wrote"),
    SYSCALL_ALLOW_IF(getrusage, 0, 0xffffffff, (uint32_t)RUSAGE_THREAD, "whether a request touched a new page"),
    SYSCALL_ALLOW(timer_settime, "the CPU limit's tick"),
    SYSCALL_ALLOW(clock_gettime, "CPU time of the thread"),
    SYSCALL_ALLOW(rt_sigreturn, "return from the tick"),
    SYSCALL_ALLOW(rt_sigaction, "a fault that is not the guest's goes to the handler before"),
    SYSCALL_ALLOW(rt_sigprocmask, "abort() on a broken invariant"),
    SYSCALL_ALLOW(restart_syscall, "a wait that the tick interrupted"),
    SYSCALL_ALLOW(futex, "locks between threads"),
    SYSCALL_ALLOW(getrandom, "seeds"),
    SYSCALL_ALLOW(gettid, "abort()"),
    SYSCALL_ALLOW(getpid, "abort()"),
    SYSCALL_ALLOW(tgkill, "abort()"),
    SYSCALL_ALLOW(exit, "end of a thread"),
    SYSCALL_ALLOW(exit_group, "end"),
    {.number = -1},
};
