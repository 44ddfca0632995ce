"""The pages of incidents: the list, one incident, and the forms that change it."""

from views.incidents import (
    checklist,
    commands,
    communication,
    forms,
    merging,
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
    *merging.routes,
    *message.routes,
    *communication.routes,
    *checklist.routes,
    *report.routes,
    *metrics.routes,
    *spreadsheet.routes,
]
