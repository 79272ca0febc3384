/* private_library.c: a library of a plugin's own, which the loader does not let it bring in. */
int private_library_function(void);
int private_library_function(void)
{
	return 1;
}
