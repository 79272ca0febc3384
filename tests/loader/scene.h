/* scene.h: a temporary folder with plugins in it, and what the loader makes of it. */
#ifndef TESTS_LOADER_SCENE_H
#define TESTS_LOADER_SCENE_H

#include "loader/stages.h"
#include <criterion/criterion.h>

typedef struct scene {
	char folder[64];
	hdt_registry *registry;
	loader *loader;
} scene;

/* A manifest's fields as text between quotes or as JSON; NULL: a good default. */
typedef struct manifest {
	const char *version;  /* "1.0" */
	const char *library;  /* "<id>.so" */
	const char *provides; /* {"operators": ["<id>.op"]} */
	const char *extra;    /* more fields: "\"requires\": [...]" */
} manifest;

/* A folder with the healthy plugin acme.good in it; and one without. */
void scene_open(scene *s);
void scene_open_empty(scene *s);
/* Ends the loader, deletes the folder. */
void scene_close(scene *s);

void scene_write(const scene *s, const char *name, const void *bytes, size_t size);
/* <id>.hidet.json alone. */
void scene_manifest(const scene *s, const char *id, manifest m);
/* <id>.hidet.json and a copy of the library `subject` as <id>.so. */
void scene_plugin(const scene *s, const char *id, const char *subject, manifest m);
char *scene_read_subject(const char *subject, size_t *size); /* free it */

/* Run the loader on the folder as if given by --plugin-dir; checks that acme.good, where it is, loads. */
void scene_load(scene *s);
void scene_load_with(scene *s, const loader_options *options);
/* What became of the plugin of this id (the first one). */
const plugin_info *scene_find(const scene *s, const char *id);
void scene_expect_refused(const scene *s, const char *id, plugin_code code, const char *part_of_reason);
void scene_expect_loaded(const scene *s, const char *id);

/* The usual test: the subject under the id bad.one behaves like this and is refused so; acme.good is not affected. */
void check_refused(const char *behaviour, plugin_code code, const char *part_of_reason);

#endif
