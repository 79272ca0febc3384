/* targets.h: what the target of a node means: its mapping, whether it changes its receiver, and how its result relates
 * to the receiver's memory. */
#ifndef TORCH_MAP_TARGETS_H
#define TORCH_MAP_TARGETS_H

#include "environment.h"

typedef enum target_effect {
	EFFECT_NONE,    /* results only */
	EFFECT_WRITE,   /* the receiver's elements change: add_ */
	EFFECT_RESHAPE, /* the receiver becomes a view of itself: unsqueeze_ */
	EFFECT_INLINE   /* the result is a graph among the arguments, applied: wrap_with_autocast */
} target_effect;

/* When the result lies in the receiver's memory. */
typedef enum target_alias {
	ALIAS_NEVER,
	ALIAS_ALWAYS,
	ALIAS_UNCHANGED,    /* if it is the receiver itself: to(dtype) with the dtype that it has */
	ALIAS_CONTIGUOUS,   /* if the receiver is row-major */
	ALIAS_IF_CONTIGUOUS /* if the receiver is row-major; else PyTorch decides at run time */
} target_alias;

typedef struct target {
	const char *name;           /* "aten.add_.Tensor" */
	const hdt_mapping *mapping; /* NULL for EFFECT_INLINE */
	target_effect effect;
	target_alias alias;
} target;

/* Understand "torch.ops.aten.add_.Tensor"; false when nothing provides it (out->name is set all the same). */
bool target_resolve(hdt_context *context, const char *text, target *out);

#endif
