/* show.h: tensors as a person likes to read them. */
#ifndef HIDET_RUN_SHOW_H
#define HIDET_RUN_SHOW_H

#include <hidet/hidet.h>
#include <stdio.h>

enum { SHOW_TYPE_BYTES = 256 }; /* a dtype and HDT_MAX_RANK sizes of 19 digits */

/* "f32[3, 10]" into `out` (SHOW_TYPE_BYTES). */
const char *show_type(const hdt_array *a, char *out);
/* Name, type, and the first and last elements of the first rows. */
void show_array(FILE *to, const hdt_array *a);
/* The k largest entries of each row (the last dimension), with their positions; at most 16 rows. */
void show_top(FILE *to, const hdt_array *a, long k);

#endif
