/* The alphabet of base64 (RFC 4648 section 4). */
#ifndef WARD_BASE_BASE64_H
#define WARD_BASE_BASE64_H

/* The six bits that a character stands for; -1 for any other. */
static inline int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The same, and section 5: the alphabet of URLs and file names beside it. */
static inline int base64_any_digit(char c)
{
	return c == '-' ? 62 : c == '_' ? 63 : base64_digit(c);
}

#endif
