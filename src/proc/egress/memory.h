/* Memory for libcurl that is wiped before it is given back: requests carry secrets through many of its buffers. */
#ifndef WARD_PROC_EGRESS_MEMORY_H
#define WARD_PROC_EGRESS_MEMORY_H

#include "base/result.h"

/* Starts libcurl with it. Before any other call of libcurl. */
result memory_start_curl(struct error *err);

#endif
