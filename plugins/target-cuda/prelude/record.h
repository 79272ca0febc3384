/* record.h: what a kernel leaves behind when it finds a fault, in memory that the host reads as well. Included by
 * fault.c too. */
enum { HIDET_FAULT_NONE, HIDET_FAULT_INDEX, HIDET_FAULT_ASSERT };

typedef struct hidet_fault_record {
	int taken; /* by the first thread that found one */
	int kind;
	int launch;
	int line;
	long long index, extent;
	char message[200];
} hidet_fault_record;
