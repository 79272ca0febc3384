/* fixture.c: see fixture.h. */
#include "fixture.h"

#include <math.h>
#include <stdlib.h>

const hdt_scheduler *const scheduler_under_test = &hdt_scheduler_matmul_cpu;

void use_tiles(void)
{
	static hdt_target_info tiled;
	tiled = *machine;
	tiled.tiles = true;
	machine = &tiled;
}

/* What the task's definition gives of these inputs. */
static float *defined(const char *source, const memory *m)
{
	const hdt_task *task = parse_task(source);
	cr_assert(task->outputs[0]->dtype == HDT_F32);
	return wanted_of(task, m, NULL);
}

void run_within(const char *source, const char *exact, const char *magnitude, double bound)
{
	const hdt_task *task = parse_task(source);
	step s = {.program = best_program(task)};
	int output = task->input_count;
	processor_compile(&s, 1);
	memory m = memory_new(s.program, task->input_count, NULL);
	float *wanted = defined(exact, &m), *most = defined(magnitude, &m);
	double largest = 0;
	processor_run(&s, &m, NULL);
	for (int64_t i = 0; i < m.bytes[output] / 4; i++) {
		double error = fabs((double)((const float *)m.data[output])[i] - (double)wanted[i]);
		cr_assert_leq(error, bound * (double)most[i], "element %lld", (long long)i);
		largest = error > largest ? error : largest;
	}
	cr_expect_gt(largest, 0, "the comparison compares nothing");
	memory_free(&m);
	free(wanted);
	free(most);
}
