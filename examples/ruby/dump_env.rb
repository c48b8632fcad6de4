#!/usr/bin/env ruby
#
# Shows what the program knows about the client: all of its environment.
#
#   deno run -A main.ts --port=8080 ruby ./examples/ruby/dump_env.rb

ENV.sort.each { |name, value| puts "#{name}=#{value}" }
