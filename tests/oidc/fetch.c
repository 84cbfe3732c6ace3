#include "fetch.h"

#include <curl/curl.h>

void fetch_init(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t keep(char *bytes, size_t size, size_t count, void *to)
{
	buf_add(to, bytes, size * count);
	return size * count;
}

uint32_t fetch_one(const struct oidc_flow *f, struct buf *body)
{
	long status = 0;
	CLEANUP_BUF struct buf header = BUF_INIT(8192);
	CLEANUP_BUF struct buf form = BUF_INIT(16384);
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	if (f->authorization.len) {
		buf_printf(&header, "Authorization: %.*s", SLICE_ARG(buf_slice(&f->authorization)));
		headers = curl_slist_append(headers, buf_cstr(&header));
	}
	buf_add_slice(&form, buf_slice(&f->body));
	(void)curl_easy_setopt(curl, CURLOPT_URL, f->url);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10l);
	if (f->post)
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, buf_cstr(&form));
	if (curl_easy_perform(curl) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return (uint32_t)status;
}

result fetch_all(struct oidc_flow *f, int64_t now_ms, struct error *err)
{
	while (oidc_flow_wants_fetch(f)) {
		CLEANUP_BUF struct buf body = BUF_INIT(1u << 20);
		const uint32_t status = fetch_one(f, &body);
		TRY(oidc_flow_fetched(f, status, buf_slice(&body), now_ms, err));
	}
	return RESULT_OK;
}
