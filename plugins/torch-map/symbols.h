/* symbols.h: symbolic sizes as torch.export writes them: sympy's text, "2*s0 + 1" or "Add(Mul(Integer(2), Symbol('s0',
 * ...)), Integer(1))". */
#ifndef TORCH_MAP_SYMBOLS_H
#define TORCH_MAP_SYMBOLS_H

#include <hidet/plugin.h>
#include <jansson.h>

typedef struct symbol_table {
	hdt_context *context;
	const json_t *ranges; /* {"s0": {"min_val": 2, "max_val": 64}}; null or absent bounds: none */
} symbol_table;

/* The largest size of a dimension whose range has no upper bound. */
#define SYMBOLS_UNBOUNDED INT64_C(0x7fffffff)

/* The expression that `text` writes (integer or bool); NULL after a fault, which names `where`. */
const hdt_expr *symbols_parse(const symbol_table *symbols, const char *text, const char *where);

/* A size of the schema: {"as_int": 4} or {"as_expr": {"expr_str": "..."}}. */
const hdt_expr *symbols_size(const symbol_table *symbols, const json_t *json, const char *where);

#endif
