/* Called with the bytes of strangers. */
#include "contract/sniff.h"

#include <string.h>

#include "contract/json.h"

enum group { GROUP_MEDIA, GROUP_CONTAINER, GROUP_TEXT, GROUP_JSON };

struct file_kind {
	struct slice type;
	const char *words; /* "is a PNG image" */
	enum group group;
	bool (*is)(struct slice bytes);
	bool (*ends)(struct slice bytes); /* NULL: how it ends says nothing */
};

static bool at(struct slice bytes, size_t offset, struct slice text)
{
	return bytes.len >= offset + text.len && memcmp(bytes.ptr + offset, text.ptr, text.len) == 0;
}

static uint32_t big_endian(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t little_endian(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static bool is_png(struct slice b)
{
	return at(b, 0, SLICE("\x89PNG\r\n\x1a\n")) && at(b, 12, SLICE("IHDR"));
}

/* Chunk by chunk to IEND, and nothing behind it (PNG section 5.3). */
static bool png_ends(struct slice b)
{
	size_t i = 8;
	while (b.len - i >= 12) {
		size_t n = big_endian(b.ptr + i);
		bool last = at(b, i + 4, SLICE("IEND"));
		if (n > b.len - i - 12)
			return false;
		i += n + 12;
		if (last)
			return i == b.len;
	}
	return false;
}

static bool is_jpeg(struct slice b)
{
	return at(b, 0, SLICE("\xff\xd8\xff"));
}

static bool jpeg_ends(struct slice b)
{
	return at(b, b.len - 2, SLICE("\xff\xd9"));
}

static bool is_gif(struct slice b)
{
	return at(b, 0, SLICE("GIF87a")) || at(b, 0, SLICE("GIF89a"));
}

static bool gif_ends(struct slice b)
{
	return b.ptr[b.len - 1] == ';';
}

static bool is_webp(struct slice b)
{
	return at(b, 0, SLICE("RIFF")) && at(b, 8, SLICE("WEBPVP"));
}

/* The size of a RIFF form counts what follows it, padded to an even number. */
static bool webp_ends(struct slice b)
{
	uint64_t n = little_endian(b.ptr + 4);
	return n + (n & 1) + 8 == b.len;
}

/* Section 6.2.1: the major brand, or one of the compatible ones. */
static bool has_brand(struct slice b, struct slice brand)
{
	if (!at(b, 4, SLICE("ftyp")) || b.len < 12)
		return false;
	size_t n = big_endian(b.ptr);
	if (n < 12 || n > b.len || n % 4 != 0)
		return false;
	for (size_t i = 8; i + 4 <= n; i += 4)
		if (i != 12 && at(b, i, brand))
			return true;
	return false;
}

static bool is_avif(struct slice b)
{
	return has_brand(b, SLICE("avif")) || has_brand(b, SLICE("avis"));
}

static bool is_mp4(struct slice b)
{
	return has_brand(b, SLICE("mp4")) && !is_avif(b);
}

/* Section 6.2.2: EBML whose document type is webm, within the first 38 bytes. */
static bool is_webm(struct slice b)
{
	static const struct slice type = {"\x42\x82\x84webm", 7};
	size_t window = b.len < 38 ? b.len : 38;
	return at(b, 0, SLICE("\x1a\x45\xdf\xa3")) && memmem(b.ptr, window, type.ptr, type.len);
}

/* Length of the MPEG audio layer III frame that begins here, or 0 (section 6.2.3). */
static size_t mp3_frame(struct slice b, size_t i)
{
	static const uint16_t kilobits[2][15] = {
	    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}};
	static const uint16_t hertz[3] = {44100, 48000, 32000};
	if (b.len < i + 4)
		return 0;
	const unsigned char *p = (const unsigned char *)b.ptr + i;
	unsigned version = p[1] >> 3 & 3, layer = p[1] >> 1 & 3, rate = p[2] >> 4, sample = p[2] >> 2 & 3;
	if (p[0] != 0xff || (p[1] & 0xe0) != 0xe0 || version == 1 || layer != 1 || rate == 0 || rate == 15 ||
	    sample == 3)
		return 0;
	unsigned slower = version == 3 ? 0 : version == 2 ? 1 : 2;
	unsigned scale = version == 3 ? 144 : 72;
	return scale * kilobits[version == 3][rate] * 1000u / (hertz[sample] >> slower) + (p[2] >> 1 & 1);
}

static bool is_mp3(struct slice b)
{
	if (at(b, 0, SLICE("ID3")))
		return true;
	size_t n = mp3_frame(b, 0);
	return n > 0 && mp3_frame(b, n) > 0;
}

static bool is_woff2(struct slice b)
{
	return at(b, 0, SLICE("wOF2"));
}

/* Its header says how long it is (WOFF2 section 4). */
static bool woff2_ends(struct slice b)
{
	return b.len >= 48 && big_endian(b.ptr + 8) == b.len;
}

static bool is_pdf(struct slice b)
{
	return at(b, 0, SLICE("%PDF-"));
}

static bool is_zip(struct slice b)
{
	return at(b, 0, SLICE("PK\x03\x04")) || at(b, 0, SLICE("PK\x05\x06"));
}

static bool is_gzip(struct slice b)
{
	return at(b, 0, SLICE("\x1f\x8b\x08"));
}

/* Section 3: bytes that no text has. */
static bool is_text(struct slice b)
{
	struct text_facts facts;
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.ptr[i];
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b)
			return false;
	}
	return text_facts(b, &facts);
}

