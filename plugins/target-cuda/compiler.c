/* compiler.c: loads NVRTC's library and looks its functions up. */
#include "compiler.h"

#include "library.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

const char *const compiler_options[COMPILER_OPTIONS] = {
	"--std=c++17", "-default-device", "-fmad=false", /* a product that is added is rounded twice, as written */
	"-ftz=false",  "-lineinfo",       "-w",          /* the prelude has many functions that a unit does not use */
};

static compiler functions;
static bool usable;
static char missing[512];

static const library_symbol symbols[] = {
#define NVRTC_FUNCTION(member, symbol, arguments) {#symbol, offsetof(compiler, member)},
#include "nvrtc.def"
#undef NVRTC_FUNCTION
};

static bool ask(compiler *c)
{
	int count = 0;
	if (c->version(&c->major, &c->minor) != NVRTC_SUCCESS || c->arch_count(&count) != NVRTC_SUCCESS || count < 1 ||
	    count > COMPILER_MOST_ARCHITECTURES || c->archs(c->architectures) != NVRTC_SUCCESS)
		return false;
	c->architecture_count = count;
	return true;
}

static void load(void)
{
	static const char *const known[] = {"libnvrtc.so.13",
	                                    "libnvrtc.so.12",
	                                    "libnvrtc.so",
	                                    "/usr/local/cuda/lib64/libnvrtc.so",
	                                    "/opt/cuda/lib64/libnvrtc.so",
	                                    NULL};
	const char *named = getenv("HIDET_NVRTC"), *home = getenv("CUDA_HOME");
	char in_home[4096], reason[400] = "";
	void *handle = NULL;
	if (named && *named) {
		handle = library_open((const char *const[]){named, NULL}, reason, sizeof reason);
	} else {
		snprintf(in_home, sizeof in_home, "%s/lib64/libnvrtc.so", home ? home : "");
		if (home && *home)
			handle = library_open((const char *const[]){in_home, NULL}, reason, sizeof reason);
		if (!handle)
			handle = library_open(known, reason, sizeof reason);
	}
	if (!handle) {
		snprintf(missing, sizeof missing, "there is no NVRTC: %s", reason);
		return;
	}
	const char *absent = library_find(handle, symbols, sizeof symbols / sizeof *symbols, &functions);
	usable = !absent && ask(&functions);
	if (absent)
		snprintf(missing, sizeof missing, "the NVRTC that was found has no %s: CUDA 11.8 or newer is needed", absent);
	else if (!usable)
		snprintf(missing, sizeof missing, "the NVRTC that was found does not tell its version and architectures");
}

const compiler *compiler_get(const char **reason)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	*reason = missing;
	return usable ? &functions : NULL;
}

bool compiler_architecture(const compiler *c, int architecture, char *name, size_t bytes)
{
	int best = 0;
	for (int i = 0; i < c->architecture_count; i++) {
		int known = c->architectures[i];
		if (known == architecture)
			best = known;
		else if (best != architecture && known / 10 == architecture / 10 && known < architecture && known > best)
			best = known; /* code runs on later ones of the same generation */
	}
	/* From 9.0 on there are features of that very architecture: bulk matrix products, for one. */
	snprintf(name, bytes, "sm_%d%s", best, best == architecture && best >= 90 ? "a" : "");
	return best > 0;
}
