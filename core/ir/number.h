/* number.h: floats as decimal text, in every locale with a point. */
#ifndef CORE_IR_NUMBER_H
#define CORE_IR_NUMBER_H

#include <hidet/dtype.h>

enum { NUMBER_BYTES = 40 };

/* The shortest digits that read back as this value of the dtype, always with a '.' or an 'e', or inf, -inf, nan. */
void number_format(char out[NUMBER_BYTES], double value, hdt_dtype dtype);
/* Digits with optional point and exponent. False when it is no number or too long to be one. */
bool number_parse(const char *digits, size_t length, double *out);

#endif
