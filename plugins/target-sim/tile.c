/* tile.c: descriptors of wgmma operands. In units of 16 bytes a tile is made of core matrices of 8 rows, each as
 * long as the swizzle (one unit without); docs/intrinsics.md tells how leading and stride place them. */
#include "tile.h"

#include <string.h>

enum { UNIT = 16, CORE = 8 };

/* Bits of a descriptor: address, leading and stride are counted in units. */
enum { LEADING_AT = 16, STRIDE_AT = 32, BASE_AT = 49, MODE_AT = 62, FIELD = 0x3fff };

typedef struct tile {
	uint64_t start;
	int64_t leading, stride;
	int units; /* of 16 bytes in a row of a core matrix: 1, 2, 4 or 8 */
	uint64_t block;
} tile;

uint64_t tile_descriptor(uint64_t address, int64_t leading, int64_t stride, int64_t swizzle)
{
	const int64_t most = FIELD * UNIT;
	uint64_t mode = swizzle == 128 ? 1 : swizzle == 64 ? 2 : swizzle == 32 ? 3 : 0, place = address & 0xffffff;
	bool usable = address & SIM_SHARED && !(address & SIM_OUTSIDE) && place % UNIT == 0 && leading % UNIT == 0 &&
	              stride % UNIT == 0 && leading >= 0 && leading <= most && stride >= 0 && stride <= most &&
	              (mode || swizzle == 0);
	if (!usable)
		return TILE_UNUSABLE;
	return (place / UNIT & FIELD) | (uint64_t)(leading / UNIT) << LEADING_AT | (uint64_t)(stride / UNIT) << STRIDE_AT |
	       mode << MODE_AT;
}

static tile read_descriptor(const sim_warp *w, uint64_t d)
{
	static const int units[] = {1, 8, 4, 2};
	return (tile){.start = (d & FIELD) * UNIT,
	              .leading = (int64_t)(d >> LEADING_AT & FIELD) * UNIT,
	              .stride = (int64_t)(d >> STRIDE_AT & FIELD) * UNIT,
	              .units = units[d >> MODE_AT],
	              .block = (uint64_t)sim_cluster_rank(w->block) << 24};
}

/* The swizzle exclusive-ors address bits from 4 on with those from 7 on. */
static uint64_t swizzled(const tile *t, int64_t offset)
{
	uint64_t at = t->start + (uint64_t)offset;
	return SIM_SHARED | t->block | (at ^ (at >> 7 & (unsigned)(t->units - 1)) * UNIT);
}

/* k is dense: unit c (0 or 1) of a row. */
static uint64_t unit_of_row(const tile *t, int row, int c)
{
	return swizzled(t, row % CORE * t->units * UNIT + row / CORE * t->stride + c * (t->units == 1 ? t->leading : UNIT));
}

/* Rows are dense: unit q, rows 8 q .., at depth k. */
static uint64_t unit_of_depth(const tile *t, int q, int k)
{
	if (t->units == 1)
		return swizzled(t, q * t->stride + k % CORE * UNIT + k / CORE * t->leading);
	return swizzled(t, q % t->units * UNIT + q / t->units * t->leading + k % CORE * t->units * UNIT +
	                       k / CORE * t->stride);
}

static bool read_unit(sim_warp *w, uint64_t address, unsigned char *to, tile_range *range)
{
	if (address < range->begin || range->begin == range->end)
		range->begin = address;
	if (address + UNIT > range->end)
		range->end = address + UNIT;
	return sim_async_read(w, 0, address, to, UNIT, UNIT);
}

static bool read_rows(sim_warp *w, const tile *t, int first, int rows, unsigned char (*to)[TILE_DEPTH_BYTES],
                      tile_range *range)
{
	for (int r = 0; r < rows; r++)
		for (int c = 0; c < TILE_DEPTH_BYTES / UNIT; c++)
			if (!read_unit(w, unit_of_row(t, first + r, c), to[r] + c * UNIT, range))
				return false;
	return true;
}

static bool read_depths(sim_warp *w, const tile *t, int size, int first, int rows,
                        unsigned char (*to)[TILE_DEPTH_BYTES], tile_range *range)
{
	int dense = UNIT / size;
	for (int q = 0; q < rows / dense; q++)
		for (int k = 0; k < TILE_DEPTH_BYTES / size; k++) {
			unsigned char unit[UNIT];
			if (!read_unit(w, unit_of_depth(t, first / dense + q, k), unit, range))
				return false;
			for (int i = 0; i < dense; i++)
				memcpy(to[q * dense + i] + k * size, unit + i * size, (size_t)size);
		}
	return true;
}

bool tile_read(sim_warp *w, uint64_t descriptor, bool transposed, int size, int first, int rows,
               unsigned char (*to)[TILE_DEPTH_BYTES], tile_range *range)
{
	tile t = read_descriptor(w, descriptor);
	if (descriptor & TILE_UNUSABLE || descriptor >> BASE_AT & 7) {
		sim_fault(
			w, 0,
			"a descriptor of a tile that is outside of its buffer or not aligned to %d bytes, or of an unknown swizzle",
			UNIT);
		return false;
	}
	return transposed ? read_depths(w, &t, size, first, rows, to, range) : read_rows(w, &t, first, rows, to, range);
}
