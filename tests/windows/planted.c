/* A DLL that somebody has put beside a program: it leaves a file beside itself when it is loaded. */
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE self, DWORD why, void *reserved) {
    wchar_t path[MAX_PATH + 8];
    if (why == DLL_PROCESS_ATTACH) {
        DWORD length = GetModuleFileNameW(self, path, MAX_PATH);
        lstrcpyW(path + length, L".loaded");
        CloseHandle(CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    }
    return TRUE;
}
