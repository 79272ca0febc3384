/* intrinsics.c: the intrinsics that the target has, and the functions that simulate them, by name. */
#include "intrinsics.h"

#include "code.h"
#include <string.h>

#define HDT_INTRINSIC(id, family_, name_, signature_, traits_, architecture_, only, doc_) \
	static const hdt_intrinsic declared_##id = {.size = sizeof(hdt_intrinsic),            \
	                                            .name = name_,                            \
	                                            .signature = signature_,                  \
	                                            .traits = traits_,                        \
	                                            .architecture = architecture_,            \
	                                            .architecture_only = only,                \
	                                            .doc = doc_};
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC

const hdt_intrinsic *const sim_declared[] = {
#define HDT_INTRINSIC(id, ...) &declared_##id,
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC
	NULL,
};

const sim_intrinsic *intrinsic_named(const char *name)
{
	static const sim_intrinsic *const families[] = {
#define TABLE(family) sim_##family##_intrinsics,
		SIM_FAMILIES(TABLE)
#undef TABLE
	};
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		for (const sim_intrinsic *s = families[i]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	return NULL;
}
