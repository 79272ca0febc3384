/* parse_function.c: the header of a function.
 *
 *     fn @matmul(a: *f32, b: *f32, c: f32[m, n], m: i32, n: i32, k: i32) KIND grid(ceildiv(m, 64), ceildiv(n, 256)) block(256)
 *
 * A parameter without a type is one of the program's own buffers or scalars. Shapes may use scalars, which stand behind them: the
 * parameters are read twice, first for the scalars. */
#include "script/parse.h"

#include <string.h>

/* ---- parameters --------------------------------------------------------------------------------------------------- */

typedef enum parameter_round { READ_SCALARS, READ_BUFFERS } parameter_round;

/* A value of the program that this function takes, too. */
static bool share_scalar(script_reader *r, const hdt_expr *value)
{
	function_builder *f = function_builder_of(r->function);
	if (!vec_push(reader_context(r), &f->scalars, value))
		return false;
	r->function->scalars = f->scalars.items;
	r->function->scalar_count = f->scalars.count;
	return true;
}

static void read_shared(script_reader *r, const token *name, parameter_round round, bool *values)
{
	const known_name *known = map_get(&r->shared, name->text);
	if (!known) {
		parser_fail_at(r->p, name, "the program has no '%s': give the parameter a type, as in %s: *f32", name->text,
		               name->text);
	} else if (known->value) {
		*values = true;
		if (round == READ_SCALARS && name_define_value(r, name, "a parameter", known->value) &&
		    !share_scalar(r, known->value))
			parser_fail_at(r->p, name, "out of memory");
	} else if (*values) {
		parser_fail_at(r->p, name, "buffers come before values: '%s' is a buffer", name->text);
	} else if (round == READ_BUFFERS) {
		(void)name_define_tensor(r, name, "a parameter", hdt_use(r->function, known->tensor));
	}
}

/* Past a shape, of which nothing can be read yet. */
static void skip_shape(parser *p)
{
	int depth = 0;
	do {
		depth += parser_is(p, "[") - parser_is(p, "]");
		parser_next(p);
	} while (depth > 0 && p->now.kind != TOKEN_END);
}

/* Round one: scalars, and the order. */
static void read_scalar(script_reader *r, const token *name, bool *values)
{
	parser *p = r->p;
	bool pointer = parser_accept(p, "*");
	int bits;
	hdt_dtype dtype = element_read(p, &bits);
	if (bits && !pointer && !parser_is(p, "["))
		parser_fail(p, "a value has whole bytes: elements of less are those of a pointer or a buffer");
	if (p->failed)
		return;
	if (pointer || parser_is(p, "[")) {
		if (*values)
			parser_fail_at(p, name, "buffers come before values: '%s' is a buffer", name->text);
		else if (!pointer)
			skip_shape(p);
		return;
	}
	*values = true;
	(void)name_define_value(r, name, "a parameter", hdt_parameter_scalar(r->function, name->text, dtype));
}

/* Round two: buffers. */
static void read_buffer(script_reader *r, const token *name)
{
	written_type t;
	if (!type_read(r, &t))
		return;
	if (!t.pointer && !t.shaped)
		return;
	const hdt_tensor *made = t.pointer ? hdt_parameter_pointer(r->function, name->text, t.dtype)
	                                   : hdt_parameter_tensor(r->function, name->text, t.dtype, type_shape(&t));
	if (t.bits && made && made->rank != 1)
		parser_fail_at(r->p, name, "elements of %d bits lie in a row: '%s' is a pointer, or has one dimension", t.bits,
		               name->text);
	else if (made)
		((hdt_tensor *)(uintptr_t)made)->bits = t.bits;
	(void)name_define_tensor(r, name, "a parameter", made);
}

static void read_parameters(script_reader *r, parameter_round round)
{
	parser *p = r->p;
	bool values = false;
	if (!parser_expect(p, "(", "before the parameters") || parser_accept(p, ")"))
		return;
	do {
		token name;
		if (!name_read(r, "a parameter", &name))
			return;
		if (r->function->parameter_count == MAX_PARAMETERS || r->function->scalar_count == MAX_PARAMETERS) {
			parser_fail_at(p, &name, "a function has at most %d buffers and as many values", MAX_PARAMETERS);
			return;
		}
		if (!parser_accept(p, ":"))
			read_shared(r, &name, round, &values);
		else if (round == READ_SCALARS)
			read_scalar(r, &name, &values);
		else
			read_buffer(r, &name);
	} while (parser_accept(p, ","));
	parser_expect(p, ")", "after the parameters");
}

/* ---- attributes --------------------------------------------------------------------------------------------------- */

typedef struct extents {
	const hdt_expr *items[3];
	token where;
	int count;
} extents;

/* ( x, y, z ), behind the word */
static bool read_extents(script_reader *r, const token *word, extents *out)
{
	parser *p = r->p;
	out->where = *word;
	if (!parser_expect(p, "(", "before the extents"))
		return false;
	do {
		if (out->count == 3) {
			parser_fail(p, "'%s' has at most three extents", word->text);
			return false;
		}
		if (!(out->items[out->count++] = integer_read(r, "an extent")))
			return false;
	} while (parser_accept(p, ","));
	return parser_expect(p, ")", "after the extents");
}

static hdt_list list_of(const extents *e)
{
	return (hdt_list){e->items, e->count};
}

