/*
 * Shows what the program knows about the client: all of its environment.
 *
 *   mkdir -p bin && javac -d bin ./examples/java/dump_env.java
 *   deno run -A main.ts --port=8080 java -cp bin DumpEnv
 */
import java.util.TreeMap;

class DumpEnv {
    public static void main(String[] args) {
        new TreeMap<>(System.getenv()).forEach((name, value) ->
            System.out.println(name + "=" + value));
    }
}
