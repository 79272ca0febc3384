/* fixture.h: a context with some names, and expressions written as text. */
#ifndef TESTS_UNIT_IR_FIXTURE_H
#define TESTS_UNIT_IR_FIXTURE_H

#include "ir/lex.h"
#include <hidet/task.h>

enum { MAX_NAMES = 64 };

/* Names: symbols n in 0..2^31-1 and m in 1..100; axes i < n, j < m, k < 64, l < 4; variables v: i64, w: i32, u: u8, s:
 * f32, d: f64, c, e: bool; tensors x: f32[n, 64], h: f16[64], g: i32[64], q: i64[64]. A reduction over one of the axes
 * by its own extent uses that axis. */
typedef struct scope {
	hdt_context *context;
	const hdt_expr *names[MAX_NAMES];
	int count;
	hdt_tensor tensors[4];
	const hdt_expr *x_shape[2], *row[1];
} scope;

scope *scope_new(void);
void scope_free(scope *s);
const hdt_expr *scope_get(const scope *s, const char *name);
/* NULL after a fault, which stays in the context. */
const hdt_expr *scope_parse(scope *s, const char *text);
void scope_start(scope *s, parser *p, const char *text);

#endif
