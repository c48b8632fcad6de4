#!/usr/bin/env bash
#
# Reads what the client sends: asks for a name, then for numbers to add up.
# An empty message ends it, with close code 1000. Without a name it fails, and
# exit status 1 is close code 4001.
#
#   deno run -A main.ts --port=8080 bash ./examples/bash/read_input.sh

echo "What is your name?"
IFS= read -r name
if [[ -z $name ]]; then
  echo "No name, no sums."
  exit 1
fi

echo "Hello, $name. Send numbers to add up, and nothing to end."
sum=0
while IFS= read -r number && [[ -n $number ]]; do
  # Checked before it is used: bash runs commands that stand in a sum.
  if [[ $number =~ ^[0-9]{1,15}$ ]]; then
    # 10# because 010 would else be eight.
    ((sum += 10#$number))
    echo "$sum"
  else
    echo "Not a whole number: $number"
  fi
done
echo "The sum is $sum. Goodbye, $name."
