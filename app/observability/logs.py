"""One renderer for everything that is logged, ours and the libraries', as text or as JSON, on stderr.

A line is one line: control characters are escaped, so that no value can fake a second one. Lines of a
traceback follow indented, and no other line is.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from app.observability.masking import masker

LogFormat = Literal["text", "json"]
# These say at INFO what is of no use to an operator; arq would even write down its jobs' arguments.
QUIET: Final = ("alembic", "arq", "asyncio", "aiohttp", "aiosmtplib", "sqlalchemy", "mail.log")
HEAD: Final = ("time", "level", "process", "logger", "message")
INDENT: Final = "    | "
_BARE: Final = re.compile(r"[\w.:/@+-]+", re.ASCII)
# C0, DEL, C1, the separators of lines and paragraphs, and what turns the direction of writing.
_CONTROLS: Final = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
)
_ESCAPES: Final = {one: f"\\u{one:04x}" for one in _CONTROLS} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
}


def configure(
    log_format: LogFormat,
    process: str,
    *,
    secrets: frozenset[str] = frozenset(),
    level: int = logging.INFO,
) -> None:
    """Send all logs of this process through one renderer. `secrets` (`masking.secrets_of`) never show.

    Give uvicorn `log_config=None` and `access_log=False`: `requests.Observed` writes a line per request.
    """
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    for handler in [one for one in logging.root.handlers if isinstance(one, _Stderr)]:
        logging.root.removeHandler(handler)
    logging.root.addHandler(_handler(common, _renderer(log_format, process, secrets)))
    logging.root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at the moment: a test and a daemon may exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _handler(common: list[Processor], render: Processor) -> logging.Handler:
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render,
            ],
        )
    )
    return handler


def _renderer(log_format: LogFormat, process: str, secrets: frozenset[str]) -> Processor:
    masked, write = masker(secrets), _json if log_format == "json" else _text

    def render(_logger: Any, _method: str, event: EventDict) -> str:
        named = {
            "time": event.pop("timestamp"),
            "level": event.pop("level"),
            "process": process,
            "logger": event.pop("logger", ""),
            "message": str(event.pop("event")),
            **event,
        }
        return write({name: masked(name, value) for name, value in named.items()})

    return render


def _json(event: dict[str, Any]) -> str:
    return json.dumps(event, default=str)  # ASCII alone, so every control character is escaped


def _text(event: dict[str, Any]) -> str:
    trace = event.pop("exception", "")
    time, level, process, _, message = (str(event.pop(name)) for name in HEAD)
    pairs = "".join(f" {_escaped(name)}={_value(value)}" for name, value in event.items())
    lines = "".join(f"\n{INDENT}{_escaped(line)}" for line in trace.split("\n") if trace)
    return f"{time} {level:<8} {process} {_escaped(message)}{pairs}{lines}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if _BARE.fullmatch(text) or not isinstance(value, str):
        return _escaped(text)
    return _escaped(json.dumps(text, ensure_ascii=False))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
