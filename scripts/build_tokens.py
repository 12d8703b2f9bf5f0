#!/usr/bin/env python3
"""Turn Cloudscape's published packages into the tokens, fonts and icons kept under static/.

    npm pack @cloudscape-design/design-tokens@3.0.110 @cloudscape-design/global-styles@1.0.67 \
        @cloudscape-design/components@3.0.1383
    python scripts/build_tokens.py <folder with the three .tgz files>

The output is committed, so nobody needs node to run the site. Only tokens that our stylesheets name
are written, and naming one that Cloudscape does not publish is an error.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import tarfile
from pathlib import Path
from typing import Any, TypeAlias

STATIC = Path(__file__).resolve().parent.parent / "static"
STYLESHEETS = ("cloudscape.css", "pipeline.css")
PREFIX = "--cs-"
FACES = {("400", "normal"), ("700", "normal"), ("400", "italic")}
ICONS = {
    "add-plus",
    "angle-down",
    "angle-left",
    "angle-right",
    "angle-right-double",
    "angle-up",
    "arrow-left",
    "arrow-right",
    "calendar",
    "caret-down-filled",
    "check",
    "close",
    "copy",
    "download",
    "edit",
    "ellipsis",
    "external",
    "file",
    "filter",
    "flag",
    "folder",
    "history",
    "key",
    "light-dark",
    "lock-private",
    "menu",
    "notification",
    "pause",
    "play",
    "redo",
    "refresh",
    "remove",
    "script",
    "search",
    "settings",
    "sign-out",
    "status-in-progress",
    "status-info",
    "status-negative",
    "status-not-started",
    "status-pending",
    "status-positive",
    "status-stopped",
    "status-warning",
    "stop-circle",
    "support",
    "undo",
    "unlocked",
    "user-profile",
    "view-full",
    "view-horizontal",
    "view-vertical",
}
# Cloudscape's contexts -> our class, and the colour scheme the context is pinned to
CONTEXTS = {
    "top-navigation": (".cs-context-top-navigation", "dark"),
    "app-layout-toolbar": (".cs-context-app-layout", None),
    "flashbar": (".cs-context-flashbar", None),
    "flashbar-warning": (".cs-context-flashbar-warning", None),
    "alert": (".cs-context-alert", None),
}
HEAD = """\
/* Made by scripts/build_tokens.py from @cloudscape-design/design-tokens@{version}. Do not edit.
   Copyright Amazon.com, Inc. or its affiliates. All Rights Reserved. Changed: JSON to CSS, pruned.
   SPDX-License-Identifier: Apache-2.0 */
"""
SPRITE_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg">
<!-- Icons of @cloudscape-design/components@{version}. Copyright Amazon.com, Inc. or its affiliates.
     All Rights Reserved. Changed: gathered into one sprite. SPDX-License-Identifier: Apache-2.0 -->
"""
PAINT = {
    "filled": ' fill="currentColor"',
    "no-stroke": ' stroke="none"',
    "stroke-linejoin-round": ' stroke-linejoin="round"',
    "stroke-linecap-round": ' stroke-linecap="round"',
    "stroke-linecap-square": ' stroke-linecap="square"',
}

Value: TypeAlias = str | dict[str, str]
Declarations: TypeAlias = list[tuple[str, str]]
Element: TypeAlias = list[Any]


class Package:
    """A package as `npm pack` leaves it: <scope>-<name>-<version>.tgz."""

    def __init__(self, folder: Path, name: str) -> None:
        found = sorted(folder.glob(f"cloudscape-design-{name}-[0-9]*.tgz"))
        if len(found) != 1:
            sys.exit(f"Expected one package {name} in {folder}, found {len(found)}.")
        self.archive = found[0]
        self.version = str(json.loads(self.read("package.json"))["version"])

    def read(self, path: str) -> str:
        with tarfile.open(self.archive) as archive:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                sys.exit(f"{path} is not a file in {self.archive}.")
            return member.read().decode()


def in_mode(value: Value, mode: str) -> str:
    if isinstance(value, str):
        return value
    return value.get(mode, next(iter(value.values())))


def differs(value: Value, usual: str, other: str) -> bool:
    return isinstance(value, dict) and other in value and value[usual] != value[other]


def has_schemes(name: str, value: Value) -> bool:
    """Whether light-dark() can say both values; it takes colours only."""
    return (
        name.startswith("color-")
        and differs(value, "light", "dark")
        and not re.search("gradient|currentColor", in_mode(value, "light") + in_mode(value, "dark"))
    )


def css_value(name: str, value: Value) -> str:
    if has_schemes(name, value):
        return f"light-dark({in_mode(value, 'light')}, {in_mode(value, 'dark')})"
    return value if isinstance(value, str) else next(iter(value.values()))


def block(selector: str, declarations: Declarations, indent: str = "") -> str:
    if not declarations:
        return ""
    lines = "".join(f"{indent}  {name}: {value};\n" for name, value in declarations)
    return f"{indent}{selector} {{\n{lines}{indent}}}\n"


def other_mode(tokens: dict[str, Value], usual: str, other: str) -> Declarations:
    return [
        (PREFIX + name, in_mode(value, other))
        for name, value in tokens.items()
        if differs(value, usual, other) and not has_schemes(name, value)
    ]


