/* walk.h: walking and rebuilding expressions through the public interface alone. */
#ifndef SCHED_AUTO_WALK_H
#define SCHED_AUTO_WALK_H

#include <hidet/plugin.h>

/* Hash map from expressions to expressions, on the heap. Zeroed: empty. */
typedef struct expr_map {
	const hdt_expr **keys, **values;
	size_t count, capacity;
	bool failed; /* memory is out */
} expr_map;
const hdt_expr *expr_map_get(const expr_map *m, const hdt_expr *key);
void expr_map_set(expr_map *m, const hdt_expr *key, const hdt_expr *value);
void expr_map_free(expr_map *m);

/* A list in the context's arena. */
typedef struct expr_list {
	hdt_context *context;
	const hdt_expr **items;
	int count, capacity;
} expr_list;
bool expr_list_add(expr_list *l, const hdt_expr *e); /* false when memory is out */
bool expr_list_has(const expr_list *l, const hdt_expr *e);

/* Every node below `e` and `e` itself, once each, operands first. Extents of axes are part of it. */
void expr_nodes(const hdt_expr *e, expr_list *out);

static inline bool is_reduce(const hdt_expr *e)
{
	return e->op == HDT_OP_REDUCE || e->op == HDT_OP_ARG_REDUCE;
}

/* Is there a reduction in `e`? */
bool has_reduce(const hdt_expr *e);
/* Is this node, mostly an axis, part of `e`? */
bool depends_on(const hdt_expr *e, const hdt_expr *node);
/* The axes that `e` depends on and that no reduction within it binds. */
void free_axes(const hdt_expr *e, expr_list *out);

/* Rebuilds expressions. `before` may replace a node as it stands, `after` one whose operands were rebuilt; either may be NULL, and gives
 * NULL to keep the node. One rebuilder may serve several expressions: equal parts stay equal. */
typedef struct rebuilder {
	const hdt_expr *(*before)(const hdt_expr *node, void *closure);
	const hdt_expr *(*after)(const hdt_expr *node, void *closure);
	void *closure;
	bool fresh_axes; /* give every reduction axes of its own */
	expr_map done;
} rebuilder;
/* NULL after a fault. */
const hdt_expr *rebuild(rebuilder *r, const hdt_expr *e);
static inline void rebuilder_free(rebuilder *r)
{
	expr_map_free(&r->done);
}

#endif
