/* badly_linked.c: libraries that must be refused before any of their code runs; each is one way of compiling and linking this file.
 * The constructor proves that it did not run. */
#include <stddef.h>
#include <stdlib.h>

__attribute__((visibility("default"))) const void *hidet_plugin_query_v1(const void *host);
int missing_function(void);
int hdt_fail(void *context, int status, const char *format, ...);
int private_library_function(void);

__attribute__((constructor)) static void run(void)
{
	abort();
}

#ifdef EXPORTS_MORE
int extra_symbol;
#endif

#ifdef STATIC_TLS
static __thread int counter __attribute__((tls_model("initial-exec")));
#endif

#ifdef TEXT_RELOCATION
__asm__(".text\n.quad hidet_plugin_query_v1\n");
#endif

#ifndef NO_QUERY
const void *hidet_plugin_query_v1(const void *host)
{
#ifdef CALLS_MISSING
	missing_function();
#endif
#ifdef CALLS_HOST
	hdt_fail(NULL, 0, "");
#endif
#ifdef CALLS_PRIVATE
	private_library_function();
#endif
#ifdef STATIC_TLS
	counter++;
#endif
	return host;
}
#endif
