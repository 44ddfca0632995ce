"""The pages of incidents: the list, one incident, and the forms that change it."""

from views.incidents import commands, forms, reading

routes = [*reading.routes, *commands.routes, *forms.routes]
