/*
 * Countries by their codes of two letters (ISO 3166-1 alpha-2), and `countries` of ward.yaml. XK (Kosovo) is
 * the code that databases and the European Union use though ISO has not given it.
 */
#ifndef WARD_APP_MANIFEST_COUNTRIES_H
#define WARD_APP_MANIFEST_COUNTRIES_H

#include "base/slice.h"

/* Upper case, and the code of a country. */
bool is_country(struct slice code);
/* 0 to COUNTRY_NUMBERS - 1 of two upper-case letters; -1 of anything else. */
#define COUNTRY_NUMBERS (26 * 26)
int country_number(struct slice code);

#endif
