/*
 * Answers each message with "data: " and the message, until the client leaves.
 *
 *   mkdir -p bin && javac -d bin ./examples/java/greeter.java
 *   deno run -A main.ts --port=8080 java -cp bin Greeter
 */
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;

class Greeter {
    public static void main(String[] args) throws IOException {
        // Messages are UTF-8, whatever the locale of the server is.
        var in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        // true: println writes at once.
        var out = new PrintStream(System.out, true, UTF_8);
        String line;
        while ((line = in.readLine()) != null) {
            out.println("data: " + line);
        }
    }
}
