/* The table of signals and the sentences they are told in. */
#include "observe/signal.h"

#define CALL_START 0xffff

const struct signal_manifest signal_manifests[SIGNAL_KIND_COUNT] = {
    [SIGNAL_DENIAL] = {"denial", true, "",
	"It tried %c, which its contract does not grant; the broker refused.",
	"See which code or dependency asks for it; `ward why` names the line that refused."},
    [SIGNAL_FIRST_USE] = {"first_use", true, "",
	"It used %c for the first time since this version was learned.",
	"If no release explains it, look at what changed in its dependencies."},
    [SIGNAL_NEW_ORDER] = {"new_order", true, "", "It did %c right after %p, an order never seen before.",
	"Compare the request's trace with an ordinary one."},
    [SIGNAL_TRAP] = {"trap", true, "", "The guest trapped: it did something its sandbox does not allow.",
	"The stack in the log says where; a trap that a caller can cause is a bug to mend first."},
    [SIGNAL_INPUT_REFUSED] = {"input_refused", true, "", "A value of a typed field was refused.",
	"One is a client's mistake; many of one caller are probing."},
    [SIGNAL_MISMATCH] = {"mismatch", true, "", "A response did not fit its declared type and was held back.",
	"The function's type or its data is wrong; callers got an error."},
    [SIGNAL_PAYLOAD] = {"payload", true, "", "A free-text field looks like an injection attempt.",
	"It could do no harm here; watch what else this caller does."},
    [SIGNAL_MANY_CALLS] = {"many_calls", false, "host calls",
	"One request made %v host calls; %e was the most before.",
	"Look for a loop over a query, or a caller who found how to widen one."},
    [SIGNAL_CALLER_RATE] = {"caller_rate", false, "calls",
	"One caller made %v calls in %s; no caller made more than %e before.",
	"If it reads data page by page it is scraping: throttle or ban the account."},
    [SIGNAL_AUTH_FAILURES] = {"auth_failures", false, "refused sign-ins",
	"%v sign-ins were refused in %s; %e was the most before.",
	"Somebody tries lists of passwords: challenge or ban the addresses, look at accounts that "
	"succeeded."},
    [SIGNAL_PROBING] = {"probing", false, "refused requests",
	"One address had %v requests refused in %s; %e was the most before.",
	"Somebody looks for a way in by trial and error: ban the address."},
    [SIGNAL_FLOOD] = {"flood", false, "calls",
	"It was called %v times in %s; %e was the most before.",
	"Look at whether few or many addresses call; set a rate for what they share."},
    [SIGNAL_SILENCE] = {"silence", false, "calls expected",
	"It was not called for %v seconds although about %e calls were due.",
	"Look at what calls it: a client, a schedule, a route, DNS."},
    [SIGNAL_CPU] = {"cpu", false, "us a call", "A call took %v us of CPU on average; %e was the most before.",
	"If no release explains it, code runs that should not: a mining loop, a pathological input."},
    [SIGNAL_MEMORY] = {"memory", false, "KiB", "A call needed %v KiB of memory; %e was the most before.",
	"It grows: look at what is kept between or collected within requests."},
    [SIGNAL_RESPONSE_SIZE] = {"response_size", false, "bytes a call",
	"Responses were %v bytes on average; %e was the most before.",
	"If no release explains it, more data leaves than should: look at the queries behind it."},
    [SIGNAL_LATENCY] = {"latency", false, "us a call",
	"A call took %v us on average; %e was the most before.",
	"Look at the slowest part of its traces: database, outbound host or code."},
    [SIGNAL_FAILURES] = {"failures", false, "% of calls", "%v %% of calls failed; %e %% was the most before.",
	"The newest errors and releases say why."},
    [SIGNAL_STATISTICS] = {"statistics", false, "decades of rarity",
	"A measure behaves as it did not before (%v decades of rarity).", "See the chart around that time."},
    [SIGNAL_BUDGET_LOW] = {"budget_low", true, "%", "%v %% of the day's budget are used; calls are refused when all of it is.",
	"See who calls and what a call costs. If it is wanted, raise `budget` in ward.yaml."},
    [SIGNAL_BUDGET_SPENT] = {"budget_spent", true, "%", "The day's budget is used up: calls get 503 until midnight UTC.",
	"If it is an attack, ban or throttle who calls; else raise `budget` in ward.yaml. Closing this incident, or `ward act renew`, lets "
	"it spend the day's budget once more."},
};

static void add_call(uint16_t call, call_namer namer, void *context, struct buf *out)
{
	if (call == CALL_START) {
		buf_add_cstr(out, "its beginning");
		return;
	}
	buf_printf(out, "%s ", host_kind_name(call_kind(call)));
	struct slice name = namer ? namer(context, call) : SLICE_NONE;
	if (name.ptr)
		buf_add_slice(out, name);
	else if (call_index(call) == CALL_INDEX_UNKNOWN)
		buf_add_cstr(out, "that the contract does not name");
	else
		buf_printf(out, "#%u", call_index(call));
}

/* To the unit, where that is exact enough for a reader. */
static void add_amount(double value, struct buf *out)
{
	buf_printf(out, value >= 10 ? "%.0f" : "%.3g", value);
}

static void add_span(uint32_t span_s, struct buf *out)
{
	if (span_s == 1)
		buf_add_cstr(out, "one second");
	else if (span_s == 10)
		buf_add_cstr(out, "ten seconds");
	else
		buf_printf(out, "%u seconds", span_s);
}

void signal_explain(const struct signal *s, call_namer namer, void *context, struct buf *out)
{
	for (const char *w = signal_manifests[s->kind].words; *w; w++) {
		if (*w != '%') {
			buf_add_char(out, *w);
			continue;
		}
		switch (*++w) {
		case 'v':
			add_amount(s->value, out);
			break;
		case 'e':
			add_amount(s->expected, out);
			break;
		case 's':
			add_span(s->span_s, out);
			break;
		case 'c':
			add_call(s->call, namer, context, out);
			break;
		case 'p':
			add_call(s->previous, namer, context, out);
			break;
		default:
			buf_add_char(out, *w);
		}
	}
}
