"""Medians and spread, Markdown tables, plots by gnuplot."""

import statistics
import subprocess


def quantile(values, fraction):
    """By the nearest rank, so that it is a value that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def number(value):
    """Three digits, which is more than one can trust, but for whole numbers."""
    if value is None:
        return "-"
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values):
    """median (lower to upper quartile)"""
    if not values:
        return "-"
    middle = number(statistics.median(values))
    if len(values) < 3:
        return middle
    return f"{middle} ({number(quantile(values, 0.25))} to {number(quantile(values, 0.75))})"


def target(what, wanted, got, met, unit=""):
    """A row of the targets; what could not be measured, None, is neither met nor missed."""
    if got is None:
        return what, wanted, "-", "too short to tell"
    return what, wanted, f"{number(got)}{unit}", "met" if met else "**not met**"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join(["---"] * len(header)) + " |"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def gnuplot(out, title, commands):
    script = f"""set terminal svg size 760,380 font "sans-serif,13" background "white"
set output "{out}"
set title "{title}"
{commands}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def bars(out, title, label, rows):
    """rows: (name, median, low, high), drawn from the top, on a logarithmic axis."""
    lines = [f'"{name}" {middle} {low} {high} {len(rows) - at} "{number(middle)}"'
             for at, (name, middle, low, high) in enumerate(rows)]
    gnuplot(out, title, "$data << EOD\n" + "\n".join(lines) + f"""
EOD
set logscale x
set xlabel "{label}"
set yrange [0.4:{len(rows) + 0.6}]
set grid xtics
set style fill solid 0.8
unset key
set lmargin 26
low = {min(row[1] for row in rows) / 3}
set xrange [low:{max(row[3] for row in rows) * 5}]
plot $data using (low):5:(low):2:($5-0.32):($5+0.32):ytic(1) with boxxyerror lc rgb "#4878a8", \\
     "" using 2:5:3:4 with xerrorbars lc rgb "black" pt 0 lw 1.5, \\
     "" using ($4*1.15):5:6 with labels left""")


def steps(out, title, label, series):
    """Distributions: series of (name, values), share of values up to x; a lone value is a dot."""
    blocks, plots = [], []
    for at, (name, values) in enumerate(series):
        ordered = sorted(values)
        lines = [f"{value} {(rank + 1) / len(ordered)}" for rank, value in enumerate(ordered)]
        if len(ordered) > 1:
            lines.insert(0, f"{ordered[0]} 0")
        blocks.append(f"$data{at} << EOD\n" + "\n".join(lines) + "\nEOD\n")
        style = "steps lw 2" if len(ordered) > 1 else "points pt 7 ps 0.8"
        plots.append(f'$data{at} using 1:2 with {style} lc {at + 1} title "{name}"')
    gnuplot(out, title, "".join(blocks) + f"""set logscale x
set xlabel "{label}"
set ylabel "share"
set yrange [0:1.02]
set key below
set grid
plot """ + ", ".join(plots))
