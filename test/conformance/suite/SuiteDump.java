package suite;

import java.io.File;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes Flink's own published tests as JSON lines: SuiteDump OUTPUT_DIRECTORY PLANNER_TESTS_JAR OTHER_TESTS_JARS... */
public final class SuiteDump {
    private SuiteDump() {}

    private interface Suite {
        void write(PrintWriter out) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        File directory = new File(arguments[0]);
        String planner = arguments[1];
        write(directory, "programs", out -> {
            Programs programs = new Programs();
            for (String jar : Arrays.asList(arguments).subList(1, arguments.length)) programs.write(jar, out);
        });
        write(directory, "functions", out -> new Functions().write(planner, out));
        write(directory, "scalars", out -> new Scalars().write(planner, out));
        write(directory, "aggregates", out -> new Aggregates().write(planner, out));
        write(directory, "planner", out -> new PlannerCorpus().write(planner, out));
        // Some test classes leave threads of a cluster behind.
        System.exit(0);
    }

    private static void write(File directory, String name, Suite suite) throws Exception {
        try (PrintWriter out = new PrintWriter(new File(directory, name + ".jsonl"), StandardCharsets.UTF_8)) {
            suite.write(out);
        }
    }
}
