/* Which grants are used, for `ward tighten`: one store a call, a file every now and then. */
#include "base/log.h"
#include "proc/broker/broker.h"

/* Most of the time there is nothing to save (usage.h); while an app is new to the broker, once a second. */
#define SAVE_EVERY_MS 1000

void broker_used(struct broker *b, const struct broker_function *f, size_t grant)
{
	usage_note(f->app->usage, usage_first(f->app->usage, ref_index(f->ref)) + grant, b->unix_ms);
}

void broker_save_used(struct broker *b, bool now)
{
	struct error err = {0};
	if (!now && b->unix_ms - b->used_saved_ms < SAVE_EVERY_MS)
		return;
	b->used_saved_ms = b->unix_ms;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		if (b->apps[i] && !is_ok(usage_save(b->apps[i]->usage, &err)))
			LOG_ERROR("cannot_save_usage", LOG_STR("why", err.text));
}
