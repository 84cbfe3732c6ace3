/*
 * Makes a process of ward do a system call of the tester's choice, as attacker-controlled native code in it would:
 * attaches with ptrace, points the stopped thread at a `syscall` instruction of its own libc with chosen registers, lets
 * it run and tells what became of it. Used by the scenarios as root; x86-64 only.
 *
 *	inject PID NUMBER [ARG1 ARG2 ARG3]
 *
 * Prints "returned N", "killed by SIG..." or "gone".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static unsigned long argument(int argc, char **argv, int i)
{
	return i < argc ? strtoul(argv[i], NULL, 0) : 0;
}

int main(int argc, char **argv)
{
	struct user_regs_struct regs;
	int status;
	if (argc < 3)
		return 2;
	pid_t pid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0) {
		(void)fprintf(stderr, "cannot attach to %d: %s\n", (int)pid, strerror(errno));
		return 1;
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return 1;
	/* A thread that sleeps in a system call stands right behind its two-byte instruction. */
	regs.rip -= 2;
	regs.rax = argument(argc, argv, 2);
	regs.orig_rax = (unsigned long long)-1;
	regs.rdi = argument(argc, argv, 3);
	regs.rsi = argument(argc, argv, 4);
	regs.rdx = argument(argc, argv, 5);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0 || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
		return 1;
	if (waitpid(pid, &status, __WALL) < 0) {
		(void)printf("gone\n");
		return 0;
	}
	if (WIFSIGNALED(status)) {
		(void)printf("killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
		return 0;
	}
	if (WIFSTOPPED(status) && ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0)
		(void)printf("returned %lld\n", (long long)regs.rax);
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}
