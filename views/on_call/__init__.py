"""Who is on call: the weeks ahead, standing in, and whose turn it is."""

from views.on_call import calendars, covering, reading, turns

routes = [*reading.routes, *covering.routes, *turns.routes, *calendars.routes]
