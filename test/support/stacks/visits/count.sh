# Run once for each connection.
visits=$(($(cat /numbers/visits 2>/dev/null || echo 0) + 1))
echo "$visits" | tee /numbers/visits
