"""The page for people: what comes in and what is decided, why, and what to do about it. HTML made here, no script, nothing from elsewhere.

The overview is for whoever reaches it. All that names people wants a token of the API's, or `api.without_token`.
"""

from bounced.admin.page.facts import Facts
from bounced.admin.page.views import Behind, page_routes

__all__ = ["Behind", "Facts", "page_routes"]
