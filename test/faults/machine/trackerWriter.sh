#!/bin/sh
# Another program that writes the tracker's JSONL file without a lock: trackerWriter.sh HOW FILE COUNT PAUSE
#   append   adds one line at a time
#   rename   writes the whole file anew, with one line more, and renames it into place
# The lines are issues that no dispatcher wants.
how=$1 file=$2 count=$3 pause=$4
number=0
while [ "$number" -lt "$count" ]; do
  number=$((number + 1))
  head="{\"id\":\"fw-$number\",\"title\":\"foreign $number\","
  tail='"status":"closed","priority":4,"issue_type":"task","created_at":"2026-01-01T00:00:00Z"}'
  case $how in
    append) printf '%s%s\n' "$head" "$tail" >>"$file" ;;
    rename)
      { cat "$file"; printf '%s%s\n' "$head" "$tail"; } >"$file.writer" && mv "$file.writer" "$file"
      ;;
  esac
  sleep "$pause"
done
