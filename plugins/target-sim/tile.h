/* tile.h: operands of wgmma in shared memory, as a descriptor tells where they lie. */
#ifndef TARGET_SIM_TILE_H
#define TARGET_SIM_TILE_H

#include "sim.h"

enum { TILE_DEPTH_BYTES = 32 }; /* of k, of each product */

/* Set in a descriptor that was made of something that has none. */
#define TILE_UNUSABLE (UINT64_C(1) << 46)

uint64_t tile_descriptor(uint64_t address, int64_t leading, int64_t stride, int64_t swizzle);

/* Bytes from the lowest to the highest address that were read. */
typedef struct tile_range {
	uint64_t begin, end;
} tile_range;

/* Rows `first` .. of a tile, each its 32 bytes of k, elements of `size` bytes. `transposed`: the rows, not k, are
 * dense. What is read is in flight. False after a fault. */
bool tile_read(sim_warp *w, uint64_t descriptor, bool transposed, int size, int first, int rows,
               unsigned char (*to)[TILE_DEPTH_BYTES], tile_range *range);

#endif
