/* prepare.c: what is there before the first run: constants where the target can read them, and what is computed of them alone.
 *
 * Memory is taken when a step of the setup needs it and let go behind the last one, so that at most one constant is there
 * besides what the runs need:
 *     packed = turn(w)     w is read where it lies or copied, packed is made, w's copy is released, or the pages of w's file
 *     y = product(x, packed)     each run reads packed alone */
#include "exec/state.h"

#include "base/file.h"

static hdt_status copy_constant(compiled_graph *c, slot *s, int64_t bytes)
{
	const hdt_data *data = s->value->constant;
	s->memory = c->target->allocate(c->device, (size_t)bytes);
	s->owned = s->memory != NULL;
	if (!s->memory)
		return hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory: constant '%s' needs %lld bytes%s",
		                s->value->name, (long long)bytes, loaded_free_memory(c->on, c->context));
	hdt_status status = c->target->copy(c->device, s->memory, data->data, (size_t)bytes);
	if (data->mapped)
		file_forget_pages(data->data, data->bytes);
	return status == HDT_OK
	           ? HDT_OK
	           : hdt_fail(c->context, status, "constant '%s' cannot be copied to the device", s->value->name);
}

/* Memory for a slot that the setup or every run reads, with the bytes of a constant in it. */
static hdt_status provide(compiled_graph *c, slot *s)
{
	int64_t bytes = shape_bytes(s->dtype, s->shape, &(bindings){NULL, NULL, 0}, NULL);
	if (s->place != SLOT_CONSTANT || s->memory || bytes == 0)
		return HDT_OK;
	const hdt_data *data = s->value ? s->value->constant : NULL;
	if (data && c->target->host_memory && (uintptr_t)data->data % hdt_dtype_of(s->dtype)->bytes == 0) {
		s->memory = (void *)(uintptr_t)data->data;
		return HDT_OK;
	}
	if (data)
		return copy_constant(c, s, bytes);
	s->memory = bytes > 0 ? c->target->allocate(c->device, (size_t)bytes) : NULL;
	s->owned = s->memory != NULL;
	return s->memory ? HDT_OK
	                 : hdt_fail(c->context, HDT_OUT_OF_MEMORY,
	                            "out of memory: a result that is computed once needs %lld bytes%s", (long long)bytes,
	                            loaded_free_memory(c->on, c->context));
}

/* No run needs it. */
static void let_go(compiled_graph *c, slot *s)
{
	const hdt_data *data = s->value ? s->value->constant : NULL;
	if (s->owned)
		c->target->release(c->device, s->memory);
	else if (data && data->mapped && s->memory)
		file_forget_pages(data->data, data->bytes);
	s->owned = false;
	s->memory = NULL;
}

static hdt_status plan_step(compiled_graph *c, int index, launch_list *launches)
{
	const bound_step *s = &c->setup[index];
	const bindings none = {NULL, NULL, 0};
	int64_t *bytes = hdt_allocate(c->context, sizeof *bytes * (size_t)(s->slot_count + 1));
	if (!bytes)
		return HDT_OUT_OF_MEMORY;
	for (int k = 0; k < s->slot_count; k++) {
		const slot *from = s->slots[k] < 0 ? NULL : &c->slots[s->slots[k]];
		bytes[k] = from ? shape_bytes(from->dtype, from->shape, &none, NULL) : 0;
	}
	return launch_program(launches, c->context, &s->loaded, index, &none, bytes);
}

static hdt_status launch_step(compiled_graph *c, int index, launch_list *launches)
{
	const bound_step *s = &c->setup[index];
	hdt_fault fault = {.launch = -1};
	for (int k = 0; k < s->slot_count; k++)
		c->addresses[k] = s->slots[k] < 0 ? NULL : c->slots[s->slots[k]].memory;
	for (int i = 0; i < launches->launches.count; i++)
		launch_address(launches, i, c->addresses);
	if (!launches->launches.count)
		return HDT_OK;
	hdt_status status = c->target->run(c->device, launches->launches.items, launches->launches.count, &fault);
	return status == HDT_OK ? HDT_OK : fail_launch(c->context, status, &fault, launches, c->setup);
}

static hdt_status run_step(compiled_graph *c, int index)
{
	const bound_step *s = &c->setup[index];
	launch_list launches;
	hdt_status status = HDT_OK;
	launch_list_init(&launches);
	for (int k = 0; k < s->slot_count && status == HDT_OK; k++)
		if (s->slots[k] >= 0 && c->slots[s->slots[k]].setup_last >= index)
			status = provide(c, &c->slots[s->slots[k]]);
	if (status == HDT_OK)
		status = plan_step(c, index, &launches);
	if (status == HDT_OK)
		status = launch_step(c, index, &launches);
	launch_list_fini(&launches);
	for (int k = 0; k < s->slot_count && status == HDT_OK; k++)
		if (s->slots[k] >= 0 && c->slots[s->slots[k]].setup_last == index && !c->slots[s->slots[k]].kept)
			let_go(c, &c->slots[s->slots[k]]);
	return status;
}

hdt_status compiled_prepare(compiled_graph *c)
{
	hdt_status status = HDT_OK;
	if (!c->on->object || !compiled_has_weights(c))
		return HDT_OK; /* it can be planned, not run */
	for (int i = 0; i < c->setup_count && status == HDT_OK; i++)
		status = run_step(c, i);
	for (int i = 0; i < c->slot_count && status == HDT_OK; i++)
		if (c->slots[i].kept)
			status = provide(c, &c->slots[i]);
	return status;
}
