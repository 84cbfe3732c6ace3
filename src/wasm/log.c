/* Console lines of a request, kept on the host's side so that they survive a kill. Bounded in lines and bytes. */
#include "wasm/internal.h"

static void add_line(struct engine_instance *instance, enum engine_log_level level, struct slice text)
{
	size_t at = instance->log_text.len;
	buf_add_slice(&instance->log_text, text);
	if (!buf_ok(&instance->log_text)) {
		instance->log_text.failed = false;
		return;
	}
	instance->log[instance->log_count++] = (struct log_line){.level = level, .at = at, .len = text.len};
}

/* text may stand in log_text behind its end, as host_log() leaves it. */
void instance_log(struct engine_instance *instance, enum engine_log_level level, struct slice text)
{
	size_t max = instance->program->log_bytes_max;
	if (instance->log_bytes > max)
		return;
	instance->log_bytes += text.len + 1;
	if (instance->log_bytes > max || instance->log_count >= LOG_LINES_MAX - 1) {
		instance->log_bytes = max + 1;
		add_line(instance, ENGINE_LOG_WARN, SLICE("further console output of this request is left out"));
		return;
	}
	/* In place: it was written where it belongs. */
	if (text.ptr == instance->log_text.ptr + instance->log_text.len) {
		instance->log[instance->log_count++] =
		    (struct log_line){.level = level, .at = instance->log_text.len, .len = text.len};
		instance->log_text.len += text.len;
		return;
	}
	add_line(instance, level, text);
}

bool engine_instance_next_log(struct engine_instance *instance, enum engine_log_level *ret_level, struct slice *ret_text)
{
	if (instance->log_next == instance->log_count)
		return false;
	const struct log_line *line = &instance->log[instance->log_next++];
	*ret_level = line->level;
	*ret_text = slice_of(instance->log_text.ptr + line->at, line->len);
	return true;
}
