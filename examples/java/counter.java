/*
 * Counts to three, one number a second. Each line is a message to the client;
 * when the program ends, so does the connection, with close code 1000.
 *
 *   mkdir -p bin && javac -d bin ./examples/java/counter.java
 *   deno run -A main.ts --port=8080 java -cp bin Counter
 */
class Counter {
    public static void main(String[] args) throws InterruptedException {
        for (int i = 1; i <= 3; i++) {
            // Writes each line at once: System.out keeps nothing back.
            System.out.println(i);
            Thread.sleep(1000);
        }
    }
}
