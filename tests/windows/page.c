/* Prints what stands in the windows that are shown, as a program for the blind would read it: one line for each part, in UTF-8.
   usage: page.exe
   "desktop" if there is one that can show something, then for each window "title: ...", "text: ...", "button: ...", "grey: ..." (a button that cannot be pressed), and "focus: ..." for the part that has the keyboard.
   Line breaks are printed as " / ". Other processes' texts are asked for by message, so a program that hangs says nothing. */
#include <windows.h>
#include <stdio.h>

static void say(const char *what, const wchar_t *text) {
    char utf8[32768];
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    printf("%s: ", what);
    for (char *c = utf8; *c; c++) {
        if (*c == '\n') fputs(" / ", stdout);
        else if (*c != '\r') putchar(*c);
    }
    putchar('\n');
}

static int ask(HWND window, wchar_t *text, int size) {
    DWORD_PTR length = 0;
    text[0] = 0;
    return SendMessageTimeoutW(window, WM_GETTEXT, size, (LPARAM)text, SMTO_ABORTIFHUNG, 2000, &length) && length;
}

static BOOL CALLBACK part(HWND window, LPARAM focus) {
    static wchar_t text[8192], class[64];
    if (!IsWindowVisible(window) || !ask(window, text, 8192)) return TRUE;
    GetClassNameW(window, class, 64);
    if (lstrcmpiW(class, L"Button")) say("text", text);
    else say(IsWindowEnabled(window) ? "button" : "grey", text);
    if (window == (HWND)focus) say("focus", text);
    return TRUE;
}

static BOOL CALLBACK top(HWND window, LPARAM unused) {
    static wchar_t text[8192];
    if (!IsWindowVisible(window) || window == GetDesktopWindow() || !ask(window, text, 8192)) return TRUE;
    GUITHREADINFO thread = {sizeof thread};
    GetGUIThreadInfo(GetWindowThreadProcessId(window, NULL), &thread);
    say("title", text);
    EnumChildWindows(window, part, (LPARAM)thread.hwndFocus);
    return TRUE;
}

int wmain(void) {
    /* Wine starts the program that draws the desktop when somebody asks for it, and goes on without if that takes too long. */
    DWORD process = 0;
    GetWindowThreadProcessId(GetDesktopWindow(), &process);
    if (process) puts("desktop");
    EnumWindows(top, 0);
    return 0;
}
