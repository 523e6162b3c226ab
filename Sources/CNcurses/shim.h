#pragma once
#define _GNU_SOURCE 1
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <langinfo.h>
#include <wchar.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <ncurses.h>
#include <term.h>

/* What Swift can't reach: globals, macros, unions and variadic functions of C. */

static inline WINDOW *mmu_stdscr(void) { return stdscr; }
static inline int mmu_rows(void) { return getmaxy(stdscr); }
static inline int mmu_columns(void) { return getmaxx(stdscr); }
static inline int mmu_colours(void) { return has_colors() ? COLORS : 0; }
/* Colours are told as red, green and blue: an extended capability, which may be a flag, a number or a string. */
static inline int mmu_has_direct_colour(void) {
    const char *words = tigetstr("RGB");
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (words != (const char *)-1 && words != NULL);
}
static inline void mmu_clear_next(void) { clearok(curscr, TRUE); }

/* One cell: a character in a colour pair, bold, reversed and faint or not. */
static inline void mmu_put(int y, int x, wchar_t character, int pair, int bold, int reversed, int faint) {
    wchar_t text[2] = {character, 0};
    cchar_t cell;
    attr_t attributes = (bold ? A_BOLD : A_NORMAL) | (reversed ? A_REVERSE : A_NORMAL) | (faint ? A_DIM : A_NORMAL);
    if (setcchar(&cell, text, attributes, (short)pair, NULL) == OK) mvwadd_wch(stdscr, y, x, &cell);
}

/* The next key without waiting: 0 none, 1 a character, 2 a key code. */
static inline int mmu_key(WINDOW *window, unsigned int *value) {
    wint_t code = 0;
    int status = wget_wch(window, &code);
    *value = (unsigned int)code;
    return status == ERR ? 0 : status == KEY_CODE_YES ? 2 : 1;
}

/* The size that the terminal says it has; 0 when it doesn't. */
static inline int mmu_terminal_size(int descriptor, int *height, int *width) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return 0;
    *height = size.ws_row;
    *width = size.ws_col;
    return 1;
}

static inline const char *mmu_codeset(void) { return nl_langinfo(CODESET); }

/* A terminfo string, or NULL. */
static inline const char *mmu_capability(const char *name) {
    const char *value = tigetstr((char *)name);
    return value == (const char *)-1 ? NULL : value;
}

/* Memory that a descriptor stands for, or -1; and `to` made to stand for what `from` does. */
static inline int mmu_memory_file(void) { return memfd_create("mmuscope-frame", MFD_CLOEXEC); }
static inline int mmu_redirect(int from, int to) { return dup3(from, to, O_CLOEXEC); }

typedef void (*mmu_handler)(int);

/* Installs a handler and says what was there before; on the alternate stack when asked. */
static inline int mmu_on_signal(int number, mmu_handler handler, int on_stack, struct sigaction *before) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = on_stack ? SA_ONSTACK : 0;
    return sigaction(number, &action, before);
}

static inline void mmu_default_signal(int number) { signal(number, SIG_DFL); }
static inline int mmu_ignores_signal(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static inline int mmu_open(const char *path, int flags) { return open(path, flags); }

/* The environment, for a child. */
static inline char **mmu_environment(void) { return environ; }

/* Reads the description of a terminal without taking one over: 0 when there is one. */
static inline int mmu_describe(const char *name, int *status) { return setupterm(name, 1, status) == OK ? 0 : -1; }

/* A number of the description; below 0 when it has none. */
static inline int mmu_number(const char *name) { return tigetnum((char *)name); }
