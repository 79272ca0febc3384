/* number.c: floats as decimal text. The C library's conversions are exact but follow the locale: its decimal point is
 * exchanged. */
#include "ir/number.h"
#include "ir/expr.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 400 }; /* more than any exact double needs in practice; text beyond it is refused */

static const char *locale_point(void)
{
	const char *point = localeconv()->decimal_point;
	return *point ? point : ".";
}

bool number_parse(const char *digits, size_t length, double *out)
{
	char buffer[MAX_DIGITS + 16], *at = buffer, *end;
	const char *point = locale_point();
	if (length > MAX_DIGITS || strlen(point) > 8)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] == '.') {
			strcpy(at, point);
			at += strlen(point);
		} else {
			*at++ = digits[i];
		}
	}
	*at = '\0';
	*out = strtod(buffer, &end);
	return end == at && at > buffer;
}

static void use_point(char *digits)
{
	const char *point = locale_point();
	char *at = strstr(digits, point);
	if (!at)
		return;
	*at = '.';
	memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
}

static bool reads_back(const char *digits, double value, hdt_dtype dtype)
{
	scalar read = {.f = 0};
	return number_parse(digits, strlen(digits), &read.f) && scalar_cast(read, HDT_F64, dtype).f == value;
}

void number_format(char out[NUMBER_BYTES], double value, hdt_dtype dtype)
{
	if (isnan(value) || isinf(value)) {
		strcpy(out, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
		return;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(out, NUMBER_BYTES - 2, "%.*g", digits, value);
		use_point(out);
		if (reads_back(out, value, dtype))
			break;
	}
	if (strchr(out, 'e') && fabs(value) >= 1 &&
	    fabs(value) < 1e7) { /* 1500.0 rather than 1.5e+03: here it is a whole number */
		snprintf(out, NUMBER_BYTES, "%.1f", value);
		use_point(out);
	}
	if (!strpbrk(out, ".e"))
		strcat(out, ".0");
}
