/*
 * Making a cage equal to its snapshot again.
 *
 * The cage maps the snapshot copy-on-write, so a page that was ever written since is private to it, and becoming private
 * takes a page fault. `hot` lists the private pages. If the thread's fault count has not moved since the last restore,
 * no page became private and putting the hot ones back is enough: no system call but the one that reads the count.
 * Otherwise the private pages are found again, by PAGEMAP_SCAN, or, where the kernel is older than 6.7, dropped:
 * MADV_DONTNEED for all but the hot ones, which are learned from /proc/self/pagemap or, without it, by comparing.
 *
 * Hot pages that have come out equal for many restores are given back, so one large request does not slow the rest.
 */
#ifndef WARD_WASM_RESTORE_H
#define WARD_WASM_RESTORE_H

#include "wasm/page_copy.h"
#include "wasm/snapshot.h"

enum restore_how { RESTORE_SCAN, RESTORE_DROP };

struct hot_page {
	uint32_t page; /* OS page in the cage */
	uint32_t idle; /* restores since it last differed */
};

struct restore {
	enum restore_how how;
	page_restore_fn *page_restore;
	int pagemap_fd; /* borrowed; for RESTORE_SCAN */
	struct hot_page *lists; /* owned: room for hot and next */
	struct hot_page *hot; /* ascending */
	struct hot_page *next; /* where the next list is built */
	size_t hot_count, hot_size;
	uint64_t faults; /* of the thread, at the end of the last restore */
	uint32_t restores; /* since idle pages were last given back */
	uint32_t learned; /* RESTORE_DROP: how often pages were learned lately */
};

/* True when this kernel can scan with this descriptor. */
bool restore_can_scan(int pagemap_fd);

result restore_init(struct restore *restore, enum restore_how how, int pagemap_fd, const struct snapshot *snapshot,
    struct error *err);
void restore_done(struct restore *restore);

/* Puts every byte back, growth included. On the thread that ran the guest. */
void restore_run(struct restore *restore, struct cage *cage, const struct snapshot *snapshot);

#endif
