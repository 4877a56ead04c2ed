/* Loads a DLL by the name that it is given, as a careless program does, and keeps it until a file is gone.
   usage: load.exe DLL [UNTIL]
   Prints its process id, and "holding" when it has it. */
#include <windows.h>
#include <stdio.h>

int wmain(int count, wchar_t **words) {
    if (count < 2 || count > 3) return 2;
    if (!LoadLibraryW(words[1])) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    printf("process %lu\nholding\n", GetCurrentProcessId());
    fflush(stdout);
    while (count == 3 && GetFileAttributesW(words[2]) != INVALID_FILE_ATTRIBUTES) Sleep(20);
    return 0;
}
