/* grid_sample: x [n, channels, (depth,) height, width] at the positions of a grid [n, ..., 2 or 3], interpolated.
 *
 * A grid point is (x, y, z) with -1..1 from one side of the image to the other. */
#include "cubic.h"

#include <hidet/plugin.h>
#include <string.h>

typedef enum padding { ZEROS, BORDER, REFLECTION } padding;

enum { MAX_SPATIAL = 3 };

typedef struct sampler {
	hdt_task *task;
	const hdt_tensor *x;
	bool align_corners;
	padding border;
	int count;                              /* of spatial dimensions */
	hdt_list at;                            /* image and channel */
	const hdt_expr *positions[MAX_SPATIAL]; /* in pixels, along each spatial dimension */
} sampler;

static padding padding_of(hdt_task *t, const char *name)
{
	if (strcmp(name, "border") == 0)
		return BORDER;
	if (strcmp(name, "reflection") == 0)
		return REFLECTION;
	if (strcmp(name, "zeros") != 0)
		hdt_reject(t, "padding \"%s\" is none of zeros, border and reflection", name);
	return ZEROS;
}

static const hdt_expr *size_of(const sampler *s, int d)
{
	return s->x->shape[2 + d];
}

/* -1..1 in pixels: 0 is the middle of the first one. */
static const hdt_expr *pixels(const sampler *s, int d, const hdt_expr *g)
{
	const hdt_expr *one = hdt_like(g, 1), *two = hdt_like(g, 2), *size = hdt_cast(size_of(s, d), hdt_expr_dtype(g));
	if (s->align_corners)
		return hdt_mul(hdt_div(hdt_add(g, one), two), hdt_sub(size, one));
	return hdt_div(hdt_sub(hdt_mul(hdt_add(g, one), size), one), two);
}

/* A position outside of the image moved into it, as the padding says; with zeros it stays outside. */
static const hdt_expr *moved(const sampler *s, int d, const hdt_expr *position)
{
	const hdt_expr *size = hdt_cast(size_of(s, d), hdt_expr_dtype(position)), *zero = hdt_like(position, 0);
	const hdt_expr *one = hdt_like(position, 1), *two = hdt_like(position, 2), *last = hdt_sub(size, one);

	if (s->border == ZEROS)
		return position;
	if (s->border == REFLECTION) {
		const hdt_expr *low = s->align_corners ? zero : hdt_like(position, -0.5);
		const hdt_expr *span = s->align_corners ? last : size;
		const hdt_expr *distance = hdt_unary(HDT_OP_ABS, hdt_sub(position, low));
		const hdt_expr *flips = hdt_unary(HDT_OP_FLOOR, hdt_div(distance, span));
		const hdt_expr *rest = hdt_binary(HDT_OP_FMOD, distance, span);
		const hdt_expr *even = hdt_equal(hdt_binary(HDT_OP_FMOD, flips, two), zero);
		const hdt_expr *inner = hdt_select(even, hdt_add(rest, low), hdt_add(hdt_sub(span, rest), low));
		position = hdt_select(hdt_equal(span, zero), zero, inner);
	}
	return hdt_min(hdt_max(position, zero), last);
}

/* Pixel `i` (a whole number) of dimension d put behind the indices `at`; *inside becomes false where there is none. */
static hdt_list pixel_at(const sampler *s, int d, const hdt_expr *i, const hdt_expr **inside, hdt_list at)
{
	const hdt_expr *pixel = hdt_cast(i, HDT_I64), *zero = hdt_int(s->task->context, 0);
	*inside = hdt_and(*inside, hdt_and(hdt_less_equal(zero, pixel), hdt_less(pixel, size_of(s, d))));
	return hdt_list_insert(s->task, at, at.count, hdt_bounded(pixel, size_of(s, d)));
}

static const hdt_expr *read(const sampler *s, const hdt_expr *inside, hdt_list at)
{
	const hdt_expr *value = hdt_widen(hdt_at_list(s->x, at));
	return hdt_select(inside, value, hdt_like(value, 0));
}

static const hdt_expr *nearest(const sampler *s)
{
	const hdt_expr *inside = hdt_number(s->task->context, HDT_BOOL, 1);
	hdt_list at = s->at;
	for (int d = 0; d < s->count; d++)
		at = pixel_at(s, d, hdt_unary(HDT_OP_ROUND, moved(s, d, s->positions[d])), &inside, at);
	return read(s, inside, at);
}

static const hdt_expr *linear(const sampler *s, int d, const hdt_expr *inside, hdt_list at)
{
	if (d == s->count || d == MAX_SPATIAL)
		return read(s, inside, at);
	const hdt_expr *position = moved(s, d, s->positions[d]), *low = hdt_unary(HDT_OP_FLOOR, position);
	const hdt_expr *weight = hdt_sub(position, low), *one = hdt_like(position, 1);
	const hdt_expr *inside_low = inside, *inside_high = inside;
	hdt_list at_low = pixel_at(s, d, low, &inside_low, at);
	hdt_list at_high = pixel_at(s, d, hdt_add(low, one), &inside_high, at);
	const hdt_expr *a = linear(s, d + 1, inside_low, at_low), *b = linear(s, d + 1, inside_high, at_high);
	return hdt_add(hdt_mul(hdt_sub(one, weight), a), hdt_mul(weight, b));
}

