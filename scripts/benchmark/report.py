"""The figures as a person reads them: ratios first, then how they compare with the targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Figures = dict[str, Any]

SYSTEMS = {
    "chain": "bare Celery chain",
    "minimal": "minimal honest engine",
    "inline": "Penstock, actions done inline",
    "worker": "Penstock, actions done by workers",
}
ENGINE_RATIO, STOPPED_WITHIN, POLL_RATIO, HISTORY_RATIO = 0.6, 1000.0, 0.5, 1.2
READ_RATIO, FRONT_MICROS = 0.5, 100.0
DEPLOY_RATIO, DEPLOY_MB, GROWTH_MB = 1.5, 50, 16.0


@dataclass
class Report:
    """Lines to print, and the targets met so far."""

    targets: list[tuple[str, str, bool]] = field(default_factory=list)

    def target(self, what: str, found: str, *, met: bool) -> None:
        self.targets.append((what, found, met))

    def is_met(self) -> bool:
        return all(met for _, _, met in self.targets)


def show(results: dict[str, Figures]) -> bool:
    """Print everything; whether every target that was measured is met, and nothing went wrong."""
    report, complete = Report(), True
    for name, figures in results.items():
        said = {"embedded": "SQLite + Valkey from the wheel", "postgres": "PostgreSQL + Redis"}
        print(f"\n=== {said[name]}, {figures['processors']} processors ===")
        for section, printed in SECTIONS.items():
            if section in figures:
                printed(report, name, figures[section])
        if figures["exit"]:
            complete = False
            print(f"\nNot everything could be measured (exit {figures['exit']}).")
    print("\n=== Targets ===")
    for what, found, met in report.targets:
        print(f"{'met   ' if met else 'MISSED'}  {what:<66} {found}")
    return complete and report.is_met()


def _engine(report: Report, setup: str, figures: Figures) -> None:
    for count, measured in figures.items():
        systems = measured["systems"]
        print(f"\nEngine: {count} executions of 21 steps, {measured['rounds']} rounds, medians")
        print(f"  {'':<36}{'x minimal':>10}{'x chain':>9}{'steps/s':>9}{'ms/step':>9}{'worst':>9}")
        for key, label in SYSTEMS.items():
            mine = systems[key]
            ratios = [mine["rate"] / (systems[base]["rate"] or 1) for base in ("minimal", "chain")]
            print(
                f"  {label:<36}{ratios[0]:>10.2f}{ratios[1]:>9.2f}"
                f"{mine['rate']:>9.0f}{mine['ms']:>9.1f}{mine['worst']:>9.1f}"
            )
        ratio = systems["inline"]["rate"] / (systems["minimal"]["rate"] or 1)
        report.target(
            f"{setup}: {count} executions, steps at least {ENGINE_RATIO} of minimal's",
            f"{ratio:.2f}",
            met=ratio >= ENGINE_RATIO,
        )


def _deploying(report: Report, setup: str, figures: Figures) -> None:
    print("\nFrom a commit to deployed files: five actions, beside the same by hand, medians")
    heads = ("pipeline s", "by hand s", "ratio", "worst", "peak MB")
    print(f"  {'':<36}" + "".join(f"{head:>12}" for head in heads))
    for size, mine in figures.items():
        print(f"  {f'{size} MB':<36}{mine['pipeline']:>12.2f}{mine['by hand']:>12.2f}", end="")
        print(f"{mine['ratio']:>12.2f}{mine['worst ratio']:>12.2f}{mine['peak MB']:>12.0f}")
    (small, first), *_, (large, last) = figures.items()
    said = f"{setup}: {large} MB at most {DEPLOY_RATIO} x of what it takes by hand"
    if int(large) >= DEPLOY_MB:  # what a process costs to start says nothing about artifacts
        report.target(said, f"{last['ratio']:.2f}", met=last["ratio"] <= DEPLOY_RATIO)
    grown = last["peak MB"] - first["peak MB"]
    said = f"{setup}: {large} MB take no more memory than {small} MB, within {GROWTH_MB:.0f} MB"
    report.target(said, f"{grown:.0f} MB", met=grown <= GROWTH_MB)


def _stops(report: Report, setup: str, figures: Figures) -> None:
    print("\nStop and abandon: milliseconds from the request until Stopped can be read")
    print(
        f"  {'100 executions are ..., the stopped one is ...':<48}{'p50':>8}{'p99':>9}{'call':>8}"
    )
    for kind, mine in figures.items():
        print(f"  {kind:<48}{mine['p50']:>8.0f}{mine['p99']:>9.0f}{mine['call']:>8.1f}", end="")
        print(f"   ({mine['stops']} stops, {mine['given up']} not waited for to the end)")
        if kind != "quiet":
            report.target(
                f"{setup}: Stopped within 1 s at the median, {kind}",
                f"{mine['p50']:.0f} ms",
                met=0 < mine["p50"] < STOPPED_WITHIN,
            )


def _decisions(report: Report, setup: str, figures: Figures) -> None:
    print("\nQueries of a decision, with so many finished executions")
    for finished, counts in figures.items():
        print(f"  {finished:>5}: " + ", ".join(f"{what} {n}" for what, n in counts.items()))
    counted = list(figures.values())
    report.target(
        f"{setup}: as many queries with 0 and 1,000 finished executions",
        " / ".join(str(sum(counts.values())) for counts in counted),
        met=all(counts == counted[0] for counts in counted),
    )


def _modes(report: Report, setup: str, figures: Figures) -> None:
    print("\nA decision in each mode, with so many executions live: milliseconds (queries)")
    for kind, by_live in figures.items():
        said = (f"{live}: {one['ms']:.1f} ({one['queries']})" for live, one in by_live.items())
        print(f"  {kind:<30}" + ", ".join(said))
    kinds = [kind for kind in figures if kind.endswith(", 0 finished")]
    for kind in kinds:
        mode = kind.partition(",")[0]
        (old,) = (each for each in figures if each.startswith(mode) and each != kind)
        for live, young in figures[kind].items():
            ratio = figures[old][live]["ms"] / young["ms"]
            what = f"{setup}: {mode}, {live} live: at most {HISTORY_RATIO} times with a history"
            report.target(what, f"{ratio:.2f}", met=ratio <= HISTORY_RATIO)
        _many(report, f"{setup}: {mode}", figures[kind])


def _many(report: Report, said: str, by_live: Figures) -> None:
    """One against many: at most in proportion; and for parallel ones, just the same."""
    if len(by_live) == 1:
        return
    (few, one), (number, many) = by_live.items()
    most = HISTORY_RATIO if "PARALLEL" in said else int(number) / int(few)
    ratio = many["ms"] / one["ms"]
    report.target(
        f"{said}: {number} live take at most {most:g} times as long as {few}",
        f"{ratio:.2f}",
        met=ratio <= most,
    )
    same = one["queries"] == many["queries"]
    found = f"{one['queries']} / {many['queries']}"
    report.target(f"{said}: as many queries with {number} live as with {few}", found, met=same)


def _pages(report: Report, setup: str, figures: Figures) -> None:
    pages, queries = figures["pages"], figures["poll queries"]
    print("\nPages beside bare views of the same size, medians")
    heads = ("x bare", "x signed in", "req/s", "CPU us")
    print(f"  {'':<36}" + "".join(f"{head:>12}" for head in heads))
    for name in (name for name in pages if ": bare" not in name):
        mine, bare = pages[name], pages[f"{name}: bare"]
        ratios = (
            mine["rate"] / bare["rate"],
            mine["rate"] / pages[f"{name}: bare, signed in"]["rate"],
        )
        print(f"  {name:<36}{ratios[0]:>12.2f}{ratios[1]:>12.2f}{mine['rate']:>12.0f}", end="")
        print(f"{mine['micros']:>12.0f}")
        if name == "unchanged poll":
            said = f"{setup}: unchanged poll at least half the bare view's rate"
            report.target(said, f"{ratios[0]:.2f}", met=ratios[0] >= POLL_RATIO)
    one = f"{setup}: unchanged poll asks one query besides who is signed in"
    report.target(one, str(len(queries)), met=len(queries) == 1)
    long, short = (pages.get(f"history page, {n} executions") for n in ("100,000", "1,000"))
    if long and short:
        ratio = short["rate"] / long["rate"]
        said = f"{setup}: history of 100,000 within {HISTORY_RATIO} x of 1,000"
        report.target(said, f"{ratio:.2f}", met=ratio <= HISTORY_RATIO)


def _api(report: Report, setup: str, figures: Figures) -> None:
    operations = figures["operations"]
    print("\nOperations of the AWS API, signatures verified, beside a bare view and moto, medians")
    heads = ("x bare", "x moto", "req/s", "CPU us")
    print(f"  {'':<36}" + "".join(f"{head:>12}" for head in heads))
    for name in (name for name in operations if ": " not in name):
        mine, bare, moto = (operations.get(name + of) for of in ("", ": bare", ": moto"))
        of_bare, of_moto = mine["rate"] / bare["rate"], moto and mine["rate"] / moto["rate"]
        print(f"  {name:<36}{of_bare:>12.2f}{of_moto or 0:>12.2f}{mine['rate']:>12.0f}", end="")
        print(f"{mine['micros']:>12.0f}")
        if name.startswith(("Get", "List")):
            said = f"{setup}: {name} at least half the bare view's rate"
            report.target(said, f"{of_bare:.2f}", met=of_bare >= READ_RATIO)
        if of_moto:
            said = f"{setup}: {name} ahead of moto"
            report.target(said, f"{of_moto:.2f}", met=of_moto > 1)
    whole, query = figures["front"]["micros"], figures["front"]["query"]
    print(f"  a small request is verified, parsed and validated in {whole:.0f} us,", end=" ")
    print(f"of which the query for the access key takes {query:.0f} us")
    said = f"{setup}: verify, parse and validate within {FRONT_MICROS:.0f} us beside the query"
    report.target(said, f"{whole - query:.0f} us", met=whole - query < FRONT_MICROS)


SECTIONS = {
    "decisions": _decisions,
    "modes": _modes,
    "deploying": _deploying,
    "engine": _engine,
    "stops": _stops,
    "pages": _pages,
    "api": _api,
}
