package suite;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.types.AbstractDataType;
import org.apache.flink.types.Row;

/** The specifications of built-in functions: those items of them that are SQL text. One line per item. */
final class Functions {
    private final TableEnvironment environment = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    private final DataTypeFactory factory = ((TableEnvironmentImpl) environment).getCatalogManager().getDataTypeFactory();

    void write(String jar, PrintWriter out) throws Exception {
        Class<?> base = Class.forName("org.apache.flink.table.planner.functions.BuiltInFunctionTestBase");
        for (Class<?> type : Inside.subclasses(jar, "org/apache/flink/table/planner/functions/", base)) {
            Object instance = Inside.create(type);
            Map<String, String> options = ((Configuration) Inside.call(instance, "getConfiguration")).toMap();
            int number = 0;
            for (Object spec : ((Stream<?>) Inside.call(instance, "getTestSetSpecs")).collect(Collectors.toList())) {
                for (Object item : (List<?>) Inside.field(spec, "testItems")) {
                    number++;
                    if (!item.getClass().getSimpleName().startsWith("Sql")) continue;
                    Map<String, Object> line = JsonText.object("name", type.getSimpleName() + "." + number, "options", options);
                    describe(spec, item, line);
                    out.println(JsonText.write(line));
                }
            }
        }
    }

    private void describe(Object spec, Object item, Map<String, Object> line) throws Exception {
        line.put("udfs", ((List<?>) Inside.field(spec, "functions")).stream().map(c -> ((Class<?>) c).getName()).collect(Collectors.toList()));
        Object[] data = (Object[]) Inside.field(spec, "fieldData");
        AbstractDataType<?>[] declared = (AbstractDataType<?>[]) Inside.field(spec, "fieldDataTypes");
        if (data != null) {
            line.put("data", JsonText.value(data));
            line.put("types", declared == null ? derived(data) : texts(Arrays.asList(declared)));
        }
        line.put("expression", Inside.field(item, "expression"));
        List<?> results = (List<?>) Inside.field(item, "results");
        if (results == null) {
            line.put("error", (boolean) Inside.field(item, "expectedDuringValidation") ? "validation" : "runtime");
            line.put("message", String.valueOf(Inside.field(item, "errorMessage")));
        } else {
            line.put("results", JsonText.value(results));
            line.put("resultTypes", texts((List<?>) Inside.field(item, "dataTypes")));
        }
    }

    private List<String> derived(Object[] data) {
        return environment.fromValues(Row.of(data)).getResolvedSchema().getColumnDataTypes().stream()
                .map(type -> TypeText.of(type.getLogicalType()))
                .collect(Collectors.toList());
    }

    private List<String> texts(List<?> types) {
        List<String> texts = new ArrayList<>();
        for (Object type : types) {
            texts.add(TypeText.of(factory.createDataType((AbstractDataType<?>) type).getLogicalType()));
        }
        return texts;
    }
}
