/* Loads a DLL by its bare name, as a careless program does. */
#include <windows.h>

int wmain(int count, wchar_t **words) {
    return count == 2 && LoadLibraryW(words[1]) ? 0 : 1;
}
