#include "curve.h"

#include <math.h>
#include <stdio.h>

#include "mutations.h"

#define POINTS     8
#define COLUMNS    8
#define PLOT_WIDE  560
#define PLOT_HIGH  300
#define PLOT_LEFT  60
#define PLOT_TOP   30
#define PER_10_000 10000.0
#define SKEW_LAG   0.1 /* lag / D beside role peers */
#define BOUND      0.5 /* lag / D that the queue alone allows */
#define FEWER      2   /* worlds, this part, where two holders are many */

/* What the worlds of one column have in common. Of its points -1 is one that was not asked for. */
struct column {
    const char *name;
    const char *colour; /* NULL: not drawn */
    bool queue_alone;   /* without the mutex */
    bool fixed;         /* every change shows exactly so late; else evenly spread from 0 on */
    bool no_settle;
    double loss, death;
    double found[POINTS]; /* runs with two holders, per 10,000 */
};

static const double lags[POINTS] = {0.3, 0.5, 0.7, 1, 2, 5, 10, 60};
static const double skews[POINTS] = {0.1, 0.3, 0.6, 0.85, 1, 1.2, 1.5, 2};

static double play(struct scene *scene, const struct plan_options *options, uint64_t seeds)
{
    uint64_t runs = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        plan_draw(&scene->plan, seed, options);
        (void)scene_play(scene);
        runs += scene->checker.doubles > 0;
    }
    return (double)runs * PER_10_000 / (double)seeds;
}

static double measure(struct scene *scene, const struct column *column, double lag, uint64_t seeds)
{
    double least = column->fixed ? lag : 0;
    struct plan_options options = {
        .kind = PLAN_LAGGING,
        .outside = true,
        .lag_by_settle = -1,
        .skew_by_settle = -1,
        .lags_apart = true,
        .create_lag = {least, lag},
        .delete_lag = {least, lag},
        .no_settle = column->no_settle,
        .loss = column->loss,
        .death = column->death,
    };
    if (column->queue_alone && !mutations_leave_out("MUTEX"))
        return -1; /* not in this build */
    double found = play(scene, &options, column->queue_alone ? seeds / FEWER : seeds);
    (void)mutations_leave_out(NULL);
    return found;
}

static void print_found(double found)
{
    if (found < 0)
        printf(" |");
    else
        printf(" %.*f |", found > 0 && found < 10 ? 1 : 0, found);
    (void)fflush(stdout);
}

static void measure_lags(struct scene *scene, struct column *columns, uint64_t seeds, double only)
{
    printf("| lag / D |");
    for (int i = 0; i < COLUMNS; i++)
        printf(" %s |", columns[i].name);
    printf("\n| ---: |");
    for (int i = 0; i < COLUMNS; i++)
        printf(" ---: |");
    for (int k = 0; k < POINTS; k++) {
        if (only >= 0 && fabs(only - lags[k]) > only / 100)
            continue;
        printf("\n| %g |", lags[k]);
        for (int i = 0; i < COLUMNS; i++) {
            columns[i].found[k] = measure(scene, &columns[i], lags[k], seeds);
            print_found(columns[i].found[k]);
        }
    }
    printf("\n\n");
}

static void measure_skews(struct scene *scene, uint64_t seeds)
{
    printf("| 2 x skew / D (with role peers, lag 0.1 D) | runs with two holders, of 10,000 |\n"
           "| ---: | ---: |\n");
    for (int k = 0; k < POINTS; k++) {
        struct plan_options options = {.kind = PLAN_ROLES,
                                       .outside = true,
                                       .lag_by_settle = SKEW_LAG,
                                       .skew_by_settle = skews[k]};
        printf("| %g |", skews[k]);
        print_found(play(scene, &options, seeds / FEWER));
        printf("\n");
    }
}

static double across(double lag)
{
    double reach = log(lags[POINTS - 1] / lags[0]);
    return PLOT_LEFT + log(lag / lags[0]) / reach * PLOT_WIDE;
}

static void plot_column(FILE *out, const struct column *column, uint32_t row)
{
    (void)fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
                  column->colour);
    for (int k = 0; k < POINTS; k++)
        if (column->found[k] >= 0)
            (void)fprintf(out, "%.1f,%.1f ", across(lags[k]),
                          PLOT_TOP + PLOT_HIGH * (1 - column->found[k] / PER_10_000));
    (void)fprintf(out, "\"/>\n<text x=\"%d\" y=\"%u\" fill=\"%s\">%s</text>\n", PLOT_LEFT + 10,
                  PLOT_TOP + 16 + 18 * row, column->colour, column->name);
}

static int plot(const char *path, const struct column *columns)
{
    FILE *out = fopen(path, "w");
    uint32_t row = 0;
    if (!out)
        return 1;
    (void)fprintf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "font-family=\"sans-serif\" font-size=\"13\">\n"
                  "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
                  "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" "
                  "stroke=\"black\"/>\n"
                  "<text x=\"4\" y=\"%d\">10000</text><text x=\"36\" y=\"%d\">0</text>\n"
                  "<text x=\"%d\" y=\"%d\">runs with two holders, of 10,000, against lag / D "
                  "(withlock only)</text>\n",
                  PLOT_LEFT + PLOT_WIDE + 40, PLOT_TOP + PLOT_HIGH + 60, PLOT_LEFT, PLOT_TOP,
                  PLOT_WIDE, PLOT_HIGH, PLOT_TOP + 5, PLOT_TOP + PLOT_HIGH, PLOT_LEFT,
                  PLOT_TOP + PLOT_HIGH + 44);
    for (int k = 0; k < POINTS; k++)
        (void)fprintf(out, "<text x=\"%.1f\" y=\"%d\">%g</text>\n", across(lags[k]) - 8,
                      PLOT_TOP + PLOT_HIGH + 18, lags[k]);
    (void)fprintf(out,
                  "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#b03a2e\" "
                  "stroke-dasharray=\"4 4\"/>\n",
                  across(BOUND), across(BOUND), PLOT_TOP, PLOT_TOP + PLOT_HIGH);
    for (int i = 0; i < COLUMNS; i++)
        if (columns[i].colour)
            plot_column(out, &columns[i], row++);
    (void)fprintf(out, "</svg>\n");
    return fclose(out) == 0 ? 0 : 1;
}

int curve_measure(struct scene *scene, uint64_t seeds, double only, const char *svg)
{
    struct column columns[COLUMNS] = {
        {.name = "queue alone, lag 0 to", .colour = "#b03a2e", .queue_alone = true},
        {.name = "queue alone, lag always",
         .colour = "#d68910",
         .queue_alone = true,
         .fixed = true},
        {.name = "with the mutex, lag 0 to", .colour = "#1f5fa8"},
        {.name = "with the mutex, lag always", .colour = "#1e8449", .fixed = true},
        {.name = "settle 0, lag 0 to", .no_settle = true},
        {.name = "settle 0, lag always", .no_settle = true, .fixed = true},
        {.name = "queue alone, 1% lost, 2% die", .queue_alone = true, .loss = 0.01, .death = 0.02},
        {.name = "with the mutex, 1% lost, 2% die", .loss = 0.01, .death = 0.02},
    };
    for (int i = 0; i < COLUMNS; i++)
        for (int k = 0; k < POINTS; k++)
            columns[i].found[k] = -1;
    measure_lags(scene, columns, seeds, only);
    if (only < 0)
        measure_skews(scene, seeds);
    return svg ? plot(svg, columns) : 0;
}
