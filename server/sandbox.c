#include "server/sandbox.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The sanitizers' runtimes map shadow memory and read /proc when they report;
 * reading is Landlock's to refuse. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

/*
 * Landlock by hand (landlock(7)), since the C library's headers know only the
 * kernel that they were made for. Numbers are the same on all architectures.
 */
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT_SELF 446
#define LANDLOCK_ASK_VERSION 1u
#define LANDLOCK_PATH_BENEATH 1
#define LANDLOCK_READ_FILE (UINT64_C(1) << 2)

struct landlock_ruleset {
	uint64_t files; /* rights that are refused where no rule gives them */
	uint64_t ports; /* version 4 */
	uint64_t scoped; /* version 6 */
};

struct landlock_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* All rights that each version of the interface knows. */
static struct landlock_ruleset
landlock_everything(int version)
{
	struct landlock_ruleset all = {0};
	int rights = version >= 5 ? 16
	    : version >= 3        ? 15
	    : version >= 2        ? 14
				  : 13;

	all.files = (UINT64_C(1) << rights) - 1;
	all.ports = version >= 4 ? 3 : 0; /* bind, connect (TCP) */
	all.scoped = version >= 6 ? 3 : 0; /* abstract sockets, signals */
	return all;
}

static int
landlock_version(void)
{
	return (int)syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION);
}

static int
allow_reading(int ruleset, int dir, struct err *e)
{
	struct landlock_beneath rule = {LANDLOCK_READ_FILE, dir};

	if (syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule,
		0) != 0)
		return err_sys(e,
		    "a pages folder cannot be made readable to "
		    "the sandbox");
	return 0;
}

/* From now on: reading files beneath dirs, and nothing else of what Landlock
 * governs. Without Landlock: nothing happens. */
static int
landlock_enter(const int *dirs, size_t count, struct err *e)
{
	int version = landlock_version();
	struct landlock_ruleset all;
	int ruleset;

	if (version < 1)
		return 0;
	all = landlock_everything(version);
	/* An older kernel refuses fields that it does not know. */
	ruleset = (int)syscall(LANDLOCK_CREATE, &all,
	    version >= 6       ? sizeof all
		: version >= 4 ? offsetof(struct landlock_ruleset, scoped)
			       : offsetof(struct landlock_ruleset, ports),
	    0);
	if (ruleset < 0)
		return err_sys(e, "the Landlock sandbox cannot be made");
	for (size_t i = 0; i < count; i++) {
		if (allow_reading(ruleset, dirs[i], e) != 0) {
			close(ruleset);
			return -1;
		}
	}
	if (syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0) {
		err_sys(e, "the Landlock sandbox cannot be entered");
		close(ruleset);
		return -1;
	}
	close(ruleset);
	return 0;
}

/*
 * What no process here does in good faith, not even in a library: whoever
 * tries is not us any more, and ends. By name, since not every architecture
 * and libseccomp knows all.
 */
static const char *const outrageous[] = {"execve", "execveat",
    "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd",
    "kcmp", "bpf", "perf_event_open", "userfaultfd", "init_module",
    "finit_module", "delete_module", "kexec_load", "kexec_file_load", "mount",
    "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
    "fsmount", "unshare", "setns", "add_key", "request_key", "keyctl", "reboot",
    "swapon", "swapoff", "iopl", "ioperm", "personality", "io_uring_setup"};

/* A worker's whole life. */
static const char *const worker_calls[] = {"accept", "accept4", "brk",
    "clock_getres", "clock_gettime", "clock_nanosleep", "close", "dup",
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd2", "exit", "exit_group", "fadvise64", "fstat", "futex", "getegid",
    "geteuid", "getgid", "getpeername", "getpid", "getppid", "getrandom",
    "getrusage", "getsockname", "getsockopt", "gettid", "gettimeofday",
    "getuid", "lseek", "madvise", "mremap", "munmap", "nanosleep", "newfstatat",
    "pipe2", "poll", "ppoll", "pread64", "preadv", "pwrite64", "read", "readv",
    "recvfrom", "recvmsg", "restart_syscall", "rseq", "rt_sigaction",
    "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "sched_yield", "sendfile", "sendmsg", "sendto", "set_robust_list",
    "setsockopt", "shutdown", "sigaltstack", "splice", "statx", "time",
    "timerfd_create", "timerfd_settime", "timer_delete", "write", "writev"};

