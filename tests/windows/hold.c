/* Holds a file open as another program would, until a second file is gone.
   usage: hold.exe FILE SHARE UNTIL       SHARE: letters of r, w, d, or "-" for none; "x" maps the file as well,
   and "W" opens it for writing, too
   Prints its process id, and "holding" when it does. */
#include <windows.h>
#include <stdio.h>

int wmain(int count, wchar_t **words) {
    if (count != 4) return 2;
    DWORD share = 0;
    for (wchar_t *c = words[2]; *c; c++) {
        if (*c == L'r') share |= FILE_SHARE_READ;
        if (*c == L'w') share |= FILE_SHARE_WRITE;
        if (*c == L'd') share |= FILE_SHARE_DELETE;
    }
    DWORD access = GENERIC_READ | (wcschr(words[2], L'W') ? GENERIC_WRITE : 0);
    HANDLE file = CreateFileW(words[1], access, share, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("error %lu\n", GetLastError());
        return 1;
    }
    if (wcschr(words[2], L'x')) CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    printf("process %lu\nholding\n", GetCurrentProcessId());
    fflush(stdout);
    while (GetFileAttributesW(words[3]) != INVALID_FILE_ATTRIBUTES) Sleep(20);
    return 0;
}
