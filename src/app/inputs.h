/*
 * What a build depends on, as one fingerprint: the bytes of the app's files, and size and time of the tools
 * that build it. Commands that only ask of a contract build again when it has changed.
 */
#ifndef WARD_APP_INPUTS_H
#define WARD_APP_INPUTS_H

#include "base/result.h"

#define INPUTS_TEXT_BYTES 65u /* 64 hexadecimal digits and NUL */

/*
 * app_dir: every regular file by content; dot entries and node_modules (which its lock file speaks for) are
 * left out, symbolic links are not followed. tools: NULL-terminated files and folders by size and
 * modification time. ERR_LIMIT when there is more than a build should read.
 */
result inputs_fingerprint(
    const char *app_dir, const char *const *tools, struct error *err, char ret_text[INPUTS_TEXT_BYTES]);

#endif
