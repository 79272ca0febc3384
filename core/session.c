/* session.c: a session of hidet/hidet.h: a registry filled by the loader, and the last error. */
#include "core/session.h"

#include "base/text.h"
#include "tensors/tensors.h"
#include <stdlib.h>
#include <string.h>

struct hdt_session {
	hdt_registry *registry;
	loader *loader;
	text error;
	hdt_context *failed; /* of the last model that could not be loaded, or NULL */
	int compilations;
};

/* ---- errors ---------------------------------------------------------------------------------------------------------- */

void session_clear_error(hdt_session *session)
{
	text_free(&session->error);
	session->error = (text){0};
}

hdt_status session_fail(hdt_session *session, hdt_status status, const char *format, ...)
{
	va_list args;
	session_clear_error(session);
	va_start(args, format);
	text_vformat(&session->error, format, args);
	va_end(args);
	return status;
}

hdt_status session_keep_fault(hdt_session *session, const hdt_context *context)
{
	return session_fail(session, context->status, "%s%s%s", context->message, *context->notes ? "\n" : "",
	                    context->notes);
}

const char *hdt_session_error(const hdt_session *session)
{
	if (!session || session->error.failed)
		return "out of memory";
	return session->error.data ? session->error.data : "";
}

/* ---- open and close -------------------------------------------------------------------------------------------------- */

static hdt_status load_plugins(hdt_session *s, const hdt_session_options *o)
{
	loader_options options = {o->plugin_files, o->plugin_dirs, o->distribution, o->system_plugin_path};
	hdt_status status = loader_open(&options, s->registry, &s->loader);
	if (status != HDT_OK)
		return s->loader ? session_fail(s, status, "%s", loader_error(s->loader)) : status;
	if (o->strict_plugins && loader_refused_count(s->loader))
		return session_fail(s, HDT_PLUGIN_REFUSED, "plugins were refused:\n%s", loader_refusals(s->loader));
	return HDT_OK;
}

hdt_status hdt_session_open(const hdt_session_options *options, hdt_session **out)
{
	hdt_session_options o = {.size = sizeof o};
	*out = NULL;
	if (options) /* of a caller with older or newer headers: what both know */
		memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
	hdt_session *s = calloc(1, sizeof *s);
	if (!s || !(s->registry = registry_new())) {
		hdt_session_close(s);
		return HDT_OUT_OF_MEMORY;
	}
	hdt_status status = load_plugins(s, &o);
	if (status != HDT_OK && (status != HDT_PLUGIN_REFUSED || !s->loader)) {
		hdt_session_close(s);
		return status;
	}
	*out = s;
	return status;
}

void hdt_session_close(hdt_session *session)
{
	if (!session)
		return;
	context_free(session->failed);
	registry_free(session->registry);
	loader_close(session->loader);
	text_free(&session->error);
	free(session);
}

/* ---- for hosts in this tree ------------------------------------------------------------------------------------------- */

const hdt_registry *session_registry(const hdt_session *session)
{
	return session->registry;
}

loader *session_loader(const hdt_session *session)
{
	return session->loader;
}

const hdt_context *session_failed_context(const hdt_session *session)
{
	return session->failed;
}

void session_set_failed_context(hdt_session *session, hdt_context *context)
{
	context_free(session->failed);
	session->failed = context;
}

void session_count_compilation(hdt_session *session)
{
	session->compilations++;
}

int hdt_session_compilations(const hdt_session *session)
{
	return session->compilations;
}

/* ---- tensors --------------------------------------------------------------------------------------------------------- */

/* What hdt_tensors.memory points to. */
typedef struct tensors_memory {
	hdt_context *context;
	tensor_file file;
} tensors_memory;

hdt_status hdt_tensors_read(hdt_session *session, const char *path, hdt_tensors *out)
{
	*out = (hdt_tensors){0};
	session_clear_error(session);
	tensors_memory *m = calloc(1, sizeof *m);
	hdt_context *context = context_new(NULL);
	if (!m || !context) {
		free(m);
		context_free(context);
		return session_fail(session, HDT_OUT_OF_MEMORY, "out of memory reading '%s'", path);
	}
	m->context = context;
	size_t length = strlen(path);
	bool is_npy = length > 4 && !strcmp(path + length - 4, ".npy");
	hdt_status status = is_npy ? npy_read(context, path, &m->file) : safetensors_read(context, path, &m->file);
	if (status != HDT_OK) {
		session_keep_fault(session, context);
		context_free(context);
		free(m);
		return status;
	}
	*out = (hdt_tensors){m->file.items, m->file.count, m};
	return HDT_OK;
}

void hdt_tensors_free(hdt_tensors *tensors)
{
	tensors_memory *m = tensors ? tensors->memory : NULL;
	if (!m)
		return;
	tensor_file_close(&m->file);
	context_free(m->context);
	free(m);
	*tensors = (hdt_tensors){0};
}
