#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fd.h"

/* Rights that the kernel headers of Debian 12 (Linux 6.1) do not name yet; see landlock(7). */
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define NET_BIND_TCP (1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                             \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |      \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_TRUNCATE)
#define FS_ALL_ABI1 ((1ull << 13) - 1)

static result set_limits(const struct sandbox *s, struct error *err)
{
	const struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return error_errno(err, "cannot switch core dumps off");
	if (s->memory_bytes_max) {
		const struct rlimit memory = {s->memory_bytes_max, s->memory_bytes_max};
		if (setrlimit(RLIMIT_DATA, &memory) < 0)
			return error_errno(err, "cannot limit memory");
	}
	if (s->files_max) {
		/* Never above what the system allows: fewer connections is no reason not to start. */
		struct rlimit files;
		if (getrlimit(RLIMIT_NOFILE, &files) < 0)
			return error_errno(err, "cannot ask for the limit of descriptors");
		if (files.rlim_max > s->files_max)
			files.rlim_max = s->files_max;
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			return error_errno(err, "cannot limit descriptors");
	}
	return RESULT_OK;
}

static result become(const struct sandbox_user *user, struct error *err)
{
	if (geteuid() != 0 || !user)
		return RESULT_OK;
	if (setgroups(0, NULL) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return error_errno(err, "cannot become user %u", (unsigned)user->uid);
	uid_t r, e, saved;
	if (getresuid(&r, &e, &saved) < 0 || r != user->uid || e != user->uid || saved != user->uid)
		return error_set(err, ERR_INTERNAL, "still another user after dropping to %u", (unsigned)user->uid);
	/* The change of user made the process undumpable; its own /proc/self must stay readable for the page map. */
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		return error_errno(err, "cannot stay readable to itself");
	return RESULT_OK;
}

static result leave_namespaces(unsigned wanted, struct error *err)
{
	int flags = CLONE_NEWUSER;
	flags |= wanted & SANDBOX_NS_NET ? CLONE_NEWNET : 0;
	flags |= wanted & SANDBOX_NS_IPC ? CLONE_NEWIPC : 0;
	flags |= wanted & SANDBOX_NS_UTS ? CLONE_NEWUTS : 0;
	flags |= wanted & SANDBOX_NS_MOUNT ? CLONE_NEWNS : 0;
	if (unshare(flags) < 0)
		return error_errno(err,
		    "the kernel refuses namespaces; allow them with `sysctl -w user.max_user_namespaces=10000` (and "
		    "kernel.unprivileged_userns_clone=1 or the container option seccomp=unconfined where that applies)");
	return RESULT_OK;
}

static int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static result allow_path(int ruleset, const struct sandbox_path *path, uint64_t handled, struct error *err)
{
	CLEANUP_FD int at = open(path->path, O_PATH | O_CLOEXEC);
	if (at < 0)
		return error_errno(err, "cannot open %s to allow it", path->path);
	struct stat st;
	if (fstat(at, &st) < 0)
		return error_errno(err, "cannot stat %s", path->path);
	uint64_t rights = path->right == SANDBOX_READ_WRITE ? FS_READ | FS_WRITE : FS_READ;
	/* landlock_add_rule(2) refuses rights of directories on a file. */
	if (!S_ISDIR(st.st_mode))
		rights &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE;
	const struct landlock_path_beneath_attr rule = {.allowed_access = rights & handled, .parent_fd = at};
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return error_errno(err, "cannot allow %s", path->path);
	return RESULT_OK;
}

static result enter_landlock(const struct sandbox *s, struct error *err)
{
	int abi = landlock_abi();
	if (abi < 1)
		return error_set(err, ERR_SYSTEM,
		    "this kernel has no landlock: start it with `lsm=landlock,...` (Linux 5.13 or later)");
	struct {
		uint64_t fs;
		uint64_t net;
	} attr = {FS_ALL_ABI1, 0};
	if (abi >= 2)
		attr.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		attr.fs |= FS_TRUNCATE;
	if (abi >= 5)
		attr.fs |= FS_IOCTL_DEV;
	/* Where a process must not use the network at all, its namespace says so; this is the second lock. */
	if (abi >= 4 && s->namespaces & SANDBOX_NS_NET)
		attr.net = NET_BIND_TCP | NET_CONNECT_TCP;
	CLEANUP_FD int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 4 ? sizeof attr : 8, 0);
	if (ruleset < 0)
		return error_errno(err, "cannot make a landlock ruleset");
	for (const struct sandbox_path *p = s->paths; p && p->path; p++)
		TRY(allow_path(ruleset, p, attr.fs, err));
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return error_errno(err, "cannot enter landlock");
	return RESULT_OK;
}

static int add_rule(scmp_filter_ctx filter, const struct syscall_rule *rule)
{
	struct scmp_arg_cmp args[2];
	unsigned count = 0;
	for (size_t i = 0; i < 2; i++)
		if (rule->args[i].used)
			args[count++] = (struct scmp_arg_cmp){
			    rule->args[i].index, SCMP_CMP_MASKED_EQ, rule->args[i].mask, rule->args[i].value};
	const uint32_t action = rule->answer ? SCMP_ACT_ERRNO((uint32_t)rule->answer) : SCMP_ACT_ALLOW;
	return seccomp_rule_add_array(filter, action, rule->number, count, args);
}

