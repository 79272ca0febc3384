/* timing.h: the clock that only goes forward, and what is said of many measurements with it. */
#ifndef CORE_BASE_TIMING_H
#define CORE_BASE_TIMING_H

/* Since some moment in the past: differences count. */
double now_seconds(void);
double now_ms(void);
double now_us(void);

void times_sort(double *times, int count);
/* The upper one of two in the middle; sorts them. At least one. */
double times_median(double *times, int count);

#endif
