/* translate.h: the translation of a function in progress: bodies that are open, and the registers of values. */
#ifndef TARGET_SIM_TRANSLATE_H
#define TARGET_SIM_TRANSLATE_H

#include "code.h"

enum { MOST_BODIES = 160, MOST_EXPRESSION_DEPTH = 2000 };

/* Where the value of an expression stands, as long as the body that computes it is open. */
typedef struct value {
	reg at;
	reg wide;      /* of a uniform value: its copy for each lane, where has_wide */
	uint32_t body; /* serial number of the body that computes it; 0: nobody does */
	uint32_t
		until; /* it reads memory: good for the statement of this number alone; 0: for as long as the body is open */
	uint16_t depth; /* of that body */
	bool uniform, has_wide;
} value;

typedef struct checked_index {
	const hdt_expr *index, *extent;
	uint32_t until;
} checked_index;

/* A body that is open. */
typedef struct open_body {
	body *code;
	uint32_t serial;
	checked_index *checked; /* indices that its steps so far have checked */
	int checked_count, checked_capacity;
} open_body;

typedef struct translation {
	hdt_context *context;
	sim_function *function;
	open_body open[MOST_BODIES];
	int depth;          /* of the innermost body */
	uint32_t serial;    /* of the body opened last */
	uint32_t statement; /* number of the statement that is translated, from 1 on */
	int line;
	int expression_depth;
	value *values;  /* by the id of the expression */
	uint8_t *reads; /* by id: 0: not known, 1: reads no memory, 2: does, or has another effect */
	uint32_t value_capacity;
	bool failed; /* and the context tells why */
} translation;

/* A fault at the present line; returns false. */
bool translate_fail(translation *t, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);
/* `*items` with room for one more, doubled when `count` has reached `capacity`. */
bool translate_room(translation *t, void *items, int count, int *capacity, size_t size);

/* translate.c: bodies */
void translate_step(translation *t, int depth, step s);
body *translate_open(translation *t);
void translate_close(translation *t);

/* translate_value.c: `define` gives a leaf its register. */
reg translate_register(translation *t, bool uniform);
void translate_define(translation *t, const hdt_expr *leaf, value v);
bool translate_value(translation *t, const hdt_expr *e, value *out);
/* For each lane a copy. */
reg translate_wide(translation *t, value *v, hdt_dtype dtype);
/* Converted to `to`, where it is of another dtype. */
value translate_cast(translation *t, value v, hdt_dtype from, hdt_dtype to);
bool translate_call(translation *t, const hdt_expr *call, value *out);

/* translate_access.c */
bool translate_load(translation *t, const hdt_expr *load, value *out);
bool translate_address(translation *t, const hdt_expr *address, value *out);
bool translate_store(translation *t, const hdt_tensor *tensor, const hdt_expr *const *indices, const hdt_expr *e);
/* The buffer that a tensor is, or views; NULL and a fault when the function has it not. */
const sim_buffer *translate_buffer(translation *t, const hdt_tensor *tensor);
/* A SHARED or REGISTER buffer comes into scope. */
bool translate_new_buffer(translation *t, const hdt_tensor *tensor);

#endif