static int make_filter(const struct sandbox *s, scmp_filter_ctx filter)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (const struct syscall_rule *const *table = s->tables; rc == 0 && *table; table++)
		for (const struct syscall_rule *rule = *table; rc == 0 && rule->number >= 0; rule++) {
			rc = add_rule(filter, rule);
			/* Two tables may both name a call unconditionally. */
			if (rc == -EEXIST)
				rc = 0;
		}
	return rc;
}

/* libseccomp writes its instructions to a descriptor and nowhere else. */
static result take_code(scmp_filter_ctx filter, struct error *err, struct sandbox_code *ret)
{
	CLEANUP_FD int fd = memfd_create("ward-filter", MFD_CLOEXEC);
	struct stat st;
	if (fd < 0 || seccomp_export_bpf(filter, fd) < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, "cannot write the system-call filter");
	ret->bytes = (size_t)st.st_size;
	ret->instructions = malloc(ret->bytes);
	if (!ret->instructions)
		return error_set(err, ERR_MEMORY, "no memory for the system-call filter");
	if (pread(fd, ret->instructions, ret->bytes, 0) != (ssize_t)ret->bytes)
		return error_errno(err, "cannot read the system-call filter");
	return RESULT_OK;
}

result sandbox_filter_build(const struct sandbox *s, struct error *err, struct sandbox_code *ret)
{
	*ret = (struct sandbox_code){.all_threads = s->all_threads};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_NOTIFY);
	if (!filter)
		return error_set(err, ERR_MEMORY, "no memory for the system-call filter");
	int rc = make_filter(s, filter);
	result r = rc == 0
		       ? take_code(filter, err, ret)
		       : error_set(err, ERR_SYSTEM, "cannot make the system-call filter: %s", strerror(-rc));
	seccomp_release(filter);
	/* From here on nobody but root looks into it, and it leaves no core, piped to a program ones included (core(5)). */
	if (is_ok(r) && prctl(PR_SET_DUMPABLE, 0) < 0)
		r = error_errno(err, "cannot hide its memory");
	return r;
}

result sandbox_filter_enter(struct sandbox_code *code, struct error *err, int *ret_notify_fd)
{
	const struct sock_fprog program = {
	    .len = (unsigned short)(code->bytes / sizeof(struct sock_filter)), .filter = code->instructions};
	const unsigned flags =
	    SECCOMP_FILTER_FLAG_NEW_LISTENER |
	    (code->all_threads ? SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0);
	const long notify = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (notify < 0)
		return error_errno(err, "cannot enter the system-call filter");
	free(code->instructions);
	code->instructions = NULL;
	*ret_notify_fd = (int)notify;
	return RESULT_OK;
}

result sandbox_filter(const struct sandbox *s, struct error *err, int *ret_notify_fd)
{
	struct sandbox_code code;
	TRY(sandbox_filter_build(s, err, &code));
	return sandbox_filter_enter(&code, err, ret_notify_fd);
}

result sandbox_enter(const struct sandbox *s, const struct sandbox_user *user, struct error *err)
{
	/*
	 * The kernel forgets that a process is to end with its parent when its user or its capabilities change, and a new
	 * user namespace changes them too (prctl(2), PR_SET_PDEATHSIG): it is said again afterwards.
	 */
	int death_signal = 0;
	pid_t parent = getppid();
	if (prctl(PR_GET_PDEATHSIG, &death_signal) < 0)
		return error_errno(err, "cannot ask with whom this process ends");
	TRY(set_limits(s, err));
	TRY(become(user, err));
	TRY(leave_namespaces(s->namespaces, err));
	if (death_signal && (prctl(PR_SET_PDEATHSIG, death_signal) < 0 || getppid() != parent))
		return error_set(err, ERR_CLOSED, "the parent has ended");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(err, "cannot give up new privileges");
	TRY(enter_landlock(s, err));
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return error_set(err, ERR_INTERNAL, "no_new_privs did not hold");
	/* Verified before the filter, which no longer lets the process ask: landlock hides the root directory. */
	CLEANUP_FD int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0)
		return error_set(err, ERR_INTERNAL, "landlock did not hold: / can be opened");
	return RESULT_OK;
}

const char *syscall_name(int number)
{
	static char names[512][32];
	if (number < 0 || (size_t)number >= sizeof names / sizeof *names)
		return "?";
	if (names[number][0] == '\0') {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		(void)snprintf(names[number], sizeof names[number], "%s", name ? name : "?");
		free(name);
	}
	return names[number];
}

result sandbox_refusal_read(int notify_fd, struct error *err, struct sandbox_refusal *ret)
{
	struct seccomp_notif_sizes sizes;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return error_errno(err, "cannot ask for notification sizes");
	union {
		struct seccomp_notif notif;
		char room[1024];
	} u;
	if (sizes.seccomp_notif > sizeof u)
		return error_set(err, ERR_SYSTEM, "the kernel's notifications have %u bytes", sizes.seccomp_notif);
	memset(&u, 0, sizeof u);
	if (ioctl(notify_fd, SECCOMP_IOCTL_NOTIF_RECV, &u.notif) < 0)
		return errno == ENOENT ? error_set(err, ERR_CLOSED, "the caller is gone")
				       : error_errno(err, "cannot read a refused call");
	*ret = (struct sandbox_refusal){(pid_t)u.notif.pid, u.notif.data.nr, syscall_name(u.notif.data.nr)};
	return RESULT_OK;
}
