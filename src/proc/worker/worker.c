/* Starting a worker, from the fork to its threads to a function and the lock. Called by the zygote, in the
 * child. */
#include "proc/worker/worker.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "proc/process.h"
#include "wasm/engine_syscalls.h"

#define START_TIMEOUT_MS 5000
#define WORKER_FILES_MAX 64u
#define CONTRACT_ARENA_BYTES (64u << 20)

static const struct syscall_rule worker_syscalls[] = {
    SYSCALL_ALLOW(read, "the doorbell"),
    SYSCALL_ALLOW(write, "the peers' doorbells, the log"),
    SYSCALL_ALLOW(close, "the control socket, once ready"),
    SYSCALL_ALLOW(ppoll, "waiting for the doorbell or a timer"),
    SYSCALL_ALLOW_IF(sendmsg, 0, 0xffffffff, SPAWN_CONTROL_FD, "saying that it is ready"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {worker_syscalls, engine_syscalls, NULL};

static const enum control_type takes[] = {
    CONTROL_SETUP, CONTROL_CHANNEL, CONTROL_WORKER_RUN, CONTROL_TYPE_COUNT};

const struct process_manifest worker_manifest = {
    .kind = PROCESS_WORKER,
    .name = "worker",
    .purpose = "Runs one function, each request in a fresh instance.",
    .may = "nothing but compute and talk to gateway and broker",
    .sandbox = {.namespaces = SANDBOX_NS_NET | SANDBOX_NS_IPC | SANDBOX_NS_UTS | SANDBOX_NS_MOUNT,
	.tables = tables,
	.files_max = WORKER_FILES_MAX,
	.all_threads = true},
    .restart_ms_min = 100,
    .restart_ms_max = 30000,
    .takes = takes,
};

/* Its page map is the one file that the engine opens, before the filter takes opening away altogether. */
static const struct sandbox_path paths[] = {{"/proc/self", SANDBOX_READ}, {NULL, SANDBOX_READ}};

/* Doorbell and two channels of one thread, in the order in which the supervisor sends them. */
static result receive_thread(struct worker_thread *t, struct error *err)
{
	struct control_message m;
	int fds[CONTROL_FDS_MAX];
	TRY(control_expect(SPAWN_CONTROL_FD, CONTROL_SETUP, START_TIMEOUT_MS, err, &m, fds));
	if (m.fd_count != 1)
		return error_set(err, ERR_INVALID, "SETUP without a doorbell");
	t->bell_fd = fds[0];
	TRY(doorbell_blocks(t->bell_fd, err));
	struct channel *const channels[] = {&t->gateway, &t->broker};
	for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
		TRY(control_expect(SPAWN_CONTROL_FD, CONTROL_CHANNEL, START_TIMEOUT_MS, err, &m, fds));
		if (m.fd_count != 2)
			return error_set(err, ERR_INVALID, "CHANNEL without memory and doorbell");
		/* Gateway and broker are lower kinds: they hold side 0. */
		result r = channel_open(channels[i], fds[0], 1, fds[1], err);
		close(fds[0]);
		TRY(r);
	}
	return RESULT_OK;
}

/* Waits to be somebody's, for as long as the supervisor lives. */
static result receive_function(struct worker_process *p, struct error *err)
{
	struct control_message m;
	int fds[CONTROL_FDS_MAX];
	TRY(control_expect(SPAWN_CONTROL_FD, CONTROL_WORKER_RUN, -1, err, &m, fds));
	if (m.fd_count != 2)
		return error_set(err, ERR_INVALID, "WORKER_RUN without bundle and contract");
	p->ref = m.b;
	TRY(fd_map_sealed(fds[0], err, &p->bundle));
	TRY(fd_map_sealed(fds[1], err, &p->contract_text));
	close(fds[0]);
	close(fds[1]);
	return RESULT_OK;
}

static result load_contract(struct worker_process *p, struct error *err)
{
	arena_init(&p->arena, CONTRACT_ARENA_BYTES);
	TRY(app_contract_parse(p->contract_text, &p->arena, err, &p->contract));
	if (p->contract.function_count != 1)
		return error_set(err, ERR_INVALID, "a worker's contract holds %zu functions", p->contract.function_count);
	p->function = &p->contract.functions[0];
	return app_type_set(p->function, err, &p->types);
}

static result load_program(struct worker_process *p, struct error *err)
{
	const struct engine_types types = worker_types_view(p->types);
	const struct manifest_limits *limits = &p->function->contract.limits;
	const struct engine_config config = {.name = p->function->contract.name.ptr,
	    .bundle = p->bundle,
	    .types = &types,
	    .memory_bytes_max = limits->memory_bytes,
	    .cpu_ns_max = limits->cpu_us * 1000,
	    .result_bytes_max = 8u << 20,
	    .holds_secrets = p->function->contract.secrets.count > 0};
	return engine_program_new(&config, err, &p->program);
}

static pthread_barrier_t thread_ready;
static pthread_barrier_t go;

static void init_slots(struct worker_thread *t)
{
	for (uint32_t i = 0; i < WORKER_SLOTS_MAX; i++)
		t->free[t->free_count++] = WORKER_SLOTS_MAX - 1 - i;
}

static void *thread_main(void *arg)
{
	struct worker_thread *t = arg;
	struct error err = {0};
	pin_to_cpu(t->index);
	if (!is_ok(engine_thread_init(&err))) {
		LOG_ERROR("cannot_start", LOG_STR("why", err.text));
		_exit(1);
	}
	(void)pthread_barrier_wait(&thread_ready);
	(void)pthread_barrier_wait(&go);
	worker_thread_run(t);
	return NULL;
}

static result start_threads(struct worker_process *p, struct error *err)
{
	const unsigned count = p->thread_count;
	if (pthread_barrier_init(&thread_ready, NULL, count) != 0 ||
	    pthread_barrier_init(&go, NULL, count) != 0)
		return error_set(err, ERR_SYSTEM, "cannot make a barrier");
	/* The first thread is the process's own. */
	for (unsigned i = 1; i < count; i++)
		if (pthread_create(&p->threads[i].thread, NULL, thread_main, &p->threads[i]) != 0)
			return error_set(err, ERR_SYSTEM, "cannot start a thread");
	pin_to_cpu(0);
	TRY(engine_thread_init(err));
	(void)pthread_barrier_wait(&thread_ready);
	return RESULT_OK;
}

/* All that is the same for every function, so that one which is called finds it done. */
static result prepare(struct worker_process *p, struct error *err, struct sandbox_code *ret_filter)
{
	struct sandbox sandbox = worker_manifest.sandbox;
	sandbox.paths = paths;
	if (p->thread_count < 1 || p->thread_count > WORKER_THREADS_MAX)
		return error_set(err, ERR_INVALID, "%u threads asked for", p->thread_count);
	TRY(sandbox_enter(&sandbox, &process_nobody, err));
	for (unsigned i = 0; i < p->thread_count; i++) {
		p->threads[i].process = p;
		p->threads[i].index = i;
		init_slots(&p->threads[i]);
		TRY(receive_thread(&p->threads[i], err));
	}
	TRY(start_threads(p, err));
	TRY(engine_program_prepare(err));
	return sandbox_filter_build(&sandbox, err, ret_filter);
}

/* The filter comes with the function: until then the process hears the supervisor, afterwards nobody. */
static result become_function(struct worker_process *p, struct sandbox_code *filter, struct error *err)
{
	int notify = -1;
	TRY(receive_function(p, err));
	TRY(load_contract(p, err));
	TRY(sandbox_filter_enter(filter, err, &notify));
	TRY(control_send(SPAWN_CONTROL_FD, CONTROL_READY, 1, p->ref, 0, NULL, &notify, 1, err));
	close(notify);
	/* Locked: from here on the app's code runs. */
	return load_program(p, err);
}

int worker_run(unsigned threads)
{
	static struct worker_process process;
	struct error err = {0};
	struct sandbox_code filter = {0};
	process.thread_count = threads;
	log_init("worker", LOG_LEVEL_INFO);
	result r = prepare(&process, &err, &filter);
	if (is_ok(r))
		r = become_function(&process, &filter, &err);
	if (!is_ok(r)) {
		ignore_result(control_send(
		    SPAWN_CONTROL_FD, CONTROL_FAILED, 0, process.ref, 0, err.text, NULL, 0, NULL));
		return 1;
	}
	close(SPAWN_CONTROL_FD);
	(void)pthread_barrier_wait(&go);
	worker_thread_run(&process.threads[0]);
	return 1;
}
