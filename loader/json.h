/* json.h: reading small JSON files that may be hostile. */
#ifndef LOADER_JSON_H
#define LOADER_JSON_H

#include <hidet/base.h>
#include <jansson.h>

/* The object in the file, or NULL and the reason (of the context's arena). At most 64 KiB, 16 levels, no key twice, plain UTF-8. */
json_t *json_read_file(hdt_context *context, const char *path, const char **reason);
/* The same from memory. */
json_t *json_read_bytes(hdt_context *context, const char *bytes, size_t size, const char **reason);

/* "owner.name": lower-case letters, digits, dash, underscore and at least one dot; at most 128 bytes. */
bool json_is_plugin_id(const char *text);
/* A name that can stand in a message as it is: printable ASCII without blanks and quotes, at most 256 bytes. */
bool json_is_name(const char *text);

#endif
