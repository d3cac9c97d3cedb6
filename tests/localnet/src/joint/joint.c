/* A robot's joint that swings back after a push: m v' = -s x - d v, by the semi-implicit Euler method.
 * Functional mock-up unit of FMI 3.0, co-simulation; the declarations are those of the standard's headers. */
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { POSITION, STIFFNESS, DAMPING, MASS, VARIABLES };
enum { OK = 0, ERROR = 3 };

typedef struct {
    double values[VARIABLES];
    double velocity;
} Joint;

void *fmi3InstantiateCoSimulation(const char *name, const char *token, const char *resources, bool visible, bool logging,
                                  bool events, bool early, const unsigned *intermediate, size_t count, void *environment,
                                  void *log, void *update) {
    (void)name; (void)resources; (void)visible; (void)logging; (void)events; (void)early;
    (void)intermediate; (void)count; (void)environment; (void)log; (void)update;
    if (strcmp(token, "{primis-joint}")) return NULL;
    Joint *joint = calloc(1, sizeof *joint);
    if (!joint) return NULL;
    for (int i = 0; i < VARIABLES; i++) joint->values[i] = 1;
    return joint;
}

void fmi3FreeInstance(void *joint) { free(joint); }

int fmi3EnterInitializationMode(void *joint, bool has_tolerance, double tolerance, double start, bool has_stop, double stop) {
    (void)joint; (void)has_tolerance; (void)tolerance; (void)start; (void)has_stop; (void)stop;
    return OK;
}

int fmi3ExitInitializationMode(void *joint) { (void)joint; return OK; }

int fmi3Terminate(void *joint) { (void)joint; return OK; }

int fmi3DoStep(void *joint, double time, double size, bool keep, bool *event, bool *over, bool *early, double *reached) {
    Joint *j = joint;
    (void)keep;
    double force = -j->values[STIFFNESS] * j->values[POSITION] - j->values[DAMPING] * j->velocity;
    j->velocity += size * (force / j->values[MASS]);
    j->values[POSITION] += size * j->velocity;
    *event = *over = *early = false;
    *reached = time + size;
    return OK;
}

int fmi3GetFloat64(void *joint, const unsigned *references, size_t n, double *values, size_t m) {
    (void)m;
    for (size_t i = 0; i < n; i++) {
        if (references[i] >= VARIABLES) return ERROR;
        values[i] = ((Joint *)joint)->values[references[i]];
    }
    return OK;
}

int fmi3SetFloat64(void *joint, const unsigned *references, size_t n, const double *values, size_t m) {
    (void)m;
    for (size_t i = 0; i < n; i++) {
        if (references[i] >= VARIABLES) return ERROR;
        ((Joint *)joint)->values[references[i]] = values[i];
    }
    return OK;
}
