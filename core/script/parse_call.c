/* parse_call.c: calls of intrinsics and functions, launches, asserts and inline assembly.
 *
 *     syncthreads();  ldmatrix_x4(&r[0], &sa[i, j]);  call @helper(sa, x);  launch @matmul(a, b, c, m, n, k);
 *     assert m > 0, "m is positive";  asm "mov.u32 %0, %1;" ("=r" s, "r" x); */
#include "script/parse.h"

#include <string.h>

enum { MAX_OPERANDS = 64 }; /* of call, launch and asm */

void call_read_intrinsic(script_reader *r, const parser *start)
{
	parser *p = r->p;
	token name = start->now;
	if (parser_is(p, ";")) {
		const hdt_expr *call = p->call(p, &name, NULL, 0, p->closure);
		if (call)
			(void)stmt_append(r->function, (hdt_stmt){.kind = HDT_STMT_EVALUATE, .value = call});
	} else {
		*p = *start;
		const hdt_expr *call = parse_expr(p);
		if (call && call->op != HDT_OP_CALL)
			parser_fail_at(p, &name, "this has no effect");
		else if (call)
			(void)stmt_append(r->function, (hdt_stmt){.kind = HDT_STMT_EVALUATE, .value = call});
	}
	if (r->effect.start == name.start)
		r->effect.kind = TOKEN_END;
	if (reader_ok(r, &name))
		statement_end(r);
}

static bool same_elements(const hdt_tensor *a, const hdt_tensor *b)
{
	return a->dtype == b->dtype && a->bits == b->bits;
}

/* The operands of @f: buffers, then values. Their number or -1. */
static int read_operands(script_reader *r, const token *name, const hdt_function *f, hdt_operand *out)
{
	int want = f->parameter_count + f->scalar_count, count = 0;
	if (!parser_expect(r->p, "(", "before the operands"))
		return -1;
	if (want > MAX_OPERANDS) {
		parser_fail_at(r->p, name, "@%s has more than %d parameters", f->name, MAX_OPERANDS);
		return -1;
	}
	for (; count < want && !parser_is(r->p, ")"); count++) {
		token where = r->p->now;
		out[count] = (hdt_operand){0};
		if (count && !parser_expect(r->p, ",", "between operands"))
			return -1;
		if (count >= f->parameter_count) {
			out[count].value = value_read(r);
		} else {
			out[count].tensor = tensor_read(r, &where);
			if (out[count].tensor && !same_elements(out[count].tensor, f->parameters[count]))
				parser_fail_at(r->p, &where, "'%s' is of %s, and parameter '%s' of @%s is of %s", where.text,
				               hdt_dtype_of(out[count].tensor->dtype)->name, f->parameters[count]->name, f->name,
				               hdt_dtype_of(f->parameters[count]->dtype)->name);
		}
		if (r->p->failed)
			return -1;
	}
	if (count < want || !parser_is(r->p, ")"))
		parser_fail(r->p, "@%s takes %d buffer%s and %d value%s", f->name, f->parameter_count,
		            f->parameter_count == 1 ? "" : "s", f->scalar_count, f->scalar_count == 1 ? "" : "s");
	parser_next(r->p);
	return r->p->failed ? -1 : count;
}

static void read_call_of(script_reader *r, hdt_stmt_kind kind)
{
	hdt_operand operands[MAX_OPERANDS];
	token name = r->p->now;
	const hdt_function *f = name.kind == TOKEN_SYMBOL_NAME ? map_get(&r->functions, name.text) : NULL;
	bool launch = kind == HDT_STMT_LAUNCH;
	if (!f)
		parser_fail(
			r->p, name.kind == TOKEN_SYMBOL_NAME ? "there is no function @%s" : "expected the function's name: @name%s",
			name.kind == TOKEN_SYMBOL_NAME ? name.text : "");
	else if (launch && !f->launched)
		parser_fail(r->p, "@%s has no grid(...), so it cannot be launched", f->name);
	else if (launch && r->function->kind != HDT_FUNCTION_HOST)
		parser_fail(r->p, "kernels are launched by functions of kind %s", function_text(HDT_FUNCTION_HOST));
	else if (!launch && f == r->function)
		parser_fail(r->p, "@%s calls itself: calls become copies of the body, so this would have no end", f->name);
	else if (!launch && (f->launched || f->kind != r->function->kind))
		parser_fail(r->p, "a call is of a function of the same kind, without a grid");
	parser_next(r->p);
	int count = r->p->failed ? -1 : read_operands(r, &name, f, operands);
	if (count < 0)
		return;
	if (launch)
		hdt_launch_kernel(r->function, f, operands, count);
	else
		hdt_call_function(r->function, f, operands, count);
	if (reader_ok(r, &name))
		statement_end(r);
}

