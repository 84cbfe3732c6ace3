/* `ward serve` and `ward dev`: build, migrate, supervise. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/contract/compat.h"
#include "app/database.h"
#include "cli/contract.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

/* Functions that have their worker before anyone calls: about a megabyte each, against some milliseconds. */
#define WARM_STANDARD 32u

struct serve_options {
	const char *dir;
	const char *listen;
	const char *state;
	const char *origin;
	const char *warm;
	const char *trust_proxy;
	const char *countries;
	bool dev;
};

static int parse(int argc, char **argv, struct serve_options *o)
{
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--listen", &o->listen) ||
		    option_value(argc, argv, &i, "--state", &o->state) ||
		    option_value(argc, argv, &i, "--origin", &o->origin) ||
		    option_value(argc, argv, &i, "--warm", &o->warm) ||
		    option_value(argc, argv, &i, "--countries", &o->countries) ||
		    option_value(argc, argv, &i, "--trust-proxy", &o->trust_proxy))
			continue;
		if (argv[i][0] == '-')
			return usage_error(argv[0], "there is no option %s", argv[i]);
		if (o->dir)
			return usage_error(argv[0], "one app at a time: %s and %s", o->dir, argv[i]);
		o->dir = argv[i];
	}
	return o->dir ? 0 : usage_error(argv[0], "which app?");
}

/* "127.0.0.1:8080" or "[::1]:8080" into two strings. */
static bool split_address(const char *text, char *host, size_t host_size, char *port, size_t port_size)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text || strlen(colon + 1) == 0)
		return false;
	size_t n = (size_t)(colon - text);
	if (text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	int h = snprintf(host, host_size, "%.*s", (int)n, text);
	int p = snprintf(port, port_size, "%s", colon + 1);
	return h > 0 && (size_t)h < host_size && p > 0 && (size_t)p < port_size;
}

/* Browsers tell sites apart by origin; passkeys know a site by a name, never by an address, so loopback is "localhost". */
static const char *origin_of(const struct serve_options *o, const char *host, const char *port)
{
	static char origin[256];
	if (o->origin)
		return o->origin;
	const char *name = strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ? "localhost" : host;
	(void)snprintf(origin, sizeof origin, strchr(name, ':') ? "http://[%s]:%s" : "http://%s:%s", name, port);
	return origin;
}

/* As much as a control message carries beside the key. */
#define TRUST_PROXY_BYTES_MAX 200u

static bool ranges_fit(const char *list)
{
	struct slice rest = slice_cstr(list);
	struct net_range range;
	if (rest.len > TRUST_PROXY_BYTES_MAX)
		return false;
	while (rest.ptr)
		if (!net_range_parse(slice_trim(slice_cut(&rest, ',')), &range))
			return false;
	return true;
}

static int serve(const struct serve_options *o)
{
	uint64_t warm = WARM_STANDARD;
	static char host[128], port[16], state[PATH_MAX], pages[PATH_MAX];
	struct error err = {0};
	struct image *image = NULL;
	static struct app_database database;
	if (!split_address(o->listen, host, sizeof host, port, sizeof port))
		return usage_error(
		    o->dev ? "dev" : "serve", "--listen takes HOST:PORT, not \"%s\"", o->listen);
	if (o->warm && (!slice_to_u64(slice_cstr(o->warm), &warm) || warm > WORKERS_MAX))
		return usage_error(o->dev ? "dev" : "serve", "--warm takes a number of functions, not \"%s\"", o->warm);
	if (o->trust_proxy && !ranges_fit(o->trust_proxy))
		return usage_error(o->dev ? "dev" : "serve", "--trust-proxy takes networks with commas between, as in 10.0.0.0/8,::1, not \"%s\"",
		    o->trust_proxy);
	if (o->state)
		(void)snprintf(state, sizeof state, "%s", o->state);
	else
		(void)snprintf(state, sizeof state, "%s/.ward/state", o->dir);
	(void)snprintf(pages, sizeof pages, "%s/src/identity/pages", ward_home());
	/* A deploy that asks for more than its lock grants is refused; while it is being written an app may
	 * grow. */
	const struct build_options build = {.dir = o->dir,
	    .state = state,
	    .hold = o->dev ? LOCK_HOLD_NONE : LOCK_HOLD_DEPLOY,
	    .compare = !o->dev};
	if (!build_apart(&build))
		return 1;
	if (mkdir(state, 0700) < 0 && access(state, W_OK) != 0) {
		(void)fprintf(stderr, "ward: cannot make the state directory %s\n", state);
		return 1;
	}
	if (!is_ok(image_load(o->dir, pages, 1, &err, &image)) ||
	    !is_ok(app_database_prepare(o->dir, state, &image->contract, NULL, &err, &database))) {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		return 1;
	}
	if (!o->countries && (image->contract.countries.allow.count || image->contract.countries.deny.count)) {
		(void)fprintf(stderr, "ward: ward.yaml says which countries callers may come from; give a database of them with --countries FILE "
				      "(a MaxMind DB, as GeoLite2-Country.mmdb)\n");
		return 1;
	}
	warn_unset_secrets(&image->contract, state);
	if (!o->dev && !is_ok(compat_deployed(state, image->text, &err)))
		(void)fprintf(stderr, "ward: %s\n", err.text);
	const struct supervisor_config config = {
	    .host = host, .port = port, .state_dir = state, .app_dir = o->dir,
	    .pages_dir = pages, .warm = (unsigned)warm, .origin = origin_of(o, host, port),
	    .trust_proxy = o->trust_proxy ? o->trust_proxy : "", .countries = o->countries, .dev = o->dev, .database = &database};
	return supervisor_run(&config, image);
}

int command_serve(int argc, char **argv)
{
	struct serve_options o = {.listen = "127.0.0.1:8080"};
	int wrong = parse(argc, argv, &o);
	return wrong ? wrong : serve(&o);
}

int command_dev(int argc, char **argv)
{
	struct serve_options o = {.listen = "127.0.0.1:8080", .dev = true};
	int wrong = parse(argc, argv, &o);
	return wrong ? wrong : serve(&o);
}
