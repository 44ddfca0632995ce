"""Text that people write and Opsbook fills in: incident templates, and updates edited before they are sent.

Jinja2 reads the syntax and nothing more. What it read is translated into a few parts of our own, and what has
no translation is refused when the text is read: there is no call, no arithmetic and no attribute of a Python
object that a template could reach. A value is words: in Markdown, HTML and plain text it can build nothing.
"""

from app.templates.body import Body, check
from app.templates.markdown import to_html, to_text
from app.templates.template import Template, read
from app.templates.words import Audience, PublicStatus

__all__ = ["Audience", "Body", "PublicStatus", "Template", "check", "read", "to_html", "to_text"]
