/* A schema that may be anything, and a value for it: the text up to the first zero byte, and what follows. */
#include "contract/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), schema = slice_cut(&rest, '\0');
	struct error err;
	struct problems problems = {0};
	if (size > 4096)
		return 0;
	CLEANUP_BUF struct buf value = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	struct type_set *set = type_set_new_with(&(struct type_options){.plain = (size & 1) != 0});
	if (set && is_ok(type_set_add(set, SLICE("t"), schema, &err)) && is_ok(type_set_seal(set, &err))) {
		const struct type *type = type_set_find(set, SLICE("t"));
		(void)type_body_bytes_max(type);
		for (uint32_t i = 0; type_at(set, i); i++)
			(void)type_shape(type_at(set, i));
		if (is_ok(value_from_json(type, rest, &value, &problems)))
			ignore_result(value_to_json(type, buf_slice(&value), &text, &problems));
	}
	type_set_free(set);
	return 0;
}
