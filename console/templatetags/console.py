"""Icons, statuses and times as the console prints them."""

from datetime import UTC, datetime, timedelta
from functools import cache
from math import floor

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPINNER = "spinner"
# tone -> the tint of the icon and the word, and the icon
TONES = {
    "success": ("success", "status-positive"),
    "progress": ("info", "status-in-progress"),
    "waiting": ("info", "status-pending"),
    "stopping": ("info", SPINNER),
    "failed": ("error", "status-negative"),
    "abandoned": ("warning", "status-stopped"),
    "warning": ("warning", "status-warning"),
    "info": ("info", "status-info"),
    "stopped": ("inactive", "status-stopped"),
    "superseded": ("inactive", "redo"),
    "cancelled": ("inactive", "status-negative"),
    "skipped": ("inactive", "angle-right-double"),
    "none": ("inactive", "status-not-started"),
}
MINUTE, HOUR, DAY = 60, 3600, 86400
JUST_NOW = 5


@register.simple_tag
def icon(name: str, **attributes: str) -> SafeString:
    """`{% icon "copy" class="cs-icon--s" %}`: one icon of the sprite, silent for screen readers."""
    return _drawn(name, attributes.get("class", ""))


@cache
def _drawn(name: str, classes: str) -> SafeString:
    """Dozens are on every page, of a few kinds: where the sprite is does not change meanwhile."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"cs-icon {classes}".strip(),
        static("icons/sprite.svg"),
        name,
    )


@register.simple_tag
def status_icon(tone: str) -> SafeString:
    """The tinted icon alone, where the word stands elsewhere."""
    tint, name = TONES[tone]
    if name == SPINNER:
        return format_html('<span class="cs-spinner cs-tint--{}" aria-hidden="true"></span>', tint)
    return _drawn(name, f"cs-tint--{tint}")


@register.inclusion_tag("components/status.html")
def status(tone: str, label: str) -> dict[str, str]:
    return {"tone": tone, "tint": TONES[tone][0], "label": label}


@register.simple_tag
def region() -> str:
    """The region this Penstock answers for."""
    return str(settings.PENSTOCK_REGION)


@register.filter
def short_id(value: object) -> str:
    return str(value)[:8]


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Exact to two units: "38 s", "1 min 13 s", "2 h 5 min"."""
    if value is None:
        return "–"
    seconds = _seconds(value)
    if seconds < 1:
        return "under 1 s"
    for unit, part, names in ((DAY, HOUR, ("d", "h")), (HOUR, MINUTE, ("h", "min"))):
        if seconds >= unit:
            return _two_units(seconds // unit, seconds % unit // part, names)
    return _two_units(seconds // MINUTE, seconds % MINUTE, ("min", "s"))


@register.filter
def ago(value: datetime | None) -> str:
    """How long since a moment, in one unit: "6 min ago"."""
    if value is None:
        return "–"
    seconds = _seconds(timezone.now() - value)
    return "just now" if seconds < JUST_NOW else f"{_one_unit(seconds)} ago"


@register.simple_tag(name="time")
def time_element(value: datetime | None, mode: str = "ago") -> SafeString | str:
    """A moment as `<time>`.

    `ago` ("6 min ago"), `since` ("6 min") and `elapsed` ("2 min 10 s") go on ticking in the page;
    `clock` ("14:28:07") and `moment` (date, and time below it) stand still.
    """
    if value is None:
        return "–"
    local = timezone.localtime(value)
    utc = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        format_html(' data-tick="{}"', mode) if mode in {"ago", "since", "elapsed"} else "",
        _words(value, local, mode),
    )


def _words(value: datetime, local: datetime, mode: str) -> SafeString | str:
    passed = timezone.now() - value
    match mode:
        case "ago":
            return ago(value)
        case "since":
            return _one_unit(_seconds(passed))
        case "elapsed":
            return duration(passed)
        case "clock":
            return f"{local:%H:%M:%S}"
        case "moment":
            return format_html(
                "{}<small>{}</small>",
                f"{local:%b} {local.day}, {local.year}",
                f"{local.hour % 12 or 12}:{local:%M:%S %p (%Z)}",
            )
        case _:
            raise template.TemplateSyntaxError(f"Unknown mode of time: {mode}")


def _seconds(value: timedelta | float) -> int:
    """Whole seconds, and never less than none: clocks differ."""
    return max(0, floor(value.total_seconds() if isinstance(value, timedelta) else value))


def _one_unit(seconds: int) -> str:
    for unit, name in ((2 * DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // min(unit, DAY)} {name}"
    return f"{seconds} s"


def _two_units(large: int, small: int, names: tuple[str, str]) -> str:
    parts = [f"{n} {name}" for n, name in zip((large, small), names, strict=True) if n]
    return " ".join(parts)
