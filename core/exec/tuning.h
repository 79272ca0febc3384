/* tuning.h: what tuning has found out, on disk: for a task on a kind of machine, the fastest way to compute it.
 *
 * One small text file for each finding, named by the SHA-256 of all that the finding depends on: the task's text, the target, its cache key (ISA,
 * compiler, flags) and the version of the format. Files are written atomically and safe for many processes. One that is damaged, or
 * tells of a scheduler or a choice that is not there any more, counts as none. */
#ifndef CORE_EXEC_TUNING_H
#define CORE_EXEC_TUNING_H

#include "exec/candidate.h"

typedef struct finding {
	candidate best;
	double us, baseline_us; /* of one launch, and what the best guess took beside it */
	int level;              /* of the space that was searched */
} finding;

/* Of the files, whose names are keys with this suffix. */
#define TUNING_FORMAT "hidet tuning 1"
#define TUNING_SUFFIX ".txt"

/* Where findings are kept: in the cache's folder (exec/cache.h), if there is such a folder yet or not. NULL after a fault: HDT_USAGE when there is no
 * cache. */
const char *tuning_folder(hdt_context *context, const char *cache_dir);
/* Name of the finding for this task; NULL when memory is out. */
const char *tuning_key(hdt_context *context, const hdt_task *task, const loaded *on);
/* False: nothing is known, or nothing that can be used. */
bool tuning_find(hdt_context *context, const char *folder, const char *key, const hdt_task *task, const loaded *on,
                 finding *out);
hdt_status tuning_store(hdt_context *context, const char *folder, const char *key, const finding *f);

#endif
