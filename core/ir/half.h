/* half.h: the bits of 16-bit floats. To 16 bits: nearest, ties to even; overflow gives infinity; NaN stays NaN. */
#ifndef CORE_IR_HALF_H
#define CORE_IR_HALF_H

#include <stdint.h>

float half_to_float(uint16_t bits);
uint16_t half_from_float(float value);
float bfloat_to_float(uint16_t bits);
uint16_t bfloat_from_float(float value);

#endif
