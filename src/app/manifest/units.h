/* Durations, sizes and rates as they are written in ward.yaml and ward.lock. */
#ifndef WARD_APP_UNITS_H
#define WARD_APP_UNITS_H

#include "app/manifest/manifest.h"

/* "20ms", "1.5s", "5min", "2h", "30d", "250us": false when it is none of this form or past 100 years. */
bool duration_parse(struct slice text, uint64_t *ret_us);
/* "512B", "64KiB", "32MiB", "1GiB". "MB" is refused: it means two things. */
bool size_parse(struct slice text, uint64_t *ret_bytes);
/* "10/min/user": a count, per "s", "min", "h" or "d", and for "user", "ip" or "app" (the default). */
bool rate_parse(struct slice text, struct manifest_rate *ret);

#endif
