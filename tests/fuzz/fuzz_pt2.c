/* fuzz_pt2.c: no bytes make the reader of PyTorch's archives and programs crash, leak or hang. The plugins are those beside the program,
 * built with the same instrumentation; bytes that begin with a brace are taken for a program in JSON. */
#include "memory_file.h"
#include <hidet/hidet.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The reader goes by content, but a name ending in .pt2 makes it look at anything: a link to the memory file has that name. */
static const char *link_path(void)
{
	static char path[64];
	if (!*path)
		snprintf(path, sizeof path, "/tmp/fuzz-%d.pt2", (int)getpid());
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static hdt_session *session;
	char path[64];
	if (!session && hdt_session_open(NULL, &session) != HDT_OK)
		abort();
	int fd = memory_file(data, bytes, path);
	if (fd < 0)
		return 0;
	unlink(link_path());
	if (symlink(path, link_path()) == 0) {
		hdt_model *model;
		if (hdt_model_load(session, link_path(), &model) == HDT_OK)
			hdt_model_free(model);
		unlink(link_path());
	}
	close(fd);
	return 0;
}
