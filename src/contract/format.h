/* The tests behind `format`, one function a format; each takes the whole string. Pure; the text may be
 * anybody's. */
#ifndef WARD_CONTRACT_FORMAT_H
#define WARD_CONTRACT_FORMAT_H

#include "base/slice.h"

/* ---- format_net.c ---- */
bool format_ipv4(struct slice text);	     /* RFC 2673 section 3.2 */
bool format_ipv6(struct slice text);	     /* RFC 4291 section 2.2 */
bool format_hostname(struct slice text);     /* RFC 1123 section 2.1, A-labels by RFC 5891 section 4.4 */
bool format_idn_hostname(struct slice text); /* RFC 5890 section 2.3.2.3 */
bool format_email(struct slice text);	     /* RFC 5321 section 4.1.2, Mailbox */
bool format_idn_email(struct slice text);    /* RFC 6531 section 3.3 */

/* ---- format_uri.c ---- */
bool format_uri(struct slice text);	      /* RFC 3986, with a scheme */
bool format_uri_reference(struct slice text); /* RFC 3986 section 4.1 */
bool format_iri(struct slice text);	      /* RFC 3987, with a scheme */
bool format_iri_reference(struct slice text); /* RFC 3987 section 2.2 */
bool format_uri_template(struct slice text);  /* RFC 6570 section 2 */

/* ---- format_text.c ---- */
bool format_date_time(struct slice text); /* RFC 3339 section 5.6 */
bool format_date(struct slice text);
bool format_time(struct slice text);
bool format_duration(struct slice text);	      /* RFC 3339 appendix A */
bool format_uuid(struct slice text);		      /* RFC 4122 section 3 */
bool format_json_pointer(struct slice text);	      /* RFC 6901 section 3 */
bool format_relative_json_pointer(struct slice text); /* draft-bhutton-relative-json-pointer-00 section 3 */
bool format_regex(struct slice text);		      /* ECMA-262 section 22.2.1 */

/* Shared by them. */
static inline bool format_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool format_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool format_hex(char c)
{
	return format_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

#endif
