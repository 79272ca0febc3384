/* fuzz_findings.c: no bytes in a list of findings of tuning (hidet-run tune --import) make its reader crash, leak or hang, and what it takes over is
 * what it gives back. */
#include "core/session.h"
#include "memory_file.h"
#include "tools/hidet-run/verbs.h"
#include <stdlib.h>

/* What the verb asks of the program around it. */
int exit_code_of(hdt_status status)
{
	return status == HDT_OK ? 0 : 1;
}

int report_fault(const hdt_context *context)
{
	return exit_code_of(context->status);
}

static size_t exported;
bool save_json(json_t *report, const char *path)
{
	(void)path;
	exported = json_array_size(report);
	json_decref(report);
	return true;
}

static hdt_session *session_without_plugins(void)
{
	static hdt_session *session;
	const hdt_session_options none = {.size = sizeof none, .system_plugin_path = ""};
	if (!session && hdt_session_open(&none, &session) != HDT_OK)
		abort();
	return session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static char folder[] = "/tmp/hidet-fuzz-findings-XXXXXX";
	static bool made;
	char path[64], command[128];
	if (!made && !mkdtemp(folder))
		abort();
	made = true;
	int fd = memory_file(data, bytes, path);
	const options o = {.import_from = path, .export_to = "", .cache_dir = folder, .quiet = true};
	if (fd >= 0 && tuning_import(session_without_plugins(), &o) == 0) {
		if (tuning_export(session_without_plugins(), &o) != 0)
			abort();
		if (exported) { /* the next input begins with none */
			snprintf(command, sizeof command, "rm -rf '%s/tuning'", folder);
			if (system(command) != 0)
				abort();
		}
	}
	if (fd >= 0)
		close(fd);
	return 0;
}
