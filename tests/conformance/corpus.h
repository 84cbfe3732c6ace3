/* The outside test data: where it is, its folders and files. */
#ifndef WARD_TESTS_CORPUS_H
#define WARD_TESTS_CORPUS_H

#include "base/buf.h"

/* Unpacks a family below build/corpora and gives its folder; false, having said so, when there is no outside
 * data. */
bool corpus_unpack(const char *name, char *ret_dir, size_t size);
bool file_read(const char *path, struct buf *out);
/* Names in a folder that end so, sorted; owned, ends with NULL. NULL when there is no such folder. */
char **folder_list(const char *dir, const char *suffix);
void folder_list_free(char **names);

#endif
