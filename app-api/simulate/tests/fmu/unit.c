/* A functional mock-up unit for the tests: x' = -k x by Euler's explicit method, and everything a unit must
 * not do, chosen by the parameter "mode". Built as FMI 2.0, or as FMI 3.0 with -DFMI3; with -DAT_LOAD it
 * misbehaves as soon as it is loaded. The declarations are those of the standard's headers. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { X, K, MODE, COUNT, POSITIVE, LABEL, TARGET };
enum { OK = 0, ERROR = 3 };

typedef struct {
    double x, k;
    int mode, count;
    char label[256], target[256];
} Unit;

static void *idle(void *nothing) {
    sleep(60);
    return nothing;
}

static void write_over(int descriptor, const char *text) {
    if (lseek(descriptor, 0, SEEK_SET) == 0 && write(descriptor, text, strlen(text)) < 0) return;
}

static int misbehave(Unit *unit) {
    switch (unit->mode) {
    case 0: return OK;
    case 1: for (;;) ((volatile Unit *)unit)->count++;
    case 2: for (;;) memset(malloc(16 << 20), 1, 16 << 20);
    case 3: { /* a file elsewhere */
        int file = open(unit->target, O_WRONLY | O_CREAT, 0644);
        if (file < 0) { unlink(unit->target); mkdir("made", 0755); return ERROR; }
        return write(file, "was here", 8) == 8 ? OK : ERROR;
    }
    case 4: return socket(AF_INET, SOCK_STREAM, 0) < 0 ? ERROR : OK;
    case 5: if (fork() == 0) for (;;) sleep(60); return OK;
    case 6: return *(volatile int *)8;
    case 7: for (;;) puts("all work and no play makes a dull unit");
    case 8: _exit(0);
    case 9: return ERROR;
    case 10: { /* a secret */
        int file = open(unit->target, O_RDONLY);
        if (file < 0) { strcpy(unit->label, "closed"); return OK; }
        ssize_t length = read(file, unit->label, sizeof unit->label - 1);
        unit->label[length < 0 ? 0 : length] = 0;
        return OK;
    }
    case 11: abort();
    case 12: for (;;) sleep(60);
    case 13: /* a verdict of its own */
        for (int d = 3; d < 8; d++) write_over(d, "{\"result\":{\"Err\":{\"code\":\"not_confined\",\"message\":\"forged\"}}}");
        _exit(0);
    case 14: signal(SIGXCPU, SIG_IGN); for (;;) ((volatile Unit *)unit)->count++;
    case 15: return kill(getppid(), SIGKILL) < 0 ? ERROR : OK;
    case 16: { pthread_t thread; return pthread_create(&thread, NULL, idle, NULL) ? ERROR : OK; }
    case 17: execl("/bin/sh", "sh", "-c", "true", (char *)NULL); return ERROR;
    case 18: /* a result of its own */
        for (int d = 3; d < 8; d++) if (lseek(d, 1 << 30, SEEK_SET) > 0 && write(d, "x", 1) < 0) continue;
        return OK;
    case 19: /* a table that is none */
        for (int d = 3; d < 8; d++) write_over(d, "{\"result\":{\"Ok\":null}}");
        _exit(0);
    default: return ERROR;
    }
}

#ifdef AT_LOAD
__attribute__((constructor)) static void at_load(void) {
    Unit unit = {.mode = AT_LOAD};
    misbehave(&unit);
}
#endif

static Unit *make(const char *token) {
    if (strcmp(token, "{primis-test-unit}")) return NULL;
    Unit *unit = calloc(1, sizeof *unit);
    if (unit) { unit->x = 1; unit->k = 1; strcpy(unit->label, "fine"); }
    return unit;
}

static int advance(Unit *unit, double h) {
    int status = misbehave(unit);
    unit->x += h * (-unit->k * unit->x);
    unit->count++;
    return status;
}

static double *real(Unit *unit, unsigned reference) {
    return reference == X ? &unit->x : reference == K ? &unit->k : NULL;
}
static int *whole(Unit *unit, unsigned reference) {
    return reference == MODE ? &unit->mode : reference == COUNT ? &unit->count : NULL;
}
static char *text(Unit *unit, unsigned reference) {
    return reference == LABEL ? unit->label : reference == TARGET ? unit->target : NULL;
}
static int put(char *into, const char *value) {
    if (!into || strlen(value) > 255) return ERROR;
    strcpy(into, value);
    return OK;
}

#define EACH(get, value) \
    for (size_t i = 0; i < n; i++) { if (!(get)) return ERROR; value; } \
    return OK

#ifndef FMI3
typedef struct { void *logger, *allocate, *release, *finished, *environment; } Callbacks;

