/* parse_statement.c: blocks, loops, branches, assignments. A statement begins with its word; without one it is an assignment, a
 * protected write or the call of an intrinsic. Words of statements may be names, too:  map[i] = 3;  assigns to an element of `map`. */
#include "script/parse.h"

#include "ir/task_mapping.h"
#include <ctype.h>
#include <string.h>

void statement_end(script_reader *r)
{
	parser_expect(r->p, ";", "at the end of the statement");
}

/* ---- loops -------------------------------------------------------------------------------------------------------- */

typedef struct loop_words {
	hdt_loop_kind kind;
	int64_t factor;
} loop_words;

/* unroll, unroll(4), unroll+, parallel, parallel(8), vectorise, or nothing */
static bool read_loop_words(script_reader *r, loop_words *out)
{
	parser *p = r->p;
	*out = (loop_words){.kind = HDT_LOOP_SERIAL};
	if (parser_accept(p, "vectorise")) {
		out->kind = HDT_LOOP_VECTORISE;
		return !p->failed;
	}
	if (parser_accept(p, "unroll"))
		out->kind = HDT_LOOP_UNROLL;
	else if (parser_accept(p, "parallel"))
		out->kind = HDT_LOOP_PARALLEL;
	if (out->kind == HDT_LOOP_UNROLL && parser_accept(p, "+"))
		out->kind = HDT_LOOP_COPIES;
	else if (out->kind != HDT_LOOP_SERIAL && parser_accept(p, "("))
		return constant_read(r, "the factor", 1, &out->factor) && parser_expect(p, ")", "after the factor");
	return !p->failed;
}

/* Does a task mapping come, rather than the first value of a range? The parser stays where it is. */
static bool is_mapping(script_reader *r)
{
	parser saved = *r->p;
	while (parser_accept(r->p, "("))
		continue;
	token word = r->p->now;
	const known_name *known = word.kind == TOKEN_NAME ? name_find(r, word.text) : NULL;
	bool named = word.kind == TOKEN_NAME && !known && names_task_mapping(word.text);
	if (!r->p->failed)
		*r->p = saved;
	return named || (known && known->constant.mapping);
}

static void close_body(script_reader *r, int mark)
{
	names_forget(r, mark);
	if (!r->p->failed)
		hdt_end(r->function);
}

static void read_body(script_reader *r, const token *word, int mark)
{
	if (reader_ok(r, word))
		block_read(r);
	close_body(r, mark);
}

/* for i, j in mapping on worker { } , behind `in` */
static void read_tasks(script_reader *r, const token *word, const token *names, int count)
{
	const hdt_expr *axes[HDT_MAX_RANK];
	token start = r->p->now;
	const hdt_task_mapping *mapping = parse_task_mapping(r->p);
	if (mapping && mapping->rank != count)
		parser_fail_at(r->p, &start, "the tasks of this mapping have %d ind%s, but %d name%s given", mapping->rank,
		               mapping->rank == 1 ? "ex" : "ices", count, count == 1 ? " is" : "s are");
	if (!mapping || !parser_expect(r->p, "on", "before the worker whose tasks are done"))
		return;
	token where = r->p->now;
	const hdt_expr *worker = integer_read(r, "a worker");
	if (worker)
		(void)hdt_mapping_on(mapping, worker); /* lowering asks again: here it is a fault of the text */
	if (!reader_ok(r, &where))
		return;
	int mark = names_mark(r);
	for (int d = 0; d < count && worker; d++) {
		axes[d] = hdt_axis(names[d].text, hdt_int(reader_context(r), mapping->shape[d]));
		if (!name_define_value(r, &names[d], "a loop variable", axes[d]))
			return;
	}
	const hdt_expr *const *indices = list_copy(reader_context(r), (hdt_list){axes, count});
	if (worker && indices) {
		const hdt_stmt tasks = {.kind = HDT_STMT_TASKS, .mapping = mapping, .value = worker, .indices = indices};
		stmt_open(r->function, stmt_append(r->function, tasks));
		read_body(r, word, mark);
	}
}