/* What a generation does besides. */
static const char *const generation_calls[] = {"clone", "clone3", "fork",
    "vfork", "kill", "tgkill", "wait4", "waitid", "pidfd_open",
    "pidfd_send_signal", "prctl", "setrlimit", "seccomp",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
    "signalfd4", "sched_getaffinity", "sched_setaffinity", "setpgid"};

static int
add_calls(scmp_filter_ctx ctx, uint32_t action, const char *const *names,
    size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr != __NR_SCMP_ERROR)
			failed |= seccomp_rule_add(ctx, action, nr, 0);
	}
	return failed;
}

/* Landlock's calls are newer than some libseccomp; tracing from outside makes
 * a process call these two, and the kernel refuses them from anywhere but its
 * own trampolines. */
static int
add_numbers(scmp_filter_ctx ctx, bool with_landlock)
{
	int failed = 0;

	if (with_landlock)
		for (int nr = LANDLOCK_CREATE; nr <= LANDLOCK_RESTRICT_SELF;
		     nr++)
			failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
#ifdef __x86_64__
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, 335, 0); /* uretprobe */
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, 336, 0); /* uprobe */
#endif
	return failed;
}

/* Of fcntl(2). F_SETOWN would send signals to others. */
static const scmp_datum_t descriptor_calls[] = {
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_GETFD,
    F_SETFD,
    F_GETFL,
    F_SETFL,
};

/* The calls that are fine with some arguments only. */
static int
add_guarded(scmp_filter_ctx ctx)
{
	const uint64_t writing =
	    O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	int failed = 0;

	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, FIONBIO, 0));
	for (size_t i = 0; i < COUNT(descriptor_calls); i++)
		failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl),
		    1, SCMP_A1(SCMP_CMP_EQ, descriptor_calls[i], 0));
	/* openat2's flags are behind a pointer that no filter follows. With
	 * Landlock they need no second look; without, file.c does it by
	 * openat when it is told that there is no such call. */
	failed |= seccomp_rule_add(ctx,
	    landlock_version() >= 1 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(openat2), 0);
	/* One end is for the keeper, by which it sends a way to the desk. */
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	/* Its own limits, and no other's. */
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    SCMP_A0(SCMP_CMP_EQ, 0, 0));
	/* abort(3) and raise(3). */
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return failed;
}

#if HAS_SANITIZER
static const char *const sanitizer_calls[] = {
    "prctl", "readlink", "readlinkat", "sched_getaffinity", "uname"};
#endif

static int
forbid_tracing(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(
	    ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ptrace), 0);
}

static int
fill_worker(scmp_filter_ctx ctx)
{
	int failed =
	    add_calls(ctx, SCMP_ACT_ALLOW, worker_calls, COUNT(worker_calls));

#if HAS_SANITIZER
	failed |= add_calls(
	    ctx, SCMP_ACT_ALLOW, sanitizer_calls, COUNT(sanitizer_calls));
#endif
	return failed | forbid_tracing(ctx) | add_guarded(ctx) |
	    add_numbers(ctx, false);
}

static int
fill_generation(scmp_filter_ctx ctx)
{
	/* Its children abort by their own ids: tgkill is allowed whole. */
	return add_calls(
		   ctx, SCMP_ACT_ALLOW, worker_calls, COUNT(worker_calls)) |
	    add_calls(ctx, SCMP_ACT_ALLOW, generation_calls,
		COUNT(generation_calls)) |
	    forbid_tracing(ctx) | add_guarded(ctx) | add_numbers(ctx, true);
}

/* LeakSanitizer traces the process that ends, which only a keeper does by
 * exit(3), and waits for ever when its tracer is killed. */
static int
fill_keeper(scmp_filter_ctx ctx)
{
	return HAS_SANITIZER ? 0 : forbid_tracing(ctx);
}

