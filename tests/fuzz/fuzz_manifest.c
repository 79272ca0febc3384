/* fuzz_manifest.c: no bytes make the reader of plugins' and distributions' manifests crash, hang or leak, and what it says about
 * them never controls a terminal. */
#include "loader/stages.h"
#include "memory_file.h"
#include <stdlib.h>

static void check_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char path[64];
	int fd = memory_file(data, bytes, path);
	struct loader l = {.context = context_new(NULL)};
	if (fd >= 0 && l.context) {
		plugin p = {.manifest = path};
		p.info = (plugin_info){.id = "fuzz", .version = "", .license = "", .path = "", .reason = "", .warnings = ""};
		p.info.status = PLUGIN_AVAILABLE;
		manifest_read(&l, &p);
		check_printable(p.info.reason);
		check_printable(p.info.id);
		check_printable(p.info.license);
		distribution_read(&l, path);
	}
	context_free(l.context);
	if (fd >= 0)
		close(fd);
	return 0;
}
