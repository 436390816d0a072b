"""For people: a message, a decision and a reply, with all that spoke for and against; and a stranger's words, made fit to be shown."""
