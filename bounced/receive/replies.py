"""Everything that we say over SMTP, in one place.

Each reply but the greeting and the answers to HELO and EHLO carries an enhanced status code (RFC 2034, RFC 3463). What
is our own trouble is 4xx: a bounce that is refused is lost for good.
"""

GREETING = "220 {hostname} ESMTP bounced"

OK = "250 2.0.0 OK"
SENDER_OK = "250 2.1.0 Sender OK"
RECIPIENT_OK = "250 2.1.5 Recipient OK"
KEPT = "250 2.0.0 Kept as {arrival_id}"
GO_AHEAD = "354 End data with <CR><LF>.<CR><LF>"
BYE = "221 2.0.0 Bye"
HELP = "214 2.0.0 This host takes delivery reports and relays nothing; see RFC 5321"
CANNOT_VERIFY = "252 2.1.5 Cannot verify, but RCPT will say whether it is ours"

#: 421 ends the session (RFC 5321 §3.8).
TOO_MANY_SESSIONS = "421 4.3.2 Too many sessions, please try again later"
TOO_MANY_ERRORS = "421 4.7.0 Too many errors"
TIMED_OUT = "421 4.4.2 Waited too long"
SHUTTING_DOWN = "421 4.3.2 Shutting down, please try again later"
SESSION_FAILED = "421 4.3.0 Local error, please try again later"

LOCAL_ERROR = "451 4.3.0 Local error, please try again later"
NO_ROOM = "452 4.3.1 Can't keep the message now, please try again later"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients in one message"
TLS_FAILED = "454 4.7.0 TLS not available just now"

LINE_TOO_LONG = "500 5.5.2 Command line too long"
UNKNOWN_COMMAND = "500 5.5.1 Command not recognized"
NOT_SMTP = "421 4.7.0 This is SMTP"
NO_ARGUMENT = "501 5.5.4 {command} takes no argument"
NO_NAME = "501 5.5.4 Syntax: {command} hostname"
MAIL_SYNTAX = "501 5.5.4 Syntax: MAIL FROM:<address> [parameters]"
RCPT_SYNTAX = "501 5.5.4 Syntax: RCPT TO:<address> [parameters]"
BAD_VALUE = "501 5.5.4 {parameter}: bad value"
NOT_IMPLEMENTED = "502 5.5.1 {command} not implemented"
GREET_FIRST = "503 5.5.1 Send EHLO or HELO first"
MAIL_FIRST = "503 5.5.1 Send MAIL first"
MAIL_TWICE = "503 5.5.1 Sender already given"
TLS_TWICE = "503 5.5.1 TLS is on already"
NOT_OURS = "550 5.7.1 <{address}>: not a return path of ours"
TOO_OLD = "550 5.7.1 <{address}>: this return path is too old"
BARE_NEWLINE_IN_DATA = "550 5.6.11 End of data must be <CR><LF>.<CR><LF>: bare <CR> or <LF> around a lone dot"
BARE_NEWLINE_IN_COMMAND = "550 5.6.11 Commands must end with <CR><LF>: bare <CR> or <LF>"
TOO_LARGE = "552 5.3.4 Message too large: at most {max_bytes} octets"
BAD_SENDER = "553 5.1.7 Malformed sender address"
BAD_RECIPIENT = "553 5.1.3 Malformed recipient address"
NEEDS_SMTPUTF8 = "553 5.6.7 Address is not ASCII: say SMTPUTF8 at MAIL"
NO_RECIPIENTS = "554 5.5.1 No valid recipients"
UNKNOWN_PARAMETER = "555 5.5.4 {parameter}: parameter not recognized"
