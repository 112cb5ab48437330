#!/bin/sh
# Who asked, as seen here, and who answers.
printf 'Content-Type: text/plain\r\n\r\n%s %s\n' "${REMOTE_ADDR#::ffff:}" "$(hostname)"