void *fmi2Instantiate(const char *name, int type, const char *guid, const char *resources, const Callbacks *callbacks, int visible, int logging) {
    (void)name; (void)resources; (void)visible; (void)logging;
    if (callbacks && callbacks->logger)
        ((void (*)(void *, const char *, int, const char *, const char *, ...))callbacks->logger)(callbacks->environment, name, 0, "log", "made %s of type %d", guid, type);
    return type == 1 ? make(guid) : NULL;
}
void fmi2FreeInstance(void *c) { free(c); }
const char *fmi2GetVersion(void) { return "2.0"; }
const char *fmi2GetTypesPlatform(void) { return "default"; }
int fmi2SetDebugLogging(void *c, int on, size_t n, const char *const *categories) { (void)c; (void)on; (void)n; (void)categories; return OK; }
int fmi2SetupExperiment(void *c, int has_tolerance, double tolerance, double start, int has_stop, double stop) {
    (void)c; (void)has_tolerance; (void)tolerance; (void)start; (void)has_stop; (void)stop;
    return OK;
}
int fmi2EnterInitializationMode(void *c) { (void)c; return OK; }
int fmi2ExitInitializationMode(void *c) { (void)c; return OK; }
int fmi2Terminate(void *c) { (void)c; return OK; }
int fmi2Reset(void *c) { (void)c; return OK; }
int fmi2DoStep(void *c, double t, double h, int keep) { (void)t; (void)keep; return advance(c, h); }
int fmi2GetReal(void *c, const unsigned *r, size_t n, double *v) { EACH(real(c, r[i]), v[i] = *real(c, r[i])); }
int fmi2SetReal(void *c, const unsigned *r, size_t n, const double *v) { EACH(real(c, r[i]), *real(c, r[i]) = v[i]); }
int fmi2GetInteger(void *c, const unsigned *r, size_t n, int *v) { EACH(whole(c, r[i]), v[i] = *whole(c, r[i])); }
int fmi2SetInteger(void *c, const unsigned *r, size_t n, const int *v) { EACH(whole(c, r[i]), *whole(c, r[i]) = v[i]); }
int fmi2GetBoolean(void *c, const unsigned *r, size_t n, int *v) { EACH(r[i] == POSITIVE, v[i] = ((Unit *)c)->x > 0.5); }
int fmi2SetBoolean(void *c, const unsigned *r, size_t n, const int *v) { (void)c; (void)r; (void)n; (void)v; return ERROR; }
int fmi2GetString(void *c, const unsigned *r, size_t n, const char **v) { EACH(text(c, r[i]), v[i] = text(c, r[i])); }
int fmi2SetString(void *c, const unsigned *r, size_t n, const char *const *v) { EACH(text(c, r[i]), if (put(text(c, r[i]), v[i])) return ERROR); }
#else
void *fmi3InstantiateCoSimulation(const char *name, const char *token, const char *resources, bool visible, bool logging, bool events, bool early,
                                  const unsigned *intermediate, size_t count, void *environment, void (*log)(void *, int, const char *, const char *), void *update) {
    (void)resources; (void)visible; (void)logging; (void)events; (void)early; (void)intermediate; (void)count; (void)update;
    log(environment, 0, "log", name);
    return make(token);
}
void fmi3FreeInstance(void *c) { free(c); }
const char *fmi3GetVersion(void) { return "3.0"; }
int fmi3EnterInitializationMode(void *c, bool has_tolerance, double tolerance, double start, bool has_stop, double stop) {
    (void)c; (void)has_tolerance; (void)tolerance; (void)start; (void)has_stop; (void)stop;
    return OK;
}
int fmi3ExitInitializationMode(void *c) { (void)c; return OK; }
int fmi3Terminate(void *c) { (void)c; return OK; }
int fmi3DoStep(void *c, double t, double h, bool keep, bool *event, bool *over, bool *early, double *reached) {
    (void)keep;
    *event = *over = *early = false;
    *reached = t + h;
    return advance(c, h);
}
int fmi3GetFloat64(void *c, const unsigned *r, size_t n, double *v, size_t m) { (void)m; EACH(real(c, r[i]), v[i] = *real(c, r[i])); }
int fmi3SetFloat64(void *c, const unsigned *r, size_t n, const double *v, size_t m) { (void)m; EACH(real(c, r[i]), *real(c, r[i]) = v[i]); }
int fmi3GetInt32(void *c, const unsigned *r, size_t n, int32_t *v, size_t m) { (void)m; EACH(whole(c, r[i]), v[i] = *whole(c, r[i])); }
int fmi3SetInt32(void *c, const unsigned *r, size_t n, const int32_t *v, size_t m) { (void)m; EACH(whole(c, r[i]), *whole(c, r[i]) = v[i]); }
int fmi3GetBoolean(void *c, const unsigned *r, size_t n, bool *v, size_t m) { (void)m; EACH(r[i] == POSITIVE, v[i] = ((Unit *)c)->x > 0.5); }
int fmi3GetString(void *c, const unsigned *r, size_t n, const char **v, size_t m) { (void)m; EACH(text(c, r[i]), v[i] = text(c, r[i])); }
int fmi3SetString(void *c, const unsigned *r, size_t n, const char *const *v, size_t m) { (void)m; EACH(text(c, r[i]), if (put(text(c, r[i]), v[i])) return ERROR); }
#endif