void call_read(script_reader *r, const token *word)
{
	(void)word;
	read_call_of(r, HDT_STMT_CALL);
}

void call_read_launch(script_reader *r, const token *word)
{
	(void)word;
	read_call_of(r, HDT_STMT_LAUNCH);
}

void call_read_assert(script_reader *r, const token *word)
{
	const char *message = "";
	const hdt_expr *condition = condition_read(r);
	if (!condition || !parser_expect(r->p, ",", "before the message"))
		return;
	if (r->p->now.kind == TOKEN_STRING)
		message = r->p->now.text;
	else
		parser_fail(r->p, "expected a message in double quotes");
	parser_next(r->p);
	hdt_assert(r->function, condition, message);
	if (reader_ok(r, word))
		statement_end(r);
}

/* "=r" x */
static bool read_asm_operand(script_reader *r, hdt_operand *out)
{
	token place = r->p->now;
	if (place.kind != TOKEN_STRING) {
		parser_fail(r->p, "expected a constraint in double quotes, as in \"r\" x");
		return false;
	}
	parser_next(r->p);
	*out = (hdt_operand){.constraint = place.text, .value = value_read(r)};
	bool written = strpbrk(place.text, "=+") != NULL;
	if (out->value && written && out->value->op != HDT_OP_LOAD)
		parser_fail_at(r->p, &place, "what is written must be an element of a buffer");
	return !r->p->failed;
}

void call_read_asm(script_reader *r, const token *word)
{
	hdt_operand operands[MAX_OPERANDS];
	parser *p = r->p;
	int count = 0;
	token body = p->now;
	if (body.kind != TOKEN_STRING)
		parser_fail(p, "expected the assembly in double quotes");
	parser_next(p);
	if (parser_accept(p, "(") && !parser_accept(p, ")")) {
		do {
			if (count == MAX_OPERANDS)
				parser_fail(p, "more than %d operands", MAX_OPERANDS);
			if (p->failed || !read_asm_operand(r, &operands[count++]))
				return;
		} while (parser_accept(p, ","));
		parser_expect(p, ")", "after the operands");
	}
	if (p->failed)
		return;
	hdt_asm(r->function, body.text, operands, count);
	if (reader_ok(r, word))
		statement_end(r);
}

/* ---- no end ------------------------------------------------------------------------------------------------------- */

typedef struct call_check {
	script_reader *r;
	const token *start;
	map state; /* function -> &open while it is looked into, &done afterwards */
	char open, done;
	int depth;
} call_check;

static void check_function(call_check *c, const hdt_function *f);

static void check_call(const hdt_stmt *s, void *closure)
{
	if (s->kind == HDT_STMT_CALL)
		check_function(closure, s->function);
}

static void check_function(call_check *c, const hdt_function *f)
{
	const void *state = map_get(&c->state, f);
	if (c->r->p->failed || state == &c->done)
		return;
	if (state == &c->open || c->depth == SCRIPT_MAX_DEPTH) {
		parser_fail_at(c->r->p, c->start,
		               state ? "@%s calls itself over others: calls become copies, so this would have no end"
		                     : "@%s stands at the end of too many calls within each other",
		               f->name);
		return;
	}
	c->depth++;
	if (map_set(&c->state, f, &c->open)) /* a failure is a fault of the context */
		stmt_walk(f->body, check_call, c);
	(void)map_set(&c->state, f, &c->done);
	c->depth--;
}

bool calls_check(script_reader *r, const token *start)
{
	call_check c = {.r = r, .start = start};
	map_init(&c.state, reader_context(r));
	for (int i = 0; i < r->program->function_count; i++)
		check_function(&c, r->program->functions[i]);
	return reader_ok(r, start);
}