typedef struct attributes {
	extents grid, block, cluster;
} attributes;

/* ( expression ), behind the word */
static const hdt_expr *read_amount(script_reader *r, const char *what)
{
	const hdt_expr *e = parser_expect(r->p, "(", "before an amount") ? integer_read(r, what) : NULL;
	return e && parser_expect(r->p, ")", "after an amount") ? e : NULL;
}

static void read_blocks(script_reader *r)
{
	int64_t blocks = 0;
	token where = r->p->now;
	const hdt_expr *e = read_amount(r, "the number of blocks of a processor");
	if (e && (!hdt_is_const(e, &blocks) || blocks < 1 || blocks > INT16_MAX))
		parser_fail_at(r->p, &where, "the number of blocks of a processor is a constant of at least 1");
	r->function->blocks_per_processor = (int)blocks;
}

/* False when the current token is no attribute, or one that was given before. */
static bool read_attribute(script_reader *r, attributes *a)
{
	static const char *const words[] = {"grid", "block", "cluster"};
	extents *const given[] = {&a->grid, &a->block, &a->cluster};
	hdt_function *f = r->function;
	token word = r->p->now;
	for (int i = 0; i < 3; i++)
		if (!given[i]->count && parser_accept(r->p, words[i]))
			return read_extents(r, &word, given[i]);
	if (!f->shared_bytes && parser_accept(r->p, "shared"))
		f->shared_bytes = read_amount(r, "the number of bytes");
	else if (!f->blocks_per_processor && parser_accept(r->p, "blocks"))
		read_blocks(r);
	else if (!f->cooperative && parser_accept(r->p, "cooperative"))
		f->cooperative = true;
	else if (!f->dependent && parser_accept(r->p, "dependent"))
		f->dependent = true;
	else
		return false;
	return true;
}

/* Grid and block come together, and the others with them. */
static void apply_attributes(script_reader *r, const attributes *a, const token *start)
{
	hdt_function *f = r->function;
	bool others = a->cluster.count || f->shared_bytes || f->blocks_per_processor || f->cooperative || f->dependent;
	if (!a->grid.count && !a->block.count && !others)
		return;
	if (!a->grid.count || !a->block.count) {
		parser_fail_at(r->p, start, "a kernel needs both grid(...) and block(...)");
		return;
	}
	hdt_function_grid(f, list_of(&a->grid), list_of(&a->block));
	if (reader_ok(r, &a->block.where) && a->cluster.count) {
		hdt_function_cluster(f, list_of(&a->cluster));
		(void)reader_ok(r, &a->cluster.where);
	}
}

static void read_attributes(script_reader *r)
{
	attributes a = {.grid = {.count = 0}};
	token start = r->p->now;
	while (!r->p->failed && !parser_is(r->p, "{"))
		if (!read_attribute(r, &a))
			parser_fail(r->p,
			            "expected the body of @%s, or one of grid, block, cluster, shared, blocks, cooperative and "
			            "dependent, each once",
			            r->function->name);
	if (!r->p->failed)
		apply_attributes(r, &a, &start);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static bool read_kind(script_reader *r, hdt_function_kind *out)
{
	for (int k = 0; k < HDT_FUNCTION_COUNT; k++) {
		*out = (hdt_function_kind)k;
		if (parser_accept(r->p, function_text(*out)))
			return true;
	}
	parser_fail(r->p, "expected what kind of function it is: %s, %s or %s", function_text(HDT_FUNCTION_CPU),
	            function_text(HDT_FUNCTION_CUDA), function_text(HDT_FUNCTION_HOST));
	return false;
}

static bool name_function(script_reader *r, token *name)
{
	*name = r->p->now;
	if (name->kind != TOKEN_SYMBOL_NAME || strchr(name->text, '.')) {
		parser_fail(r->p, "expected the function's name: @name");
		return false;
	}
	if (map_get(&r->functions, name->text)) {
		parser_fail(r->p, "there is a function @%s already", name->text);
		return false;
	}
	parser_next(r->p);
	return !r->p->failed;
}

/* The kind stands behind the parameters, but the function is made before them. */
static bool find_kind(script_reader *r, hdt_function_kind *out)
{
	parser saved = *r->p;
	int depth = 0;
	do {
		depth += parser_is(r->p, "(") - parser_is(r->p, ")");
		parser_next(r->p);
	} while (depth > 0 && r->p->now.kind != TOKEN_END);
	bool found = read_kind(r, out);
	if (found)
		*r->p = saved;
	return found;
}

hdt_function *function_read_header(script_reader *r)
{
	hdt_function_kind kind;
	token name;
	int line = r->lines ? 0 : r->p->now.line;
	parser_next(r->p);
	if (!name_function(r, &name) || !find_kind(r, &kind))
		return NULL;
	hdt_function *f = r->function = hdt_function_new(r->program, name.text, kind);
	if (!reader_ok(r, &name) || !map_set(&r->functions, name.text, f))
		return NULL;
	f->line = line;
	parser parameters = *r->p;
	read_parameters(r, READ_SCALARS);
	if (!r->p->failed) {
		*r->p = parameters;
		read_parameters(r, READ_BUFFERS);
	}
	(void)read_kind(r, &kind);
	if (kind == HDT_FUNCTION_CUDA && !r->p->failed)
		read_attributes(r);
	return r->p->failed ? NULL : f;
}
