/*
 * lookup_scene - a look-up of credentials and what it is executed with, for the tests of those who
 * execute one.
 */
#ifndef LOOKUP_SCENE_H
#define LOOKUP_SCENE_H

#include "aws_world.h"

#include "client/credentials_fetch.h"

#define PATIENCE_MS 60000
#define GOOD_SCRIPT "echo '{\"Version\":1,\"AccessKeyId\":\"K1\",\"SecretAccessKey\":\"s\"}'"

static struct wakeup_source nobody = {.fd = -1};

struct scene {
    struct world world;
    struct aws_settings settings;
    struct transport transport;
    struct retry_budget budget;
    struct credentials_lookup *lookup;
    struct credentials_fetch fetch;
    struct credentials keys;
};

static inline void open_scene(struct scene *scene, const char *config, const char *variable)
{
    *scene = (struct scene){.world = {.config = config, .variables = {variable}},
                            .budget = RETRY_BUDGET};
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    assert_int_equal(transport_init(&scene->transport, &scene->settings, NULL), 0);
    scene->lookup = credentials_lookup_new(&scene->settings, "r", &scene->budget, NULL);
    assert_non_null(scene->lookup);
    scene->fetch = (struct credentials_fetch){.transport = &scene->transport,
                                              .unattended = true,
                                              .deadline = mono_add(mono_now(), PATIENCE_MS),
                                              .wakeup = &nobody};
    credentials_init(&scene->keys);
}

static inline void close_scene(struct scene *scene)
{
    credentials_free(&scene->keys);
    credentials_lookup_destroy(scene->lookup);
    transport_free(&scene->transport);
    aws_settings_free(&scene->settings);
}

/* The settings of a profile whose keys a program gives, whose script that is. */
static inline const char *source(const char *script)
{
    static char config[400];
    char program[600];
    (void)snprintf(program, sizeof(program), "#!/bin/sh\n%s\n", script);
    world_write("source", program);
    assert_int_equal(chmod(world_path("source"), 0700), 0);
    (void)snprintf(config, sizeof(config), "[default]\nregion = r\ncredential_process = %s\n",
                   world_path("source"));
    return config;
}

#endif