static bool is_leaf(const hdt_expr *e)
{
	return e->op == HDT_OP_CONST || e->op == HDT_OP_SYMBOL || e->op == HDT_OP_AXIS || e->op == HDT_OP_VARIABLE;
}

/* The first value of a range under a name, so that no mention of the loop variable repeats it. */
static const hdt_expr *name_first(script_reader *r, const char *name, const hdt_expr *first)
{
	const char *first_name = first && !is_leaf(first) ? hdt_format(reader_context(r), "%s_first", name) : NULL;
	return first_name ? hdt_let(r->function, first_name, first) : first;
}

/* What a loop's words ask for must be possible. */
static bool check_loop_words(script_reader *r, const token *where, const loop_words *words, const hdt_expr *extent)
{
	int64_t value;
	bool whole = words->kind == HDT_LOOP_COPIES || (words->kind == HDT_LOOP_UNROLL && !words->factor);
	bool outermost = !function_builder_of(r->function)->open->outer;
	if (whole && extent && !hdt_is_const(extent, &value))
		parser_fail_at(r->p, where, "this loop cannot be unrolled as a whole: it runs %s times, which is not constant",
		               hdt_expr_text(extent));
	else if (words->kind == HDT_LOOP_PARALLEL && (r->function->kind != HDT_FUNCTION_CPU || !outermost))
		parser_fail_at(r->p, where, "a parallel loop stands outside of all others, in a function of kind %s",
		               function_text(HDT_FUNCTION_CPU));
	return !r->p->failed;
}

/* for i in first..end step n words { } , behind `in` : the loop counts from 0, and `i` stands for first + n * that */
static void read_range(script_reader *r, const token *word, const token *name)
{
	parser *p = r->p;
	int64_t step = 1;
	loop_words words;
	token start = p->now;
	const hdt_expr *first = integer_read(r, "the first value of a range");
	if (!first || !parser_expect(p, "..", "between the ends of a range"))
		return;
	const hdt_expr *end = integer_read(r, "the end of a range");
	if (!end || (parser_accept(p, "step") && !constant_read(r, "a step", 1, &step)) || !read_loop_words(r, &words))
		return;
	first = name_first(r, name->text, first);
	const hdt_expr *stride = hdt_int(p->context, step), *extent = hdt_ceildiv(hdt_sub(end, first), stride);
	if (!check_loop_words(r, &start, &words, extent))
		return;
	const hdt_expr *axis = hdt_begin_for(r->function, name->text, extent, words.kind);
	if (!reader_ok(r, &start))
		return;
	function_builder_of(r->function)->open->owner->factor = words.factor;
	int mark = names_mark(r);
	if (name_define_value(r, name, "a loop variable", hdt_add(first, hdt_mul(axis, stride))))
		read_body(r, word, mark);
}

static void read_for(script_reader *r, const token *word)
{
	token names[HDT_MAX_RANK];
	int count = 0;
	do {
		if (count == HDT_MAX_RANK) {
			parser_fail(r->p, "a loop has at most %d variables", HDT_MAX_RANK);
			return;
		}
		if (!name_read(r, "a loop variable", &names[count++]))
			return;
	} while (parser_accept(r->p, ","));
	if (!parser_expect(r->p, "in", "after the loop variables"))
		return;
	if (is_mapping(r))
		read_tasks(r, word, names, count);
	else if (r->p->failed)
		return;
	else if (count > 1)
		parser_fail(r->p,
		            "several loop variables run over a task mapping, as in: for i, j in spatial(4, 8) on threadIdx.x");
	else
		read_range(r, word, &names[0]);
}

static void read_while(script_reader *r, const token *word)
{
	const hdt_expr *condition = condition_read(r);
	if (!condition)
		return;
	hdt_begin_while(r->function, condition);
	read_body(r, word, names_mark(r));
}

