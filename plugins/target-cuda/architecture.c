/* architecture.c: what NVIDIA documents of each compute capability, for compiling where there is no such device.
 * Processors and cache are those of the best known device. */
#include "cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct limits {
	int architecture, processors, cluster_blocks;
	int64_t shared_kib; /* of a block, when asked for */
	int64_t cache_mib;
} limits;

static const limits known[] = {
	{75, 40, 0, 64, 4},    {80, 108, 0, 163, 40}, {86, 82, 0, 99, 6},      {87, 16, 0, 163, 4},
	{89, 128, 0, 99, 72},  {90, 132, 8, 227, 50}, {100, 148, 8, 227, 126}, {103, 148, 8, 227, 126},
	{120, 170, 8, 99, 96}, {121, 48, 8, 99, 24},
};

bool architecture_limits(const char *name, hdt_target_info *info)
{
	char *end;
	if (strncmp(name, "sm_", 3) != 0 || name[3] < '0' || name[3] > '9')
		return false;
	long architecture = strtol(name + 3, &end, 10);
	if (strcmp(end, "") != 0 && (strcmp(end, "a") != 0 || architecture < 90))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].architecture != architecture)
			continue;
		info->architecture = known[i].architecture;
		info->processors = known[i].processors;
		info->cluster_blocks = known[i].cluster_blocks;
		info->shared_bytes = 48 << 10;
		info->shared_bytes_asked = known[i].shared_kib << 10;
		info->cache_bytes[1] = known[i].cache_mib << 20;
		info->warp = 32;
		info->threads_per_block = 1024;
		memcpy(info->grid, (const int64_t[]){INT32_MAX, 65535, 65535}, sizeof info->grid);
		memcpy(info->block, (const int64_t[]){1024, 1024, 64}, sizeof info->block);
		return true;
	}
	return false;
}
