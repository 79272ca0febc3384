/* environment.h: what the names of a program stand for at the point that translation has reached.
 *
 * A graph of ours has no assignment, PyTorch's may: x.add_(y) changes x and everything that shares x's memory. So a
 * tensor name stands for a view: a path of nodes from the tensor that owns the memory (the base) to the value. Writing
 * to a view replaces the base by one made with the new part in its place; reading a view after such a write builds its
 * path again from the new base.
 *
 *     %s = slice(%x, ...)                       %s = slice(%x, ...)
 *     relu_(s); use x            becomes        %r = relu(%s)
 *                                               %x1 = concat(slice(%x, ...), %r, slice(%x, ...)); use %x1 */
#ifndef TORCH_MAP_ENVIRONMENT_H
#define TORCH_MAP_ENVIRONMENT_H

#include <hidet/plugin.h>

typedef struct environment environment;

/* How a result relates to the memory of the receiver of its call. */
typedef enum environment_relation {
	RELATION_NEW,   /* memory of its own */
	RELATION_VIEW,  /* the same memory */
	RELATION_UNSURE /* either: PyTorch decides when it runs; using one after writing to the other is refused */
} environment_relation;

environment *environment_new(hdt_context *context, hdt_graph *graph);

/* A name for a tensor with memory of its own. `keeper`, when not NULL, says whose memory it is, which must not be
 * written to: "buffer x".*/
hdt_status environment_bind(environment *env, const char *name, hdt_value *value, const char *keeper);
/* A name for a value made by nodes from the tensor called `of`. */
hdt_status environment_bind_view(environment *env, const char *name, hdt_value *value, const char *of,
                                 environment_relation relation);
/* A name for an integer, bool or float known as an expression. */
hdt_status environment_bind_scalar(environment *env, const char *name, const hdt_expr *scalar);
/* A name that must not be used, and why. */
hdt_status environment_bind_unusable(environment *env, const char *name, const char *why);
/* `name` in `env` becomes what `other_name` is in `other`: the same memory. */
hdt_status environment_share(environment *env, const char *name, environment *other, const char *other_name);

/* The tensor or scalar of this name now. A fault when there is none, when it is of the other sort, or may not be used.
 */
hdt_value *environment_tensor(environment *env, const char *name);
const hdt_expr *environment_scalar(environment *env, const char *name);

/* Write `value` (of the same shape and dtype) into the memory of the tensor `name`; `by` names the operator in
 * messages. */
hdt_status environment_write(environment *env, const char *name, hdt_value *value, const char *by);

#endif
