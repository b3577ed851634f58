"""Texts that do harm where they are not taken for texts: in a page, a template, a spreadsheet, a terminal, a query, a path."""

from html.parser import HTMLParser

PAYLOAD = "pwned"
IN_A_PAGE = (
    f"<script>{PAYLOAD}=1</script>",
    f'"><img src=x onerror={PAYLOAD}=1>',
    f"'></svg><svg onload={PAYLOAD}=1>",
    f"</style><script>{PAYLOAD}=2</script>",
    f"</title><iframe src=javascript:{PAYLOAD}=1>",
    f"javascript:{PAYLOAD}=1",
    "url(http://evil.invalid/a.png)",
    "expression(alert(1))",
    "&lt;b&gt;&#x202e;",
    "${{7*7}} ${7*7} #{7*7}",
    "{{ 7*7 }}{% raw %}{{ self }}",
    "$\\frac{1}{0}$",
)
IN_A_SPREADSHEET = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1+1", "\uff1d1+1")
ON_A_TERMINAL = (
    "\x1b[31mred\x1b[2J",
    "\x1b]8;;http://evil.invalid\x07link\x1b]8;;\x07",
    "\x9b31mred",
    "[red]markup[/red] [link=http://evil.invalid]x[/link] [/]",
    "two\nlines",
    "\rover",
    "\u202egnp.exe\u2066",
    "bell\x07\x08",
)
IN_A_QUERY = ("`; DROP TABLE customer_features; --", 'x" OR 1=1 --', "' UNION SELECT 1 --", "\\", "a.b.*", "__THIS__")
IN_A_PATH = ("../../../etc/passwd", "/etc/passwd", "$(touch pwned)", "; rm -rf pwned", "a/b*?[c]", "%2e%2e%2f", "CON", "~root")
ALL = (*IN_A_PAGE, *IN_A_SPREADSHEET, *ON_A_TERMINAL, *IN_A_QUERY, *IN_A_PATH)

NEVER_OURS = {"script", "img", "iframe", "object", "embed", "form", "base", "link", "b", "image", "foreignobject"}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def made_of_names(self):
        """Elements and attributes that no page of ours has: something that came in as a name has made them."""
        attributes = [(name, value or "") for _, attrs in self.elements for name, value in attrs.items()]
        return [
            *(tag for tag, _ in self.elements if tag in NEVER_OURS),
            *(name for name, _ in attributes if name.startswith("on")),
            *(value for name, value in attributes if name in ("href", "xlink:href", "src") and not value.startswith("#")),
            *(value for name, value in attributes if name == "style" and any(word in value for word in (PAYLOAD, "evil", "expression"))),
        ]
