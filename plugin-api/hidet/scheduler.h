/* scheduler.h: turns a task into a tensor program for one target. */
#ifndef HIDET_SCHEDULER_H
#define HIDET_SCHEDULER_H

#include <hidet/script.h>
#include <hidet/target.h>

HDT_BEGIN

/* Workers to reckon with, whatever the machine has: equal tasks give equal programs on every machine of an ISA. */
enum { HDT_RECKONED_WORKERS = 8 };

typedef struct hdt_answer {
	bool applies;
	double cost_us;     /* estimated time of one launch in microseconds with HDT_RECKONED_WORKERS, when it applies */
	const char *reason; /* why it does not apply; constant or of the context's arena */
} hdt_answer;

typedef struct hdt_scheduler {
	size_t size;
	const char *name;
	const char *doc;
	const char *target; /* name of the one target it schedules for; NULL: every target that runs functions of `kind` */
	hdt_function_kind kind;
	int rank; /* decides between equal costs */
	hdt_answer (*query)(const hdt_task *task, const hdt_target_info *target);
	/* The program for the task, its buffers bound by hdt_program_bind; NULL after a fault. Deterministic. */
	hdt_program *(*build)(const hdt_task *task, const hdt_target_info *target);
} hdt_scheduler;

HDT_END
#endif
