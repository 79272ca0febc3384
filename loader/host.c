/* host.c: the function table that every plugin is handed, made from the list of its members. */
#include "loader/stages.h"

const hdt_host host_table = {
	.size = sizeof(hdt_host),
	.abi_major = HDT_ABI_MAJOR,
	.abi_minor = HDT_ABI_MINOR,
#define HDT_API(name) .name = name,
#include <hidet/api.def>
#undef HDT_API
};
