/*
 * aws_world - what a test of the AWS settings sees: a home directory of its own with files, and
 * an environment that is a list of "NAME=value". The process's own is never looked at.
 */
#ifndef AWS_WORLD_H
#define AWS_WORLD_H

#include <sys/stat.h>
#include <unistd.h>

#include "aws/settings.h"
#include "base/file.h"
#include "unit.h"

#define WORLD_VARIABLES 16

static char world_home[] = "/tmp/withlock-aws-XXXXXX";

struct world {
    const char *variables[WORLD_VARIABLES]; /* "NAME=value"; the last one counts */
    const char *config, *credentials;       /* text of the files, NULL: not there */
    struct aws_options options;
};

static const struct world *world_now; /* the one that was loaded last */

static const char *world_get(const char *name)
{
    const struct world *world = world_now;
    const char *value = strcmp(name, "HOME") == 0 ? world_home : NULL;
    for (size_t i = 0; i < WORLD_VARIABLES && world->variables[i]; i++) {
        size_t length = strlen(name);
        if (strncmp(world->variables[i], name, length) == 0 && world->variables[i][length] == '=')
            value = world->variables[i] + length + 1;
    }
    return value;
}

/* A path in the home directory; good for the next four calls. The name is none of these paths. */
static const char *world_path(const char *name)
{
    static char paths[4][200];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", world_home, name);
    return path;
}

static void world_write(const char *name, const char *text)
{
    (void)unlink(world_path(name));
    if (text)
        assert_int_equal(file_replace(world_path(name), text_from(text), NULL), 0);
}

static int world_load(struct world *world, struct aws_settings *ret_settings, struct error *err)
{
    if (!world->options.read_timeout_ms)
        world->options.connect_timeout_ms = world->options.read_timeout_ms = 5000;
    world_now = world;
    world_write(".aws/config", world->config);
    world_write(".aws/credentials", world->credentials);
    return aws_settings_load(ret_settings, &world->options, world_get, err);
}

static int world_begin(void **state)
{
    (void)state;
    return mkdtemp(world_home) && mkdir(world_path(".aws"), 0700) == 0 ? 0 : -1;
}

static int world_end(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", world_home);
    return system(command); /* NOLINT(cert-env33-c): a test's own directory */
}

#endif
