/* scheduler.c: see scheduler.h. */
#include "scheduler.h"

#include "base/context.h"
#include "exec/candidate.h"
#include <stdlib.h>

enum { MOST_CHOICES = 256 };

hdt_program *best_program(const hdt_task *task)
{
	return check_program(candidate_program((candidate){.scheduler = scheduler_under_test}, task, machine));
}

const char *program_text_of(const char *source)
{
	return program_text(best_program(parse_task(source)));
}

const char *reason_against(const char *source)
{
	hdt_answer answer = scheduler_under_test->query(parse_task(source), machine);
	cr_assert_not(answer.applies);
	cr_assert_not_null(answer.reason);
	return answer.reason;
}

static void run_step(const hdt_task *task, const step *s, const bindings *sizes)
{
	int output = task->input_count;
	memory m = memory_new(s->program, task->input_count, sizes);
	void *wanted = wanted_of(task, &m, sizes);
	processor_run(s, &m, sizes);
	check_elements(task->outputs[0], m.data[output], wanted, m.bytes[output], s->program);
	free(wanted);
	memory_free(&m);
}

void run_sizes(const char *source, const int64_t *const *sizes, int count)
{
	const hdt_task *task = parse_task(source);
	hdt_answer answer = scheduler_under_test->query(task, machine);
	cr_assert(answer.applies, "declined: %s", answer.reason);
	step s = {.program = best_program(task)};
	const hdt_program *p = s.program;
	processor_compile(&s, 1);
	for (int i = 0; i < count; i++)
		run_step(task, &s, &(bindings){p->symbols, sizes[i], p->symbol_count});
}

void run(const char *source)
{
	const int64_t *const none[] = {NULL};
	run_sizes(source, none, 1);
}

void run_choices(const char *source, int level, int apart)
{
	hdt_choice choices[MOST_CHOICES];
	step steps[MOST_CHOICES];
	const hdt_task *task = parse_task(source);
	int all = scheduler_under_test->space(task, machine, level, choices, MOST_CHOICES), count = 0;
	cr_assert_gt(all, 0);
	for (int i = 0; i < all; i += apart)
		steps[count++] =
			(step){.program = check_program(scheduler_under_test->build_choice(task, machine, &choices[i]))};
	processor_compile(steps, count);
	for (int i = 0; i < count; i++)
		run_step(task, &steps[i], &(bindings){0});
}
