package suite;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** Looks inside Flink's test classes, which publish nothing of what they hold. */
final class Inside {
    private Inside() {}

    /** Concrete classes below a package of a jar that extend `base`, in order of their names; those that do not load are left out. */
    static List<Class<?>> subclasses(String jar, String packagePath, Class<?> base) throws Exception {
        List<Class<?>> found = new ArrayList<>();
        for (Class<?> type : classes(jar, packagePath)) {
            if (base.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) found.add(type);
        }
        return found;
    }

    static List<Class<?>> classes(String jar, String packagePath) throws Exception {
        List<String> names = new ArrayList<>();
        try (JarFile file = new JarFile(jar)) {
            for (JarEntry entry : Collections.list(file.entries())) {
                String name = entry.getName();
                if (name.startsWith(packagePath) && name.endsWith(".class") && !name.contains("$")) {
                    names.add(name.substring(0, name.length() - ".class".length()).replace('/', '.'));
                }
            }
        }
        Collections.sort(names);
        List<Class<?>> loaded = new ArrayList<>();
        for (String name : names) {
            try {
                loaded.add(Class.forName(name, false, Inside.class.getClassLoader()));
            } catch (Throwable missing) {
                System.err.println("left out " + name + ": " + missing);
            }
        }
        return loaded;
    }

    static Object create(Class<?> type) throws Exception {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
    }

    /** A field of the object's class or of one above it; null when there is none of that name. */
    static Object field(Object holder, String name) throws Exception {
        for (Class<?> type = holder.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    return field.get(holder);
                }
            }
        }
        return null;
    }

    static Object call(Object target, String name, Object... arguments) throws Exception {
        for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == arguments.length && !method.isBridge()) {
                    method.setAccessible(true);
                    return method.invoke(target, arguments);
                }
            }
        }
        throw new NoSuchMethodException(target.getClass() + "." + name);
    }
}
