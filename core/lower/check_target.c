/* check_target.c: the program is one that the target, and the device at hand, can run; each call becomes one of the target's own intrinsic.
 *
 *     fn @k(..) .. grid(4) block(2048) { ldmatrix_x4(&r[0], &s[0, 0]); }
 *  -> two faults, of which the first is told: "a block of 2048 x 1 x 1 threads: this device takes at most 1024"
 *     and "ldmatrix_x4 needs compute capability 7.5, this device has 7.0"
 *
 * What depends on sizes is checked for each launch, when they are known. Limits are those of the device: without one, none is checked. */
#include "lower/lower.h"

#include <string.h>

typedef struct check {
	const lowering *how;
	const hdt_target_info *info; /* NULL: no device */
	hdt_function *function;
	const hdt_stmt *statement;
	int64_t static_bytes; /* of shared memory */
} check;

static void refuse(const check *c, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);

static void refuse(const check *c, hdt_status status, const char *format, ...)
{
	hdt_context *context = c->function->program->context;
	va_list args;
	va_start(args, format);
	const char *what = context_vformat(context, format, args);
	va_end(args);
	script_fail(c->function, c->statement, status, "%s", what);
}

/* ---- intrinsics --------------------------------------------------------------------------------------------------- */

/* The target's own intrinsic of this name and signature; NULL: it has none. */
static const hdt_intrinsic *own_intrinsic(const hdt_target *target, const hdt_intrinsic *wanted)
{
	for (const hdt_intrinsic *const *i = target->intrinsics; i && *i; i++)
		if (!strcmp((*i)->name, wanted->name) && !strcmp((*i)->signature, wanted->signature))
			return *i;
	return NULL;
}

static void check_architecture(const check *c, const hdt_intrinsic *i)
{
	int there = c->info ? c->info->architecture : 0;
	if (there == 0)
		return;
	if (there < i->architecture)
		refuse(c, HDT_BAD_TARGET, "%s needs compute capability %d.%d, this device has %d.%d", i->name,
		       i->architecture / 10, i->architecture % 10, there / 10, there % 10);
	else if (i->architecture_only && there != i->architecture)
		refuse(c, HDT_BAD_TARGET, "%s is for compute capability %d.%d alone, this device has %d.%d", i->name,
		       i->architecture / 10, i->architecture % 10, there / 10, there % 10);
}

static const hdt_expr *resolve_node(const hdt_expr *e, void *closure)
{
	const check *c = closure;
	if (e->op != HDT_OP_CALL)
		return NULL;
	const hdt_intrinsic *own = own_intrinsic(c->how->target, e->intrinsic);
	if (!own) {
		refuse(c, HDT_BAD_TARGET, "the target '%s' has no intrinsic %s%s", c->how->target->name, e->intrinsic->name,
		       e->intrinsic->signature);
		return NULL;
	}
	check_architecture(c, own);
	return own == e->intrinsic ? NULL : expr_call(e->context, own, (hdt_dtype)e->dtype, e->args, e->count);
}