static void read_if(script_reader *r, const token *word)
{
	const hdt_expr *condition = condition_read(r);
	if (!condition)
		return;
	hdt_begin_if(r->function, condition);
	if (!reader_ok(r, word))
		return;
	block_read(r);
	if (!r->p->failed && parser_accept(r->p, "else")) {
		token again = r->p->now;
		hdt_begin_else(r->function);
		function_builder_of(r->function)->line = r->lines ? 0 : again.line;
		if (!parser_accept(r->p, "if"))
			block_read(r);
		else if (reader_ok(r, &again))
			read_if(r, &again);
	}
	close_body(r, names_mark(r));
}

/* ---- assignments -------------------------------------------------------------------------------------------------- */

/* The operation of += and its like; COUNT for = alone and for what is neither. */
static hdt_scalar_op compound_at(const parser *p)
{
	static const hdt_scalar_op ops[] = {HDT_OP_ADD,      HDT_OP_SUB,    HDT_OP_MUL,    HDT_OP_DIV,
	                                    HDT_OP_FLOORDIV, HDT_OP_MOD,    HDT_OP_SHL,    HDT_OP_SHR,
	                                    HDT_OP_BIT_AND,  HDT_OP_BIT_OR, HDT_OP_BIT_XOR};
	size_t length = p->now.kind == TOKEN_PUNCTUATION ? strlen(p->now.text) : 0;
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		const char *word = scalar_op_of(ops[i])->text;
		if (length == strlen(word) + 1 && !strncmp(p->now.text, word, length - 1) && p->now.text[length - 1] == '=')
			return ops[i];
	}
	return HDT_OP_COUNT;
}

/* The value as one of the buffer's dtype: a call with effects gets a name before it is converted. */
static void store(script_reader *r, const token *where, const hdt_tensor *t, hdt_list indices, const hdt_expr *value,
                  bool protect)
{
	if (value && value->op == HDT_OP_CALL && value->dtype != t->dtype)
		value = hdt_let(r->function, "value", value);
	if (r->p->failed || !value)
		return;
	if (value->dtype == HDT_BOOL && hdt_is_float(t->dtype)) {
		parser_fail_at(r->p, where, "'%s' is of %s, and the value is bool: write select(c, 1, 0)", t->name,
		               hdt_dtype_of(t->dtype)->name);
		return;
	}
	if (protect)
		hdt_write(r->function, t, indices, value);
	else
		hdt_store(r->function, t, indices, value);
	if (reader_ok(r, where))
		statement_end(r);
}

/* x[i, j] = v, behind the name */
static void read_assignment(script_reader *r, const token *name, const hdt_tensor *t)
{
	const hdt_expr *indices[HDT_MAX_RANK];
	parser *p = r->p;
	if (!indices_read(r, name, t, indices))
		return;
	token where = p->now;
	hdt_scalar_op op = compound_at(p);
	hdt_list at = {indices, t->rank};
	if (op == HDT_OP_COUNT) {
		if (parser_expect(p, "=", "after what is assigned to"))
			store(r, &where, t, at, result_read(r), false);
		return;
	}
	parser_next(p);
	const hdt_expr *operand = value_read(r);
	if (operand && operand->op == HDT_OP_CONST && hdt_is_integer((hdt_dtype)operand->dtype) && hdt_is_integer(t->dtype))
		operand = hdt_cast(operand, t->dtype); /* i += 1 stays in the dtype of i */
	const hdt_expr *value = operand ? hdt_binary(op, hdt_load(t, indices, t->rank), operand) : NULL;
	if (reader_ok(r, &where))
		store(r, &where, t, at, value, false);
}

/* x.write(i, j, v), behind the name */
static void read_write(script_reader *r, const token *name, const hdt_tensor *t)
{
	const hdt_expr *items[HDT_MAX_RANK];
	parser *p = r->p;
	if (!parser_expect(p, "(", "before the indices"))
		return;
	for (int d = 0; d < t->rank; d++)
		if (!(items[d] = integer_read(r, "an index")) || !parser_expect(p, ",", "after an index: the value comes last"))
			return;
	const hdt_expr *value = result_read(r);
	if (parser_expect(p, ")", "after the value"))
		store(r, name, t, (hdt_list){items, t->rank}, value, true);
}

