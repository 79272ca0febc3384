/* json.c: JSON from files of unknown origin: bounded in size and depth, strict about duplicates. */
#include "loader/json.h"

#include "base/context.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 * 1024, MOST_LEVELS = 16, MOST_ID_BYTES = 128, MOST_NAME_BYTES = 256 };

/* Brackets outside strings; a malformed text is the parser's to refuse, but must not get there when it nests too deep for it. */
static bool nests_too_deep(const char *bytes, size_t size)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > MOST_LEVELS)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

json_t *json_read_bytes(hdt_context *context, const char *bytes, size_t size, const char **reason)
{
	json_error_t error;
	*reason = NULL;
	if (size > MOST_BYTES) {
		*reason = hdt_format(context, "the manifest has %zu bytes; at most %d are accepted", size, MOST_BYTES);
		return NULL;
	}
	if (nests_too_deep(bytes, size)) {
		*reason = hdt_format(context, "the manifest nests deeper than %d levels", MOST_LEVELS);
		return NULL;
	}
	json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		*reason = hdt_format(context, "line %d, column %d: %s", error.line, error.column, error.text);
	} else if (!json_is_object(root)) {
		json_decref(root);
		root = NULL;
		*reason = "the manifest must be an object";
	}
	*reason = *reason ? *reason : "out of memory";
	return root;
}

json_t *json_read_file(hdt_context *context, const char *path, const char **reason)
{
	char *bytes;
	size_t size;
	if (file_read(context, path, MOST_BYTES, &bytes, &size) != HDT_OK) {
		*reason = context->message;
		context_clear_fault(context);
		return NULL;
	}
	json_t *root = json_read_bytes(context, bytes, size, reason);
	free(bytes);
	return root;
}

bool json_is_plugin_id(const char *text)
{
	size_t length = strlen(text);
	if (length == 0 || length > MOST_ID_BYTES || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") != length)
		return false;
	return strchr(text, '.') && !strstr(text, "..") && !strchr(".-_", text[0]) && text[length - 1] != '.';
}

bool json_is_name(const char *text)
{
	size_t length = strlen(text);
	if (length == 0 || length > MOST_NAME_BYTES)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}