static const hdt_expr *resolve(const hdt_expr *e, void *closure)
{
	return expr_contains_op(e, HDT_OP_CALL) ? expr_map(e, resolve_node, closure) : e;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static void count_shared(check *c, const hdt_tensor *t)
{
	int64_t bytes = t->layout ? t->layout->size : 1, extent;
	for (int d = 0; d < t->rank && !t->layout; d++)
		if (!hdt_is_const(t->shape[d], &extent) || __builtin_mul_overflow(bytes, extent, &bytes))
			return; /* the verifier's finding */
	if (!__builtin_mul_overflow(bytes, hdt_dtype_of(t->dtype)->bytes, &bytes) && bytes < INT32_MAX)
		c->static_bytes += (bytes + 15) / 16 * 16;
}

static void check_stmt(check *c, hdt_stmt *s)
{
	c->statement = s;
	stmt_map(s, resolve, c);
	if (s->kind == HDT_STMT_BUFFER && s->tensor->scope == HDT_SCOPE_SHARED && !s->tensor->dynamic)
		count_shared(c, s->tensor);
	if (s->kind == HDT_STMT_ASM && c->how->target->language != HDT_LANGUAGE_C)
		refuse(c, HDT_BAD_TARGET, "the target '%s' takes no inline assembly", c->how->target->name);
}

static void check_body(check *c, hdt_stmt *first)
{
	for (hdt_stmt *s = first; s && hdt_context_status(c->function->program->context) == HDT_OK; s = s->next) {
		check_stmt(c, s);
		check_body(c, s->body);
		check_body(c, s->otherwise);
	}
	c->statement = NULL;
}

/* ---- launches ----------------------------------------------------------------------------------------------------- */

typedef struct extents {
	int64_t of[3];
	bool constant[3];
	int64_t product; /* of the constant ones */
} extents;

static extents extents_of(const hdt_expr *const *given)
{
	extents x = {.product = 1};
	for (int d = 0; d < 3; d++) {
		x.of[d] = 1;
		x.constant[d] = !given[d] || hdt_is_const(given[d], &x.of[d]);
		if (__builtin_mul_overflow(x.product, x.constant[d] ? x.of[d] : 1, &x.product))
			x.product = INT64_MAX;
	}
	return x;
}

static void check_block(const check *c)
{
	extents b = extents_of(c->function->block);
	const int64_t *most = c->info->block;
	if (c->info->threads_per_block && b.product > c->info->threads_per_block)
		refuse(c, HDT_BAD_TARGET, "a block of %lld x %lld x %lld threads: this device takes at most %d",
		       (long long)b.of[0], (long long)b.of[1], (long long)b.of[2], c->info->threads_per_block);
	for (int d = 0; d < 3; d++)
		if (most[d] && b.of[d] > most[d])
			refuse(c, HDT_BAD_TARGET, "a block of %lld threads along %c: this device takes at most %lld",
			       (long long)b.of[d], "xyz"[d], (long long)most[d]);
}

static void check_grid(const check *c)
{
	extents g = extents_of(c->function->grid), cluster = extents_of(c->function->cluster);
	const int64_t *most = c->info->grid;
	for (int d = 0; d < 3; d++) {
		if (most[d] && g.of[d] > most[d])
			refuse(c, HDT_BAD_TARGET, "a grid of %lld blocks along %c: this device takes at most %lld",
			       (long long)g.of[d], "xyz"[d], (long long)most[d]);
		if (g.constant[d] && cluster.of[d] > 0 && g.of[d] % cluster.of[d])
			refuse(c, HDT_BAD_MODEL, "a grid of %lld blocks along %c is not made of whole clusters of %lld",
			       (long long)g.of[d], "xyz"[d], (long long)cluster.of[d]);
	}
	if (cluster.product > 1 && c->info->cluster_blocks == 0)
		refuse(c, HDT_BAD_TARGET, "this device has no clusters of blocks");
	else if (cluster.product > 1 && cluster.product > c->info->cluster_blocks)
		refuse(c, HDT_BAD_TARGET, "a cluster of %lld blocks: this device takes at most %d", (long long)cluster.product,
		       c->info->cluster_blocks);
}

static void check_shared(const check *c)
{
	int64_t dynamic = 0, most = c->info->shared_bytes, asked = c->info->shared_bytes_asked;
	if (c->function->shared_bytes && !hdt_is_const(c->function->shared_bytes, &dynamic))
		dynamic = 0; /* known at the launch */
	if (most && c->static_bytes > most)
		refuse(c, HDT_BAD_TARGET,
		       "%lld bytes of static shared memory: this device has %lld for a block; `shared dynamic` can have up to "
		       "%lld",
		       (long long)c->static_bytes, (long long)most, (long long)asked);
	else if (asked && (dynamic > asked || c->static_bytes + dynamic > asked))
		refuse(c, HDT_BAD_TARGET, "%lld bytes of shared memory, %lld of them dynamic: this device has %lld for a block",
		       (long long)(dynamic > asked ? dynamic : c->static_bytes + dynamic), (long long)dynamic,
		       (long long)asked);
}

static void check_function(const lowering *how, hdt_function *f)
{
	check c = {.how = how, .info = how->info, .function = f};
	if (f->kind != HDT_FUNCTION_HOST && f->kind != how->target->kind)
		refuse(&c, HDT_BAD_TARGET, "the target '%s' runs functions of kind %s, not %s", how->target->name,
		       function_text(how->target->kind), function_text(f->kind));
	check_body(&c, (hdt_stmt *)(uintptr_t)f->body);
	if (!f->launched || !c.info || hdt_context_status(f->program->context) != HDT_OK)
		return;
	check_block(&c);
	check_grid(&c);
	check_shared(&c);
}

hdt_status lower_check_target(hdt_program *program, const lowering *how)
{
	for (int i = 0; i < program->function_count && hdt_context_status(program->context) == HDT_OK; i++)
		check_function(how, program->functions[i]);
	return hdt_context_status(program->context);
}
