#!/usr/bin/env ruby
#
# Answers each message with "data: " and the message, until the client leaves.
#
#   deno run -A main.ts --port=8080 ruby ./examples/ruby/greeter.rb

# Without this, Ruby keeps what goes into a pipe until 8 KiB have come together.
$stdout.sync = true
# Messages are UTF-8, whatever the locale of the server is.
$stdin.set_encoding("UTF-8")

$stdin.each_line(chomp: true) do |line|
  puts "data: #{line}"
end
