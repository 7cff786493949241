package suite;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.types.DataType;

/** The specifications of built-in aggregates that are SQL: a changelog in, the materialised rows out. The input is the table T. */
final class Aggregates {
    @SuppressWarnings("unchecked")
    void write(String jar, PrintWriter out) throws Exception {
        Table standIn = TableEnvironment.create(EnvironmentSettings.inStreamingMode()).fromValues(1);
        String name = standIn.toString();
        Class<?> base = Class.forName("org.apache.flink.table.planner.functions.BuiltInAggregateFunctionTestBase");
        for (Class<?> type : Inside.subclasses(jar, "org/apache/flink/table/planner/functions/", base)) {
            int number = 0;
            for (Object spec : ((Stream<?>) Inside.call(Inside.create(type), "getTestCaseSpecs")).collect(Collectors.toList())) {
                for (Object item : (List<?>) Inside.field(spec, "testItems")) {
                    number++;
                    Object query = Inside.field(item, "spec");
                    if (!(query instanceof Function)) continue;
                    Object sql = ((Function<Table, Object>) query).apply(standIn);
                    if (!(sql instanceof String)) continue;
                    Map<String, Object> line = JsonText.object(
                            "name", type.getSimpleName() + "." + number,
                            "options", ((Configuration) Inside.field(spec, "configuration")).toMap(),
                            "inputType", TypeText.of(((DataType) Inside.field(spec, "sourceRowType")).getLogicalType()),
                            "input", JsonText.value(Inside.field(spec, "sourceRows")),
                            "sql", ((String) sql).replace(name, "T"));
                    DataType expected = (DataType) Inside.field(item, "expectedRowType");
                    if (expected == null) {
                        line.put("error", String.valueOf(Inside.field(item, "expectedErrorMessage")));
                    } else {
                        line.put("expectedType", TypeText.of(expected.getLogicalType()));
                        line.put("expected", JsonText.value(Inside.field(item, "expectedRows")));
                    }
                    out.println(JsonText.write(line));
                }
            }
        }
    }
}
