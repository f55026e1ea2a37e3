/* replay - runs a fuzz target over the files of the directory given: a test without libFuzzer. */
#include <dirent.h>

#include "fuzz.h"

#define INPUT_BYTES (1024 * 1024)

static void run_file(const char *directory, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    must(file);
    uint8_t *input = malloc(INPUT_BYTES);
    must(input);
    size_t size = fread(input, 1, INPUT_BYTES, file);
    uint8_t *exact = malloc(size ? size : 1); /* so that the sanitizer sees reads beyond it */
    must(exact);
    memcpy(exact, input, size);
    free(input);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    int count = 0;
    must(argc == 2);
    DIR *directory = opendir(argv[1]);
    must(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        run_file(argv[1], entry->d_name);
        count++;
    }
    (void)closedir(directory);
    must(count > 0);
    return 0;
}
