package suite;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.apache.flink.types.Row;

/**
 * Java values as JSON. Numbers keep their text; times are their ISO text; what JSON has no form for is an object with one telling key:
 * {"bytes": hex}, {"map": [[key, value]]}, {"kind", "row": []}, {"kind", "named": {}}, and {"java": class, "text"} for any other class.
 */
final class JsonText {
    private JsonText() {}

    static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    /** Plain structure of maps and lists whose leaves are strings, booleans, integers, or text made by {@link #value}. */
    static String write(Object structure) {
        if (structure instanceof Raw) return ((Raw) structure).text;
        if (structure == null || structure instanceof Boolean || structure instanceof Integer) return String.valueOf(structure);
        if (structure instanceof Map) {
            StringJoiner fields = new StringJoiner(",", "{", "}");
            ((Map<?, ?>) structure).forEach((name, field) -> fields.add(quote(String.valueOf(name)) + ":" + write(field)));
            return fields.toString();
        }
        if (structure instanceof Collection) {
            StringJoiner items = new StringJoiner(",", "[", "]");
            ((Collection<?>) structure).forEach(item -> items.add(write(item)));
            return items.toString();
        }
        return quote(String.valueOf(structure));
    }

    static final class Raw {
        private final String text;

        private Raw(String text) {
            this.text = text;
        }
    }

    static Raw value(Object value) {
        return new Raw(valueText(value));
    }

    private static String valueText(Object value) {
        if (value == null || value instanceof Boolean) return String.valueOf(value);
        if (value instanceof Double || value instanceof Float) {
            String text = value.toString();
            return text.matches("-?\\d.*") ? text : quote(text);
        }
        if (value instanceof BigDecimal) return ((BigDecimal) value).toPlainString();
        if (value instanceof Number) return value.toString();
        if (value instanceof CharSequence || value instanceof java.time.temporal.Temporal || value instanceof java.time.temporal.TemporalAmount) {
            return quote(value.toString());
        }
        if (value instanceof byte[]) {
            StringBuilder hex = new StringBuilder();
            for (byte b : (byte[]) value) hex.append(String.format("%02x", b));
            return "{\"bytes\":" + quote(hex.toString()) + "}";
        }
        if (value instanceof Row) return row((Row) value);
        if (value instanceof Map) {
            StringJoiner entries = new StringJoiner(",", "{\"map\":[", "]}");
            ((Map<?, ?>) value).forEach((k, v) -> entries.add("[" + valueText(k) + "," + valueText(v) + "]"));
            return entries.toString();
        }
        if (value instanceof Collection || value.getClass().isArray()) {
            Object items = value instanceof Collection ? ((Collection<?>) value).toArray() : value;
            StringJoiner joined = new StringJoiner(",", "[", "]");
            for (int i = 0; i < Array.getLength(items); i++) joined.add(valueText(Array.get(items, i)));
            return joined.toString();
        }
        return "{\"java\":" + quote(value.getClass().getName()) + ",\"text\":" + quote(value.toString()) + "}";
    }

    private static String row(Row row) {
        String kind = "{\"kind\":" + quote(row.getKind().shortString());
        Set<String> names = row.getFieldNames(false);
        if (names != null) {
            StringJoiner fields = new StringJoiner(",", ",\"named\":{", "}}");
            for (String name : names) fields.add(quote(name) + ":" + valueText(row.getField(name)));
            return kind + fields;
        }
        StringJoiner fields = new StringJoiner(",", ",\"row\":[", "]}");
        for (int i = 0; i < row.getArity(); i++) fields.add(valueText(row.getField(i)));
        return kind + fields;
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
