/* resize.h: which part of the input an output pixel of the resize operators looks at.
 *
 * They resize the last 1, 2 or 3 dimensions, as many as the attribute `size` has. The attributes scale_d, scale_h and
 * scale_w, when given, are the enlargements from which coordinates are computed instead of the ratio of the sizes. */
#ifndef OPS_TRANSFORM_RESIZE_H
#define OPS_TRANSFORM_RESIZE_H

#include <hidet/plugin.h>

#define RESIZE_SCALES                                                                                   \
	{"scale_d", HDT_ATTRIBUTE_FLOAT, "none", "enlargement of the depth; none: the ratio of the sizes"}, \
		{"scale_h", HDT_ATTRIBUTE_FLOAT, "none", "enlargement of the height"},                          \
	{                                                                                                   \
		"scale_w", HDT_ATTRIBUTE_FLOAT, "none", "enlargement of the width"                              \
	}

typedef struct resize {
	const hdt_tensor *x;
	int lead;         /* dimensions before the resized ones */
	int count;        /* of resized dimensions: 1..3 */
	hdt_list size;    /* theirs in the output */
	hdt_list outputs; /* axes of the output */
} resize;

/* False after a fault. `most`: how many dimensions the operator can resize. */
bool resize_begin(hdt_task *t, int most, resize *out);
/* Input and output size of resized dimension `d`, and the output index there. */
const hdt_expr *resize_from(const resize *r, int d);
const hdt_expr *resize_to(const resize *r, int d);
const hdt_expr *resize_index(const resize *r, int d);
/* Was an enlargement given for it, other than `ratio`? */
bool resize_scale_differs(hdt_task *t, const resize *r, int d, double ratio);
/* Distance of neighbouring output pixels in input pixels, in dtype `real`. */
const hdt_expr *resize_step(hdt_task *t, const resize *r, int d, hdt_dtype real, bool align_corners);
/* Where the middle of the output pixel lies: 0 is the middle of the first input pixel. */
const hdt_expr *resize_position(hdt_task *t, const resize *r, int d, hdt_dtype real, bool align_corners);

/* x resized along dimension `d` by a filter as wide as the step, `support` input pixels to either side at least; the
 * rest as it is. `filter` gives the weight at a distance. The result is a tensor of x's dtype. */
const hdt_tensor *resize_filtered(hdt_task *t, const resize *r, const hdt_tensor *x, int d, bool align_corners,
                                  double support, const hdt_expr *(*filter)(const hdt_expr *distance));

#endif
