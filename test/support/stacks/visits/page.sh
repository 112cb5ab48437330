# Run once for each visitor, with the connection as standard input and output.
read -r _request
visits=$(nc -w 2 "$COUNTER" 7000 </dev/null)
page="$(cat /greeting) number $visits, the word is $(cat /run/secrets/word)"
printf 'HTTP/1.0 200 OK\r\nContent-Length: %s\r\n\r\n%s\n' "$((${#page} + 1))" "$page"
