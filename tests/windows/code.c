/* Stands for an updater: ends with the number that its last word names. */
#include <stdlib.h>
#include <wchar.h>

int wmain(int count, wchar_t **words) {
    return _wtoi(words[count - 1]);
}
