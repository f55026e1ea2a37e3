#include "curve.h"

#include <stdio.h>

#define POINTS     10
#define PLOT_WIDE  560
#define PLOT_HIGH  300
#define PLOT_LEFT  60
#define PLOT_TOP   30
#define PER_10_000 10000.0

struct line {
    const char *name, *colour;
    double bound; /* where the promise ends */
    enum plan_kind kind;
    bool by_skew;
    double at[POINTS];
    double found[POINTS]; /* runs with a double hold, per 10,000 */
};

static double measure(struct scene *scene, const struct line *line, double at, uint64_t seeds)
{
    struct plan_options options = {
        .kind = line->kind,
        .outside = true,
        .lag_by_settle = line->by_skew ? 0.1 : at,
        .skew_by_settle = line->by_skew ? at : -1,
    };
    uint64_t runs = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        plan_draw(&scene->plan, seed, &options);
        (void)scene_play(scene);
        runs += scene->checker.doubles > 0;
    }
    return (double)runs * PER_10_000 / (double)seeds;
}

static void plot_line(FILE *out, const struct line *line, uint32_t index)
{
    double reach = line->at[POINTS - 1];
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
            line->colour);
    for (int i = 0; i < POINTS; i++)
        fprintf(out, "%.1f,%.1f ", PLOT_LEFT + line->at[i] / reach * PLOT_WIDE,
                PLOT_TOP + PLOT_HIGH * (1 - line->found[i] / PER_10_000));
    double bound = PLOT_LEFT + line->bound / reach * PLOT_WIDE;
    fprintf(out,
            "\"/>\n<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" "
            "stroke-dasharray=\"4 4\"/>\n<text x=\"%.1f\" y=\"%u\" fill=\"%s\">%s</text>\n",
            bound, bound, PLOT_TOP, PLOT_TOP + PLOT_HIGH, line->colour, bound + 6,
            PLOT_TOP + 16 + 20 * index, line->colour, line->name);
}

static int plot(const char *path, const struct line *lines, uint32_t count)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return 1;
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"black\"/>\n"
        "<text x=\"4\" y=\"%d\">10000</text><text x=\"36\" y=\"%d\">0</text>\n"
        "<text x=\"%d\" y=\"%d\">0</text><text x=\"%d\" y=\"%d\">%.1f</text>\n"
        "<text x=\"%d\" y=\"%d\">runs with two holders, of 10,000, against lag / D and 2 x skew "
        "/ D; dashed: the bound</text>\n",
        PLOT_LEFT + PLOT_WIDE + 40, PLOT_TOP + PLOT_HIGH + 60, PLOT_LEFT, PLOT_TOP, PLOT_WIDE,
        PLOT_HIGH, PLOT_TOP + 5, PLOT_TOP + PLOT_HIGH, PLOT_LEFT, PLOT_TOP + PLOT_HIGH + 18,
        PLOT_LEFT + PLOT_WIDE - 10, PLOT_TOP + PLOT_HIGH + 18, lines[0].at[POINTS - 1], PLOT_LEFT,
        PLOT_TOP + PLOT_HIGH + 44);
    for (uint32_t i = 0; i < count; i++)
        plot_line(out, &lines[i], i);
    fprintf(out, "</svg>\n");
    return fclose(out) == 0 ? 0 : 1;
}

int curve_measure(struct scene *scene, uint64_t seeds, const char *svg)
{
    struct line lines[] = {
        {.name = "lag / D (withlock only)",
         .colour = "#1f5fa8",
         .bound = 0.5,
         .kind = PLAN_RUSH,
         .at = {0.1, 0.3, 0.4, 0.49, 0.6, 0.8, 1, 1.3, 1.6, 2}},
        {.name = "2 x skew / D (with role peers, lag 0.1 D)",
         .colour = "#b03a2e",
         .bound = 0.9,
         .kind = PLAN_ROLES,
         .by_skew = true,
         .at = {0.1, 0.3, 0.6, 0.85, 1, 1.2, 1.4, 1.6, 1.8, 2}},
    };
    for (uint32_t k = 0; k < 2; k++) {
        printf("| %s | runs with two holders, of 10,000 |\n| --- | --- |\n", lines[k].name);
        for (int i = 0; i < POINTS; i++) {
            lines[k].found[i] = measure(scene, &lines[k], lines[k].at[i], seeds);
            printf("| %.2f | %.0f |\n", lines[k].at[i], lines[k].found[i]);
            (void)fflush(stdout);
        }
        printf("\n");
    }
    return svg ? plot(svg, lines, 2) : 0;
}