/* The tensor of x.write; NULL when the name is no such thing. */
static const hdt_tensor *written_tensor(script_reader *r, const token *name)
{
	const char *point = strrchr(name->text, '.');
	if (!point || strcmp(point, ".write") != 0)
		return NULL;
	const char *base = hdt_format(reader_context(r), "%.*s", (int)(point - name->text), name->text);
	base = base ? hdt_intern(reader_context(r), base) : NULL;
	const known_name *known = base ? name_find(r, base) : NULL;
	return known ? known->tensor : NULL;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	void (*read)(script_reader *r, const token *word);
	bool host; /* also in functions that decide what is launched */
} statements[] = {
	{"for", read_for, true},
	{"while", read_while, false},
	{"if", read_if, true},
	{"let", declaration_read_let, true},
	{"register", declaration_read_register, true}, /* the next three tell better what is wrong */
	{"shared", declaration_read_shared, true},
	{"map", declaration_read_map, true},
	{"view", declaration_read_view, false},
	{"workspace", declaration_read_workspace, true},
	{"call", call_read, false},
	{"launch", call_read_launch, true},
	{"assert", call_read_assert, true},
	{"asm", call_read_asm, false},
};

static bool check_host(script_reader *r, const token *word, bool allowed)
{
	if (!allowed && r->function->kind == HDT_FUNCTION_HOST)
		parser_fail_at(r->p, word, "a %s function has for, if, let, launch, assert and workspace: nothing else",
		               function_text(HDT_FUNCTION_HOST));
	return !r->p->failed;
}

/* Is the word at the cursor assigned to, whatever it says? */
static bool is_assigned(const parser *p)
{
	const char *at = p->at + strspn(p->at, " \t\r\n");
	size_t operator= strspn(at, "+-*/%<>&|^");
	return *at == '[' || (at[operator] == '=' && at[operator + 1] != '=');
}

static void read_other(script_reader *r)
{
	parser start = *r->p;
	token name = start.now;
	if (name.kind != TOKEN_NAME) {
		parser_fail(r->p, "expected a statement");
		return;
	}
	parser_next(r->p);
	const known_name *known = name_find(r, name.text);
	const hdt_tensor *written = known ? NULL : written_tensor(r, &name);
	if (written)
		read_write(r, &name, written);
	else if (known && known->tensor)
		read_assignment(r, &name, known->tensor);
	else if (known)
		parser_fail_at(r->p, &name,
		               "'%s' is %s, which keeps its value: declare what changes, as in register %s: f32 = 0;",
		               name.text, known->what, name.text);
	else if (parser_is(r->p, "(") || parser_is(r->p, ";"))
		call_read_intrinsic(r, &start);
	else
		parser_fail_at(r->p, &name, "unknown name '%s'", name.text);
}

/* line N, in what was printed for reading by a machine: where the statement stands in the file that it came from. */
static void read_line(script_reader *r)
{
	parser *p = r->p;
	const char *at = p->at + strspn(p->at, " \t");
	int line = r->lines ? 0 : p->now.line;
	if (parser_is(p, "line") && isdigit((unsigned char)*at)) {
		parser_next(p);
		line = p->now.integer <= INT32_MAX ? (int)p->now.integer : 0;
		parser_next(p);
	}
	function_builder_of(r->function)->line = line;
}

static void read_statement(script_reader *r)
{
	read_line(r);
	token word = r->p->now;
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		if (!parser_is(r->p, statements[i].word) || is_assigned(r->p))
			continue;
		parser_next(r->p);
		if (check_host(r, &word, statements[i].host))
			statements[i].read(r, &word);
		return;
	}
	if (word.kind != TOKEN_NAME || check_host(r, &word, false))
		read_other(r);
}

void block_read(script_reader *r)
{
	int mark = names_mark(r);
	if (!effects_checked(r) || !parser_expect(r->p, "{", "before a body"))
		return;
	while (!parser_is(r->p, "}") && !r->p->failed) {
		if (r->p->now.kind == TOKEN_END)
			parser_fail(r->p, "expected '}' at the end of a body");
		else
			read_statement(r);
		(void)effects_checked(r);
	}
	parser_expect(r->p, "}", "at the end of a body");
	names_forget(r, mark);
}
