/* window.h: windows that slide over the last dimensions of a tensor: what convolutions and poolings share.
 *
 * Along each of these spatial dimensions window o looks at o * stride - padding + k * dilation for each tap k below the
 * kernel's size. Any number of dimensions may come before them. */
#ifndef OPS_NN_WINDOW_H
#define OPS_NN_WINDOW_H

#include <hidet/plugin.h>

#define WINDOW_MOST 3 /* spatial dimensions */

/* Attributes of all operators with windows, but for the kernel, which convolutions read off the weight. */
#define WINDOW_STRIDE(fallback)                                                             \
	{                                                                                       \
		"stride", HDT_ATTRIBUTE_DIMS, fallback, "distance of windows, one value or several" \
	}
#define WINDOW_PADDING                                                                      \
	{                                                                                       \
		"padding", HDT_ATTRIBUTE_DIMS, "0", "what is added on both sides of each dimension" \
	}
#define WINDOW_DILATION                                                         \
	{                                                                           \
		"dilation", HDT_ATTRIBUTE_DIMS, "1", "distance of the taps of a window" \
	}

typedef struct window {
	const hdt_tensor *x;
	int count;      /* of spatial dimensions: 1..3 */
	int lead;       /* dimensions before them */
	bool ceil_mode; /* a last window may reach beyond the end */
	const hdt_expr *size[WINDOW_MOST], *kernel[WINDOW_MOST], *stride[WINDOW_MOST], *padding[WINDOW_MOST],
		*dilation[WINDOW_MOST];
	const hdt_expr *windows[WINDOW_MOST]; /* how many there are */
} window;

/* Dimension `d` of an attribute with one or `count` items. */
const hdt_expr *window_item(hdt_task *t, const char *name, int d, int count);
/* Read stride, padding and (where `dilated`) dilation, with `kernel` given, and count the windows. False after a fault.
 */
bool window_begin(hdt_task *t, const hdt_tensor *x, int count, const hdt_expr *const *kernel, bool dilated,
                  bool ceil_mode, window *out);
/* One axis for each dimension, over the windows or over the taps. */
hdt_list window_axes(hdt_task *t, const window *w);
hdt_list window_taps(hdt_task *t, const window *w);
/* The element under tap `taps` of window `windows`, the other indices being `lead`; `outside` where there is none. */
const hdt_expr *window_read(hdt_task *t, const window *w, hdt_list lead, hdt_list windows, hdt_list taps,
                            const hdt_expr *outside);

/* The whole operators of each kind, in 1 to 3 dimensions, and their attributes. */
extern const hdt_attribute conv_attributes[], conv_transpose_attributes[], max_pool_attributes[], avg_pool_attributes[];
void conv_define(hdt_task *t, int count);
void conv_transpose_define(hdt_task *t, int count);
void max_pool_define(hdt_task *t, int count);
void avg_pool_define(hdt_task *t, int count);
void adaptive_pool_define(hdt_task *t, int count, hdt_reduce_kind kind);

#endif
