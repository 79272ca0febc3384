/* orders.h: schedulers that want the dimensions of most tensors in some order, whatever they are good for: whoever lays out results has to
 * turn everything round, and what is computed has to stay the same. */
#ifndef TESTS_GRAPHS_ORDERS_H
#define TESTS_GRAPHS_ORDERS_H

#include "registry/registry.h"

/* Register them; `seed` says what they want. False when memory is out. */
bool orders_register(hdt_registry *registry, uint64_t seed);

#endif
