/* bad.c: a plugin of templates for relu, each with a fault that selftest has to find: see `templates` at the end. */
#include <hidet/plugin.h>
#include <string.h>

enum { RIGHT, WRONG, CRASHES, HANGS, BREAKS };

static hdt_answer query(const hdt_task *task, const hdt_target_info *target)
{
	(void)target;
	if (strcmp(task->name, "relu") != 0 || task->outputs[0]->rank != 1 || task->outputs[0]->dtype != HDT_F32)
		return (hdt_answer){.reason = "it is no relu of a list"};
	return (hdt_answer){.applies = true, .cost_us = 1e9}; /* it would never win */
}

static hdt_answer decline(const hdt_task *task, const hdt_target_info *target)
{
	(void)task;
	(void)target;
	return (hdt_answer){.reason = "it likes nothing"};
}

static void crash(hdt_function *f, const hdt_tensor *y)
{
	const hdt_expr *i = hdt_begin_for(f, "i", y ? y->shape[0] : NULL, HDT_LOOP_SERIAL);
	const hdt_expr *far = hdt_mul(hdt_add(i, hdt_like(i, 1)), hdt_like(i, 1e13));
	hdt_store(f, y, HDT_AT(far), hdt_number(y->context, HDT_F32, 1));
	hdt_end(f);
}

static void hang(hdt_function *f, const hdt_tensor *x, const hdt_tensor *y)
{
	const hdt_expr *first = hdt_int(x->context, 0);
	hdt_begin_while(f, hdt_less(hdt_at(x, first), hdt_number(x->context, HDT_F32, 100)));
	hdt_store(f, y, HDT_AT(first), hdt_at(x, first));
	hdt_end(f);
}

static hdt_program *build(const hdt_task *task, int64_t kind)
{
	hdt_program *p = hdt_program_new(task->context, task->name);
	hdt_program_bind(p, task);
	hdt_function *f = hdt_function_new(p, "relu", HDT_FUNCTION_CPU);
	const hdt_tensor *x = hdt_use(f, task->inputs[0]), *y = hdt_use(f, task->outputs[0]);
	if (!x || !y)
		return NULL;
	if (kind == CRASHES)
		crash(f, y);
	else if (kind == HANGS)
		hang(f, x, y);
	else if (kind == BREAKS)
		hdt_asm(f, "this is no instruction", NULL, 0);
	const hdt_expr *i = hdt_begin_for(f, "i", x->shape[0], HDT_LOOP_SERIAL);
	const hdt_expr *value = hdt_max(hdt_at(x, i), hdt_number(x->context, HDT_F32, kind == WRONG ? 0.5 : 0));
	hdt_store(f, y, HDT_AT(i), value);
	hdt_end(f);
	return p;
}

static hdt_program *build_choice(const hdt_task *task, const hdt_target_info *target, const hdt_choice *choice)
{
	(void)target;
	return build(task, choice->values[0]);
}

/* A template whose best guess is `kind`; at level 1 it has a right choice, too, and at level 2 a wrong one. */
#define SPACE(name, kind)                                                                                      \
	static int name(const hdt_task *task, const hdt_target_info *target, int level, hdt_choice *out, int most) \
	{                                                                                                          \
		const hdt_choice all[] = {{{kind}}, {{RIGHT}}, {{WRONG}}};                                             \
		(void)task;                                                                                            \
		(void)target;                                                                                          \
		for (int i = 0; i <= level && i < most; i++)                                                           \
			out[i] = all[i];                                                                                   \
		return level < most ? level + 1 : most;                                                                \
	}
SPACE(space_right, RIGHT)
SPACE(space_wrong, WRONG)
SPACE(space_crashes, CRASHES)
SPACE(space_hangs, HANGS)
SPACE(space_breaks, BREAKS)

static const char *const params[] = {"kind", NULL};

#define FIVE_KINDS "aligned unaligned tiny batched: relu(f32[8])", "symbolic: relu(f32[n]) where n = 5"

#define TEMPLATE(variable, own_name, asked, choices, ...) \
	static const hdt_scheduler variable = {               \
		.size = sizeof(hdt_scheduler),                    \
		.name = own_name,                                 \
		.doc = "for the test of selftest",                \
		.target = "cpu",                                  \
		.query = asked,                                   \
		.params = params,                                 \
		.space = choices,                                 \
		.build_choice = build_choice,                     \
		.samples = (const char *const[]){__VA_ARGS__},    \
	}
TEMPLATE(right, "acme.right", query, space_right, FIVE_KINDS, "tiny refused: relu(f32[2, 2])", NULL);
TEMPLATE(wrong, "acme.wrong", query, space_wrong, FIVE_KINDS, NULL);
TEMPLATE(crashes, "acme.crashes", query, space_crashes, FIVE_KINDS, NULL);
TEMPLATE(hangs, "acme.hangs", query, space_hangs, FIVE_KINDS, NULL);
TEMPLATE(breaks, "acme.breaks", query, space_breaks, FIVE_KINDS, NULL);
TEMPLATE(declines, "acme.declines", decline, space_right, FIVE_KINDS, NULL);
TEMPLATE(greedy, "acme.greedy", query, space_right, FIVE_KINDS, "tiny refused: relu(f32[2])", NULL);
TEMPLATE(malformed, "acme.malformed", query, space_right, FIVE_KINDS, "large: relu(f32[2])", "tiny: relu(f32[2]", NULL);
TEMPLATE(lacking, "acme.lacking", query, space_right, "aligned: relu(f32[8])", NULL);
TEMPLATE(untested, "acme.untested", query, space_right, NULL);

static const hdt_scheduler *const templates[] = {&right,  &wrong,     &crashes, &hangs,    &breaks, &declines,
                                                 &greedy, &malformed, &lacking, &untested, NULL};

HDT_PLUGIN(.id = "acme.bad", .version = "1.0", .license = "MIT", .schedulers = templates);
