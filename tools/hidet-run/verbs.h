/* verbs.h: what hidet-run can be asked to do. Each verb returns the exit status of the process. */
#ifndef HIDET_RUN_VERBS_H
#define HIDET_RUN_VERBS_H

#include "base/timing.h"
#include "core/session.h"
#include "options.h"
#include <jansson.h>

#define VERB(letter, name, usage, doc) int verb_##name(hdt_session *session, const options *o);
#include "verbs.def"
#undef VERB

/* The part of `run` for a kernel file without a model. */
int run_kernel(hdt_session *session, const options *o);

/* ---- shared by the verbs ---- */

/* Print the message of `context` to stderr; returns the exit code of its status (statuses.def). */
int report_fault(const hdt_context *context);
int exit_code_of(hdt_status status);
/* Print the session's error likewise. */
int report_session_fault(hdt_session *session, hdt_status status);
/* Write the report where --json says ("-": stdout); takes over `report`. False after a message. */
bool report_json(const options *o, json_t *report);
/* The same to a file that is named; takes over `report`. */
bool save_json(json_t *report, const char *path);
/* Does the report take the place of the text on stdout? */
bool json_on_stdout(const options *o);
/* Load the one operand as a model. NULL after a message; *exit_code is set. */
hdt_model *load_model(hdt_session *session, const options *o, int *exit_code);
hdt_compile_options compile_options_of(const options *o);
/* Tune the model as --tune says, with progress on stderr (tune.c); *out for the verb that reports it, or NULL. The exit code. */
int tune_model(hdt_session *session, hdt_model *model, const options *o, tune_report *out);
/* Write and read what tuning has found (tune_exchange.c). The exit code. */
int tuning_export(hdt_session *session, const options *o);
int tuning_import(hdt_session *session, const options *o);

#endif
