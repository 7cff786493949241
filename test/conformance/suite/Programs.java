package suite;

import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.table.test.program.ConfigOptionTestStep;
import org.apache.flink.table.test.program.FailingSqlTestStep;
import org.apache.flink.table.test.program.FunctionTestStep;
import org.apache.flink.table.test.program.SinkTestStep;
import org.apache.flink.table.test.program.SourceTestStep;
import org.apache.flink.table.test.program.SqlTestStep;
import org.apache.flink.table.test.program.StatementSetTestStep;
import org.apache.flink.table.test.program.TableTestProgram;
import org.apache.flink.table.test.program.TestStep;

/** The table test programs: statements, rows in, rows out. Rows out are in the words of Row.toString, as Flink's runner compares them. */
final class Programs {
    private final Set<String> seen = new LinkedHashSet<>();

    void write(String jar, PrintWriter out) throws Exception {
        for (Class<?> holder : Inside.classes(jar, "org/apache/flink/table/")) {
            String name = holder.getSimpleName();
            if (!name.contains("TestProgram") && !name.contains("Semantic")) continue;
            if (TableTestProgram.class.isAssignableFrom(holder)) continue;
            for (TableTestProgram program : declaredIn(holder)) {
                String key = name + "." + program.id;
                if (seen.add(key)) out.println(JsonText.write(describe(key, program)));
            }
        }
    }

    private static List<TableTestProgram> declaredIn(Class<?> holder) {
        List<TableTestProgram> programs = new ArrayList<>();
        try {
            for (Field field : holder.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) || field.getType() != TableTestProgram.class) continue;
                field.setAccessible(true);
                programs.add((TableTestProgram) field.get(null));
            }
        } catch (Throwable broken) {
            System.err.println("left out " + holder + ": " + broken);
        }
        return programs;
    }

    private static Map<String, Object> describe(String name, TableTestProgram program) {
        return JsonText.object(
                "name", name,
                "description", program.description,
                "setup", program.setupSteps.stream().map(Programs::step).collect(Collectors.toList()),
                "run", program.runSteps.stream().map(Programs::step).collect(Collectors.toList()));
    }

    private static Map<String, Object> step(TestStep step) {
        String kind = step.getKind().name();
        if (step instanceof SourceTestStep) {
            SourceTestStep source = (SourceTestStep) step;
            Map<String, Object> fields = table(kind, source.name, source.schemaComponents, source.partitionKeys, source.options);
            fields.put("distribution", source.distribution == null ? null : source.distribution.toString());
            List<Object> rows = new ArrayList<>();
            source.dataBeforeRestore.forEach(row -> rows.add(JsonText.value(row)));
            fields.put("rowsBefore", rows.size());
            source.dataAfterRestore.forEach(row -> rows.add(JsonText.value(row)));
            fields.put("rows", rows);
            return fields;
        }
        if (step instanceof SinkTestStep) {
            SinkTestStep sink = (SinkTestStep) step;
            Map<String, Object> fields = table(kind, sink.name, sink.schemaComponents, sink.partitionKeys, sink.options);
            boolean restore = kind.equals("SINK_WITH_RESTORE_DATA");
            List<String> expected = new ArrayList<>();
            if (restore) {
                expected.addAll(sink.getExpectedBeforeRestoreAsStrings());
                expected.addAll(sink.getExpectedAfterRestoreAsStrings());
            } else if (kind.equals("SINK_WITH_DATA")) {
                expected.addAll(sink.getExpectedAsStrings());
            }
            fields.put("expected", expected);
            fields.put("changelog", restore || sink.testChangelogData);
            return fields;
        }
        if (step instanceof SqlTestStep) return JsonText.object("kind", kind, "sql", ((SqlTestStep) step).sql);
        if (step instanceof StatementSetTestStep) return JsonText.object("kind", kind, "statements", ((StatementSetTestStep) step).statements);
        if (step instanceof FailingSqlTestStep) {
            FailingSqlTestStep failing = (FailingSqlTestStep) step;
            return JsonText.object("kind", kind, "sql", failing.sql, "message", failing.expectedErrorMessage);
        }
        if (step instanceof ConfigOptionTestStep) {
            ConfigOptionTestStep<?> config = (ConfigOptionTestStep<?>) step;
            return JsonText.object("kind", kind, "key", config.option.key(), "value", String.valueOf(config.value));
        }
        if (step instanceof FunctionTestStep) {
            FunctionTestStep function = (FunctionTestStep) step;
            return JsonText.object("kind", kind, "name", function.name, "class", function.function.getName());
        }
        return JsonText.object("kind", kind);
    }

    private static Map<String, Object> table(
            String kind, String name, List<String> schema, List<String> partitionKeys, Map<String, String> options) {
        return JsonText.object("kind", kind, "name", name, "schema", schema, "partitionKeys", partitionKeys, "options", options);
    }
}