static const hdt_expr *cubic(const sampler *s, int d, const hdt_expr *inside, hdt_list at)
{
	if (d == s->count || d == MAX_SPATIAL)
		return read(s, inside, at);
	const hdt_expr *position = s->positions[d], *low = hdt_unary(HDT_OP_FLOOR, position), *sum = NULL;
	const hdt_expr *weights[4];

	cubic_weights(hdt_sub(position, low), weights);
	for (int k = 0; k < 4; k++) {
		const hdt_expr *here = inside, *neighbour = moved(s, d, hdt_add(low, hdt_like(low, k - 1)));
		hdt_list there = pixel_at(s, d, neighbour, &here, at);
		const hdt_expr *term = hdt_mul(weights[k], cubic(s, d + 1, here, there));
		sum = k == 0 ? term : hdt_add(sum, term);
	}
	return sum;
}

static void define(hdt_task *t)
{
	sampler s = {.task = t, .x = hdt_input(t, 0), .align_corners = hdt_get_bool(t, "align_corners")};
	const hdt_tensor *grid = hdt_input(t, 1);
	const char *mode = hdt_get_string(t, "mode");
	s.border = padding_of(t, hdt_get_string(t, "padding"));
	s.count = s.x->rank - 2;
	int64_t components;

	if (s.count < 2 || s.count > MAX_SPATIAL || grid->rank != s.x->rank || !hdt_is_float(s.x->dtype) ||
	    !hdt_is_float(grid->dtype)) {
		hdt_reject(t, "floats are needed: x of [n, channels, (depth,) height, width] and a grid of as many dimensions");
		return;
	}
	if (!hdt_is_const(grid->shape[grid->rank - 1], &components) || components != s.count) {
		hdt_reject(t, "the last dimension of the grid must be %d", s.count);
		return;
	}
	hdt_require(t, hdt_equal(grid->shape[0], s.x->shape[0]), "x and grid differ in dimension 0");
	hdt_list i =
		hdt_axes(t, hdt_list_join(t, hdt_list_part(hdt_shape(s.x), 0, 2), hdt_list_part(hdt_shape(grid), 1, s.count)));
	s.at = hdt_list_part(i, 0, 2);
	for (int d = 0; d < s.count; d++) {
		/* The grid's components are x, y, z: the last dimension first. */
		hdt_list point = hdt_list_remove(t, i, 1);
		point = hdt_list_insert(t, point, point.count, hdt_int(t->context, s.count - 1 - d));
		s.positions[d] = pixels(&s, d, hdt_cast(hdt_at_list(grid, point), hdt_dtype_of(s.x->dtype)->compute));
	}
	const hdt_expr *value = NULL;
	if (strcmp(mode, "bilinear") == 0)
		value = linear(&s, 0, hdt_number(t->context, HDT_BOOL, 1), s.at);
	else if (strcmp(mode, "nearest") == 0)
		value = nearest(&s);
	else if (strcmp(mode, "bicubic") == 0 && s.count == 2)
		value = cubic(&s, 0, hdt_number(t->context, HDT_BOOL, 1), s.at);
	else
		hdt_reject(t, "mode \"%s\" is none of bilinear, nearest and, for images, bicubic", mode);
	hdt_output(t, hdt_compute(t, "y", i, hdt_cast(value, s.x->dtype)));
}

static const hdt_attribute attributes[] = {
	{"mode", HDT_ATTRIBUTE_STRING, "\"bilinear\"", "bilinear, nearest or bicubic"},
	{"padding", HDT_ATTRIBUTE_STRING, "\"zeros\"", "what lies outside: zeros, border or reflection"},
	{"align_corners", HDT_ATTRIBUTE_BOOL, "false", "-1 and 1 are the middles of the outer pixels, not their edges"},
	{0},
};

const hdt_operator hdt_op_grid_sample = {
	.size = sizeof(hdt_operator),
	.name = "grid_sample",
	.doc = "x at positions given by a grid, interpolated",
	.inputs = "x, grid",
	.attributes = attributes,
	.dtypes = "float",
	.define = define,
	.samples =
		(const char *const[]){
			"grid_sample(T[1, 2, 3, 4], T[1, 2, 3, 2] in -1..1)",
			"grid_sample(f32[n, 1, 3, 3], f32[n, 2, 2, 2] in -1.5..1.5) where n = 3",
			"grid_sample(f32[1, 0, 3, 3], f32[1, 2, 2, 2])",
			"grid_sample(f32[1, 1, 1, 1], f32[1, 2, 2, 2])",
			"grid_sample(f32[1, 1, 4, 3], f32[1, 3, 3, 2] in -1.5..1.5, mode=\"nearest\", padding=\"border\")",
			"grid_sample(f32[1, 1, 4, 3], f32[1, 3, 3, 2] in -3..3, padding=\"reflection\", align_corners=true)",
			"grid_sample(f32[1, 1, 4, 3], f32[1, 3, 3, 2] in -3..3, padding=\"reflection\")",
			"grid_sample(f32[1, 1, 4, 3], f32[1, 3, 2, 2] in -1.5..1.5, mode=\"bicubic\", padding=\"border\")",
			"grid_sample(f32[1, 1, 2, 3, 3], f32[1, 2, 2, 1, 3] in -1.5..1.5)",
			NULL,
		},
};
