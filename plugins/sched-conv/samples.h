/* samples.h: a call whose input and output have their channels last, where the schedulers of this folder want them: graphs begin and end with tensors
 * that are as they are. */
#ifndef SCHED_CONV_SAMPLES_H
#define SCHED_CONV_SAMPLES_H

#define LAST(op, x, rest) "transpose(" op "(transpose(" x ", axes=[0, 3, 1, 2]), " rest "), axes=[0, 2, 3, 1])"

#endif