static bool is_json(struct slice b)
{
	CLEANUP_BUF struct buf out = BUF_INIT(SIZE_MAX);
	struct problems problems = {0};
	return is_text(b) && is_ok(json_to_encoding(b, &out, &problems));
}

static const struct file_kind kinds[] = {
    {{"image/png", 9}, "is a PNG image", GROUP_MEDIA, is_png, png_ends},
    {{"image/jpeg", 10}, "is a JPEG image", GROUP_MEDIA, is_jpeg, jpeg_ends},
    {{"image/gif", 9}, "is a GIF image", GROUP_MEDIA, is_gif, gif_ends},
    {{"image/webp", 10}, "is a WebP image", GROUP_MEDIA, is_webp, webp_ends},
    {{"image/avif", 10}, "is an AVIF image", GROUP_MEDIA, is_avif, NULL},
    {{"video/mp4", 9}, "is an MP4 video", GROUP_MEDIA, is_mp4, NULL},
    {{"video/webm", 10}, "is a WebM video", GROUP_MEDIA, is_webm, NULL},
    {{"audio/mpeg", 10}, "is MP3 audio", GROUP_MEDIA, is_mp3, NULL},
    {{"font/woff2", 10}, "is a WOFF2 font", GROUP_MEDIA, is_woff2, woff2_ends},
    {{"application/pdf", 15}, "is a PDF document", GROUP_CONTAINER, is_pdf, NULL},
    {{"application/zip", 15}, "is a ZIP archive", GROUP_CONTAINER, is_zip, NULL},
    {{"application/gzip", 16}, "is gzip", GROUP_CONTAINER, is_gzip, NULL},
    {{"application/json", 16}, "is JSON", GROUP_JSON, is_json, NULL},
    {{"text/csv", 8}, "is text", GROUP_TEXT, is_text, NULL},
    {{"text/plain", 10}, "is text", GROUP_TEXT, is_text, NULL},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

const struct file_kind *file_kind_find(struct slice media_type)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (slice_eq_nocase(media_type, kinds[i].type))
			return &kinds[i];
	return NULL;
}

struct slice file_kind_type(const struct file_kind *kind)
{
	return kind->type;
}

/* Section 7.1: what browsers take for a page when nobody tells them; all of it, since none of it is data. */
static bool begins_as_markup(struct slice b)
{
	if (at(b, 0, SLICE("\xef\xbb\xbf")))
		b = slice_of(b.ptr + 3, b.len - 3);
	b = slice_trim(b);
	if (b.len < 2 || b.ptr[0] != '<')
		return false;
	char c = b.ptr[1];
	return c == '!' || c == '?' || c == '/' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool holds_markup(struct slice b)
{
	static const struct slice marks[] = {{"<!doctype", 9}, {"<html", 5}, {"<head", 5}, {"<body", 5},
	    {"<script", 7}, {"<iframe", 7}, {"<svg", 4}, {"<?php", 5}};
	while (b.len > 0) {
		const char *p = memchr(b.ptr, '<', b.len);
		if (!p)
			return false;
		b = slice_of(p, b.len - (size_t)(p - b.ptr));
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
			if (b.len >= marks[i].len && slice_eq_nocase(slice_of(b.ptr, marks[i].len), marks[i]))
				return true;
		b = slice_of(b.ptr + 1, b.len - 1);
	}
	return false;
}

/* Readers of PDF look for its beginning in the first kilobyte, readers of ZIP for its directory from the end.
 */
static bool holds_document(struct slice b)
{
	size_t head = b.len < 1024 ? b.len : 1024, tail = b.len < 65557 ? b.len : 65557;
	return memmem(b.ptr, head, "%PDF-", 5) || memmem(b.ptr + b.len - tail, tail, "PK\x05\x06", 4);
}

static const char *found(struct slice bytes)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].group <= GROUP_CONTAINER && kinds[i].is(bytes))
			return kinds[i].words;
	if (begins_as_markup(bytes))
		return "is markup, as HTML and SVG are";
	return is_text(bytes) ? "is text" : "is of no type that is known here";
}

const char *file_kind_refusal(const struct file_kind *kind, struct slice bytes)
{
	if (bytes.len == 0)
		return "is empty";
	if (kind->group >= GROUP_TEXT && begins_as_markup(bytes))
		return "is markup, as HTML and SVG are";
	if (!kind->is(bytes))
		return kind->group == GROUP_JSON && is_text(bytes) ? "is not JSON" : found(bytes);
	if (kind->group == GROUP_MEDIA && holds_markup(bytes))
		return "has markup hidden in it";
	if (kind->group == GROUP_MEDIA && holds_document(bytes))
		return "is two things at once: a document or archive is hidden in it";
	return kind->ends && !kind->ends(bytes) ? "goes on after its end, or ends too early" : NULL;
}
