/* cuda_template.c: see cuda_template.h. */
#include "cuda_template.h"

#include <string.h>

enum { MOST_CHOICES = 1000 };

const hdt_target_info hopper = {.size = sizeof hopper,
                                .target = "sim",
                                .architecture = 90,
                                .processors = 132,
                                .warp = 32,
                                .cluster_blocks = 8,
                                .shared_bytes = 49152,
                                .shared_bytes_asked = 232448};

void check_choices(const hdt_scheduler *s, const char *source, const int64_t *sizes, int level, int step)
{
	static hdt_choice choices[MOST_CHOICES];
	const hdt_task *task = parse_task(source);
	hdt_answer answer = s->query(task, &hopper);
	cr_assert(answer.applies, "%s: %s", source, answer.reason);
	cr_assert(!s->keeps || s->keeps(task, &hopper), "%s", source);
	int count = s->space(task, &hopper, level, choices, MOST_CHOICES);
	cr_assert_geq(count, 1);
	for (int i = 0; i < count; i += step)
		run_program_and_compare(task, check_program(s->build_choice(task, &hopper, &choices[i])), sizes);
}

void check_declined(const hdt_scheduler *s, const char *source, const char *reason)
{
	hdt_answer answer = s->query(parse_task(source), &hopper);
	cr_assert_not(answer.applies, "%s", source);
	cr_assert(strstr(answer.reason, reason), "%s", answer.reason);
}
