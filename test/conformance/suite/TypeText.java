package suite;

import org.apache.flink.table.types.logical.LogicalType;

/** Types as SQL text. What has no SQL form (legacy and raw types, which only Java programs can make) is just RAW. */
final class TypeText {
    private TypeText() {}

    static String of(LogicalType type) {
        String text;
        try {
            text = type.asSerializableString();
        } catch (RuntimeException withoutSqlForm) {
            text = type.asSummaryString();
        }
        return text.contains("LEGACY(") || text.contains("RAW(") ? "RAW" : text;
    }
}