static bool
has_seccomp(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

/* Everything outrageous ends the process; of the rest what fill allows goes
 * through and `other` happens to what it does not name. */
static int
seccomp_enter(uint32_t other, int (*fill)(scmp_filter_ctx ctx), struct err *e)
{
	scmp_filter_ctx ctx;
	int failed;

	if (!has_seccomp())
		return 0;
	ctx = seccomp_init(other);
	if (ctx == NULL)
		return err_set(e, ERR_MEMORY, "memory ran out for the sandbox");
	failed = add_calls(ctx, SCMP_ACT_KILL_PROCESS, outrageous,
		     COUNT(outrageous)) |
	    fill(ctx) |
	    /* A tree of comparisons instead of a list: every call passes. */
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (failed == 0)
		failed = seccomp_load(ctx);
	seccomp_release(ctx);
	if (failed != 0) {
		errno = failed < 0 ? -failed : failed;
		return err_sys(e, "the seccomp filter cannot be loaded");
	}
	return 0;
}

/* What both walls ask for, and what keeps a set-user-ID program from being a
 * way out. */
static int
no_new_privileges(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "privileges cannot be given up for good");
	return 0;
}

/* A core file would hold the key and what visitors typed. */
static int
no_core(struct err *e)
{
	if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0)
		return err_sys(e, "core files cannot be turned off");
	return 0;
}

void
sandbox_report(struct str user)
{
	int version = landlock_version();

	if (user.n == 0 && geteuid() == 0)
		log_warn("root hears strangers: name in `user:` of the "
			 "configuration who is to do it");
	if (version < 1)
		log_warn("this kernel has no Landlock (or it is turned off): "
			 "workers are kept from files by seccomp alone");
	else if (version < 4)
		log_info("this kernel's Landlock is of version %d: it guards "
			 "files, but not ports (4) and signals (6)",
		    version);
	else if (version < 6)
		log_info("this kernel's Landlock is of version %d: it guards "
			 "files and ports, but not signals (6)",
		    version);
	if (!has_seccomp())
		log_warn("this kernel has no seccomp: system calls of workers "
			 "are not filtered");
}

/* Is there nothing left to give up? */
static bool
is_already(const struct passwd *pw)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 &&
	    real == pw->pw_uid && effective == pw->pw_uid &&
	    saved == pw->pw_uid;
}

int
sandbox_drop_user(struct str user, struct err *e)
{
	const struct passwd *pw;
	char name[256];

	if (user.n == 0)
		return 0;
	if (user.n >= sizeof name)
		return err_set(e, ERR_INPUT, "user: the name is too long");
	memcpy(name, user.p, user.n);
	name[user.n] = '\0';
	pw = getpwnam(name);
	if (pw == NULL)
		return err_set(e, ERR_MISSING,
		    "user: there is no \"%s\" on this machine; make it with "
		    "adduser --system --group %s, or leave the key out",
		    name, name);
	if (is_already(pw))
		return 0;
	if (geteuid() != 0)
		return err_set(e, ERR_REFUSED,
		    "user: only root can become \"%s\"; start as root or as "
		    "that user, or leave the key out",
		    name);
	if (initgroups(name, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return err_sys(e, "user: becoming \"%s\" failed", name);
	if (pw->pw_uid != 0 && setuid(0) == 0)
		return err_set(e, ERR_REFUSED,
		    "user: \"%s\" could become root again", name);
	return 0;
}

int
sandbox_keeper(struct err *e)
{
	if (no_new_privileges(e) != 0)
		return -1;
	return seccomp_enter(SCMP_ACT_ALLOW, fill_keeper, e);
}

int
sandbox_generation(const int *dirs, size_t count, struct err *e)
{
	if (no_new_privileges(e) != 0 || no_core(e) != 0 ||
	    landlock_enter(dirs, count, e) != 0)
		return -1;
	return seccomp_enter(SCMP_ACT_ERRNO(EPERM), fill_generation, e);
}

int
sandbox_worker(const int *dirs, size_t count, struct err *e)
{
	if (no_new_privileges(e) != 0 || no_core(e) != 0 ||
	    landlock_enter(dirs, count, e) != 0)
		return -1;
	return seccomp_enter(SCMP_ACT_ERRNO(EPERM), fill_worker, e);
}
