/* A DLL of an application; only that it can be loaded matters. */
int part(void) { return 1; }
