"""What anybody may read: the status page as page, JSON and feed, and the way off a list of readers."""

from views.public import status, unsubscribing

routes = [*status.routes, *unsubscribing.routes]
