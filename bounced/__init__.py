"""bounced: judge bounces, retry or suppress, and say why."""
