package suite;

import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.planner.delegation.PlannerBase;
import org.apache.flink.table.planner.parse.CalciteParser;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Every SQL text of Flink's planner tests, with the verdict of Flink's own parser. */
final class PlannerCorpus {
    private final CalciteParser parser;

    PlannerCorpus() {
        TableEnvironmentImpl environment = (TableEnvironmentImpl) TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        parser = ((PlannerBase) environment.getPlanner()).plannerContext().createCalciteParser();
    }

    void write(String jar, PrintWriter out) throws Exception {
        DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        Set<String> seen = new LinkedHashSet<>();
        try (JarFile file = new JarFile(jar)) {
            for (JarEntry entry : Collections.list(file.entries())) {
                String path = entry.getName();
                if (!path.startsWith("org/apache/flink/table/planner/plan/") || !path.endsWith(".xml")) continue;
                try (InputStream stream = file.getInputStream(entry)) {
                    String name = path.substring(path.lastIndexOf("/plan/") + 6, path.length() - 4);
                    write(name, builder.parse(stream), seen, out);
                }
            }
        }
    }

    private void write(String file, Document document, Set<String> seen, PrintWriter out) {
        NodeList resources = document.getElementsByTagName("Resource");
        for (int i = 0; i < resources.getLength(); i++) {
            Element resource = (Element) resources.item(i);
            if (!resource.getAttribute("name").equals("sql")) continue;
            String sql = resource.getTextContent().trim();
            if (sql.isEmpty() || !seen.add(sql)) continue;
            String test = ((Element) resource.getParentNode()).getAttribute("name");
            String error = null;
            try {
                parser.parseSqlList(sql);
            } catch (RuntimeException refused) {
                error = String.valueOf(refused.getMessage());
            }
            out.println(JsonText.write(JsonText.object("name", file + "." + test, "sql", sql, "parses", error == null, "message", error)));
        }
    }
}
