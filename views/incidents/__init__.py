"""The pages of incidents: the list, one incident, and the forms that change it."""

from views.incidents import (
    checklist,
    commands,
    communication,
    forms,
    message,
    metrics,
    reading,
    report,
    spreadsheet,
)

routes = [
    *reading.routes,
    *commands.routes,
    *forms.routes,
    *message.routes,
    *communication.routes,
    *checklist.routes,
    *report.routes,
    *metrics.routes,
    *spreadsheet.routes,
]
