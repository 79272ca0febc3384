/* lex.h: the one lexer of the text forms, and the parser of expressions and attributes that all of them share.
 *
 * A comment runs from # to the end of the line (// divides). A % right before a letter or digit begins a value's name
 * unless it stands right behind an operand: i % 4 and i%4 are remainders, i %4 is not.
 *
 * A parser is sticky: after the first fault every token is END and every parse gives NULL. Faults carry file, line,
 * column, the line of text and a caret: model.hds:3:15: expected ')' after the inputs %0 = apply(%x %w)
 *                     ^
 */
#ifndef CORE_IR_LEX_H
#define CORE_IR_LEX_H

#include "ir/expr.h"

enum { PARSER_MAX_DEPTH = 200 };

typedef enum token_kind {
	TOKEN_END,
	TOKEN_NAME,        /* letters, digits, _ and . inside; starts with a letter or _ */
	TOKEN_VALUE,       /* %name: `text` without % */
	TOKEN_SYMBOL_NAME, /* @name: `text` without @ */
	TOKEN_INTEGER,
	TOKEN_FLOAT,
	TOKEN_STRING,     /* `text` unescaped */
	TOKEN_PUNCTUATION /* `text`: one of ( ) [ ] { } , : ; = -> => .. + - * / // % < <= == != && || ! & | ^ ~ << >> > >=
	                     ? . += -= *= /= //= %= &= |= ^= <<= >>= */
} token_kind;

typedef struct token {
	token_kind kind;
	const char *text; /* interned */
	int64_t integer;
	double real;
	int line, column;  /* from 1; column in bytes */
	const char *start; /* in the source */
} token;

/* What a name stands for where a dtype, a task mapping or a layout is expected: one of them is set. */
typedef struct named_constant {
	hdt_dtype dtype; /* HDT_DTYPE_NONE: none */
	const struct hdt_task_mapping *mapping;
	const struct hdt_layout *layout;
} named_constant;

typedef struct parser {
	hdt_context *context;
	const char *file;   /* for messages */
	const char *source; /* NUL-terminated; lives as long as the parser */
	const char *at;
	int line;
	const char *line_start;
	token now; /* the current token */
	bool failed;
	bool had_fault; /* the context had one before the parser began */
	int depth;      /* nesting, capped */
	/* Resolve a bare name in an expression (axis, symbol, tensor...); NULL: unknown. `closure` is the caller's. */
	const hdt_expr *(*resolve)(struct parser *p, const char *name, void *closure);
	/* Resolve `name[...]` with parsed indices; NULL: unknown. */
	const hdt_expr *(*resolve_load)(struct parser *p, const char *name, hdt_expr const *const *indices, int count,
	                                void *closure);
	/* Bring axes of a reduction into scope and out again. The axis that `resolve` then gives for the name is the one
	 * used. */
	bool (*open_axis)(struct parser *p, const char *name, const hdt_expr *axis, void *closure);
	void (*close_axes)(struct parser *p, int count, void *closure);
	/* These in functions; NULL elsewhere. A tensor or view; NULL: unknown. */
	const hdt_tensor *(*resolve_tensor)(struct parser *p, const char *name, void *closure);
	/* A call of a function that is no scalar operation; NULL after a fault. */
	const hdt_expr *(*call)(struct parser *p, const token *name, const hdt_expr *const *operands, int count,
	                        void *closure);
	/* Names of dtypes, task mappings and layouts. False: unknown. */
	bool (*resolve_constant)(struct parser *p, const char *name, named_constant *out, void *closure);
	/* Does an integer literal beside this integer take its dtype, if it fits? NULL: it is i64. */
	bool (*gives_dtype)(struct parser *p, const hdt_expr *operand, void *closure);
	token asked; /* where the name stands that one of these is asked for */
	void *closure;
} parser;

void parser_init(parser *p, hdt_context *context, const char *file, const char *source);
void parser_next(parser *p);
bool parser_is(const parser *p, const char *punctuation_or_name);
bool parser_accept(parser *p, const char *punctuation_or_name);
/* Move on to the `where` in front of the next { or the end, and behind it; false: there is none. For readers that look ahead for the
 * ranges of sizes. */
bool parser_seek_where(parser *p);
/* Accept or fail with "expected '...' <where>". */
bool parser_expect(parser *p, const char *punctuation_or_name, const char *where);
/* Record a fault at the current token. Always returns HDT_BAD_MODEL. */
hdt_status parser_fail(parser *p, const char *format, ...) HDT_PRINTF(2, 3);
hdt_status parser_fail_at(parser *p, const token *where, const char *format, ...) HDT_PRINTF(3, 4);

/* A builder's NULL came with a fault that does not know the text: it is told again with its place. */
void parser_refuse(parser *p, const token *where, const char *otherwise);

/* expression := precedence climbing over || && | ^ & == < << + * unary, calls, casts f32(x), loads x[i, j], reductions
 * sum(k < 7, l < n) body   sum<f64>(k < 7) body   argmax(k < 7) body   (a reduction's body extends as far as a product;
 * `max(k <` and `min(k <` begin a reduction). In functions also x.read(i, j), &x[i, j], and calls of intrinsics.
 * ceildiv(a, b) and round_up(a, b), the next multiple of b, are written out. Constants: see print.c. */
const hdt_expr *parse_expr(parser *p);
/* dtype such as f32; HDT_DTYPE_NONE after a fault. */
hdt_dtype parse_dtype(parser *p);
/* The i64 expression of a dimension or of an element of a list. */
const hdt_expr *parse_dim(parser *p);
/* [d0, d1, ...] of i64 expressions into `dims` (HDT_MAX_RANK). Returns the rank or -1. */
int parse_dims(parser *p, const hdt_expr **dims);
/* An attribute value: literal of any kind; `name` is set by the caller. */
bool parse_attribute(parser *p, hdt_attribute_value *out);
/* where n in 1..64, m in 1..8 : makes the symbols. Names used before are declared by it, so it is parsed first by the
 * caller scanning ahead; an undeclared name in a shape is a symbol of range 0..2^31-1. */

#endif
