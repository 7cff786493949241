package suite;

import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.calcite.rex.RexNode;
import org.apache.flink.table.api.TableConfig;
import org.apache.flink.table.planner.calcite.FlinkTypeFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;

/**
 * The expressions of Flink's expression tests, over one fixed row each. Running a test method only collects (text, plan, expected text);
 * of those we keep the ones that are SQL: those which Flink's own parser turns into the plan that was collected.
 */
final class Scalars {
    private final Class<?> base;

    Scalars() throws Exception {
        base = Class.forName("org.apache.flink.table.planner.expressions.utils.ExpressionTestBase");
    }

    void write(String jar, PrintWriter out) throws Exception {
        for (Class<?> type : Inside.subclasses(jar, "org/apache/flink/table/planner/expressions/", base)) {
            int number = 0;
            for (Method method : type.getMethods()) {
                if (method.getAnnotation(Test.class) == null) continue;
                Object instance;
                try {
                    instance = Inside.create(type);
                    base.getMethod("prepare").invoke(instance);
                } catch (ReflectiveOperationException broken) {
                    System.err.println("left out " + type.getSimpleName() + ": " + broken);
                    break;
                }
                try {
                    method.invoke(instance);
                } catch (ReflectiveOperationException broken) {
                    System.err.println("ended early: " + type.getSimpleName() + "." + method.getName() + ": " + broken.getCause());
                }
                for (Map<String, Object> line : collected(instance)) {
                    Map<String, Object> named = JsonText.object("name", type.getSimpleName() + "." + method.getName() + "." + ++number);
                    named.putAll(line);
                    out.println(JsonText.write(named));
                }
            }
        }
    }

    private List<Map<String, Object>> collected(Object instance) throws Exception {
        List<Map<String, Object>> lines = new ArrayList<>();
        Map<String, Object> context = context(instance);
        for (Object item : items(instance, "validExprs")) {
            scala.Tuple3<?, ?, ?> tuple = (scala.Tuple3<?, ?, ?>) item;
            RexNode plan = (RexNode) tuple._2();
            if (!isSql(instance, String.valueOf(tuple._1()), String.valueOf(tuple._3()), plan)) continue;
            Map<String, Object> line = new LinkedHashMap<>(context);
            line.put("expression", tuple._1());
            line.put("expected", tuple._3());
            line.put("type", TypeText.of(FlinkTypeFactory.toLogicalType(plan.getType())));
            lines.add(line);
        }
        for (Object item : items(instance, "invalidSqlExprs")) {
            scala.Tuple3<?, ?, ?> tuple = (scala.Tuple3<?, ?, ?>) item;
            Map<String, Object> line = new LinkedHashMap<>(context);
            line.put("expression", tuple._1());
            line.put("error", String.valueOf(tuple._2()));
            line.put("errorClass", ((Class<?>) tuple._3()).getSimpleName());
            lines.add(line);
        }
        return lines;
    }

    private Map<String, Object> context(Object instance) throws Exception {
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("options", ((TableConfig) base.getMethod("tableConfig").invoke(instance)).getConfiguration().toMap());
        DataType row = (DataType) Inside.field(instance, "resolvedDataType");
        if (row != null && row.getLogicalType() instanceof RowType) {
            RowType type = (RowType) row.getLogicalType();
            context.put("names", type.getFieldNames());
            context.put("types", type.getChildren().stream().map(TypeText::of).collect(Collectors.toList()));
            context.put("data", JsonText.value(base.getMethod("testData").invoke(instance)));
        }
        scala.collection.Map<?, ?> functions = (scala.collection.Map<?, ?>) base.getMethod("functions").invoke(instance);
        Map<?, ?> system = (Map<?, ?>) base.getMethod("testSystemFunctions").invoke(instance);
        List<String> udfs = new ArrayList<>();
        scala.collection.JavaConverters.mapAsJavaMap(functions).keySet().forEach(name -> udfs.add(String.valueOf(name)));
        system.keySet().forEach(name -> udfs.add(String.valueOf(name)));
        context.put("udfs", udfs);
        return context;
    }

    private static List<Object> items(Object instance, String buffer) throws Exception {
        List<Object> items = new ArrayList<>();
        scala.collection.JavaConverters.asJavaIterator(((scala.collection.Iterable<?>) Inside.field(instance, buffer)).iterator())
                .forEachRemaining(items::add);
        return items;
    }

    private static boolean isSql(Object instance, String text, String expected, RexNode plan) {
        try {
            scala.collection.mutable.ArrayBuffer<Object> again = new scala.collection.mutable.ArrayBuffer<>();
            Inside.call(instance, "addSqlTestExpr", text, expected, again, null);
            return String.valueOf(((scala.Tuple3<?, ?, ?>) again.apply(0))._2()).equals(plan.toString());
        } catch (Exception notSql) {
            return false;
        }
    }
}
