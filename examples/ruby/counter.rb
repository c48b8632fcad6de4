#!/usr/bin/env ruby
#
# Counts to three, one number a second. Each line is a message to the client;
# when the script ends, so does the connection, with close code 1000.
#
#   deno run -A main.ts --port=8080 ruby ./examples/ruby/counter.rb

# Without this, Ruby keeps what goes into a pipe until 8 KiB have come together.
$stdout.sync = true

1.upto(3) do |i|
  puts i
  sleep 1
end
