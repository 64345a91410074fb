"""Reading a report as a strict browser would: well-formed or an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "hr", "link", "input", "source", "area", "base", "col", "embed", "wbr"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)  # the pieces that lie in no child

    @property
    def text(self) -> str:
        """Everything inside as text; every kind of space is one plain space."""
        return " ".join("".join(self.pieces).split())

    def all(self, tag: str, **attributes: str) -> list[Node]:
        """Every element below with this tag; ``class_`` must be among its classes, others must be equal."""
        found = []
        for child in self.children:
            wanted = attributes.get("class_")
            others = {key: value for key, value in attributes.items() if key != "class_"}
            if (
                child.tag == tag
                and (wanted is None or wanted in child.attributes.get("class", "").split())
                and all(child.attributes.get(key) == value for key, value in others.items())
            ):
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> Node:
        (node,) = self.all(tag, **attributes)
        return node


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].own.append(data)
        for node in self.open:
            node.pieces.append(data)


def read(html: str) -> Node:
    """Return the document's tree. Fails when an element is not closed, or closed by another's end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert [node.tag for node in reader.open] == ["root"], "something was left open"
    return reader.root


def section(root: Node, key: str) -> Node:
    return root.one("section", id=key)


def table(root: Node, caption: str) -> list[list[str]]:
    """Return the body of the first table whose caption begins so, as texts."""
    for node in root.all("table"):
        if node.all("caption")[0].text.startswith(caption):
            (body,) = node.all("tbody")
            return [[c.text for c in row.children if c.tag in ("td", "th")] for row in body.all("tr")]
    raise AssertionError(f"no table is called {caption!r}")
