/* Starts a program as a service would: without a console, without handles for its output, for nobody to see.
   usage: alone.exe SECONDS COMMAND-LINE
   Prints "code N", or "waits" if it has not ended after so many seconds; it is ended then. */
#include <windows.h>
#include <stdio.h>

static DWORD start(wchar_t *line, DWORD limit, DWORD *code) {
    STARTUPINFOW how = {sizeof how};
    PROCESS_INFORMATION process;
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &how, &process)) return GetLastError();
    DWORD waited = WaitForSingleObject(process.hProcess, limit);
    if (waited) TerminateProcess(process.hProcess, 1);
    GetExitCodeProcess(process.hProcess, code);
    return waited;
}

int wmain(int count, wchar_t **words) {
    static wchar_t line[32768];
    DWORD code = 0, failed;
    if (count != 3 && count != 4) return 2;
    if (count == 4) {
        /* This is the second one, which has no console that the program could take. */
        if (start(words[2], _wtoi(words[1]) * 1000, &code)) return -1;
        return (int)code;
    }
    wchar_t *out = line + swprintf(line, 100, L"alone.exe %ls \"", words[1]);
    for (wchar_t *c = words[2]; *c; c++) {
        if (*c == L'"') *out++ = L'\\';
        *out++ = *c;
    }
    wcscpy(out, L"\" inner");
    wchar_t own[MAX_PATH];
    GetModuleFileNameW(NULL, own, MAX_PATH);
    STARTUPINFOW how = {sizeof how};
    PROCESS_INFORMATION process;
    if (!CreateProcessW(own, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &how, &process)) return 1;
    failed = WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    if (failed || code == (DWORD)-1) printf("waits\n");
    else printf("code %lu\n", code);
    return 0;
}