def context_declarations(
    tokens: dict[str, Value], context: dict[str, Value], scheme: str | None
) -> Declarations:
    declarations = [("color-scheme", scheme)] if scheme else []
    for name, new in context.items():
        old = tokens.get(name)
        if old is None:
            continue
        if scheme is None and new != old:
            declarations.append((PREFIX + name, css_value(name, new)))
        elif scheme and in_mode(new, scheme) != in_mode(old, scheme):
            declarations.append((PREFIX + name, in_mode(new, scheme)))
    return declarations


def tokens_css(tokens: dict[str, Value], contexts: dict[str, dict[str, Value]]) -> str:
    usual = [(PREFIX + name, css_value(name, value)) for name, value in tokens.items()]
    dark = other_mode(tokens, "light", "dark")
    still = other_mode(tokens, "default", "disabled")
    parts = [
        block(":root", [("color-scheme", "light dark"), *usual]),
        block(':root[data-theme="light"]', [("color-scheme", "light")]),
        block(':root[data-theme="dark"]', [("color-scheme", "dark"), *dark]),
        "@media print {\n" + block(":root", [("color-scheme", "light !important")], "  ") + "}\n",
        block('[data-density="compact"]', other_mode(tokens, "comfortable", "compact")),
    ]
    if dark:
        body = block(':root:not([data-theme="light"])', dark, "  ")
        parts.append(f"@media (prefers-color-scheme: dark) {{\n{body}}}\n")
    if still:
        parts.append(
            f"@media (prefers-reduced-motion: reduce) {{\n{block(':root', still, '  ')}}}\n"
        )
    parts += [
        block(selector, context_declarations(tokens, contexts[name], scheme))
        for name, (selector, scheme) in CONTEXTS.items()
    ]
    return "".join(parts)


def build_tokens(package: Package) -> str:
    data = json.loads(package.read("index-visual-refresh.json"))
    css = "".join((STATIC / "css" / name).read_text() for name in STYLESHEETS)
    named = set(re.findall(rf"var\({PREFIX}([a-z0-9-]+)", css))
    if unknown := named - set(data["tokens"]):
        sys.exit(f"Not published by Cloudscape: {', '.join(sorted(unknown))}")
    tokens = {name: token["$value"] for name, token in data["tokens"].items() if name in named}
    contexts = {
        name: {token: entry["$value"] for token, entry in data["contexts"][name]["tokens"].items()}
        for name in CONTEXTS
    }
    return HEAD.format(version=package.version) + tokens_css(tokens, contexts)


def build_fonts(package: Package) -> str:
    faces = []
    for face in re.findall(r"@font-face\s*\{(.*?)\}", package.read("index.css"), re.DOTALL):
        weight, style = (
            re.findall(rf"font-{what}:\s*(\w+)", face)[0] for what in ("weight", "style")
        )
        if (weight, style) not in FACES:
            continue
        name = f"open-sans-{weight}{'-italic' if style == 'italic' else ''}.woff2"
        encoded = re.findall(r"base64,([A-Za-z0-9+/=]+)", face)[0]
        (STATIC / "fonts" / name).write_bytes(base64.b64decode(encoded))
        faces.append(
            f'@font-face {{ font-family: "Open Sans"; font-weight: {weight}; font-style: {style}; '
            f'font-display: swap; src: url("../fonts/{name}") format("woff2"); }}\n'
        )
    return "".join(faces)


def icon_markup(element: Element) -> str:
    """One React.createElement call, read as [tag, attributes, *children], as SVG."""
    tag, attributes, *children = element
    inner = "".join(icon_markup(child) for child in children)
    if tag == "svg":
        return inner
    paint = "".join(PAINT.get(name, "") for name in attributes.pop("className", "").split())
    shape = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{shape}{paint}>{inner}</{tag}>" if inner else f"<{tag}{shape}{paint}/>"


def read_icons(source: str) -> dict[str, Element]:
    """The object literal in icons.js; its calls become JSON arrays, its bare keys strings."""
    body = source[source.index("const icons = ") + len("const icons = ") : source.rindex("};") + 1]
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', body)
    for i in range(0, len(pieces), 2):
        code = pieces[i].replace("React.createElement(", "[").replace(")", "]")
        pieces[i] = re.sub(r"(\w+):", r'"\1":', code)
    text = re.sub(r",(\s*[}\]])", r"\1", "".join(pieces))
    icons: dict[str, Element] = json.loads(text)
    return icons


def build_sprite(package: Package) -> str:
    icons = read_icons(package.read("icon/generated/icons.js"))
    if unknown := ICONS - set(icons):
        sys.exit(f"No such icon: {', '.join(sorted(unknown))}")
    symbols = "".join(
        f'<symbol id="{name}" viewBox="0 0 16 16">{icon_markup(icons[name])}</symbol>\n'
        for name in sorted(ICONS)
    )
    return f"{SPRITE_HEAD.format(version=package.version)}{symbols}</svg>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("packages", type=Path, help="folder with the three .tgz files")
    folder = parser.parse_args().packages
    css = build_tokens(Package(folder, "design-tokens"))
    css += build_fonts(Package(folder, "global-styles"))
    (STATIC / "css" / "tokens.css").write_text(css)
    (STATIC / "icons" / "sprite.svg").write_text(build_sprite(Package(folder, "components")))


if __name__ == "__main__":
    main()
