import { PROTOCOL_VERSION, type JsonObject } from '../wire/codec.js';

export type DefaultLanguage = 'typescript' | 'sql';

const LANGUAGES: Readonly<Record<DefaultLanguage, JsonObject>> = {
  typescript: {
    name: 'typescript',
    version: '5.9',
    mimetype: 'text/typescript',
    file_extension: '.ts',
    pygments_lexer: 'typescript',
    codemirror_mode: { name: 'javascript', typescript: true },
    nbconvert_exporter: 'script',
  },
  sql: {
    name: 'flinksql',
    version: '2.3',
    mimetype: 'text/x-flinksql',
    file_extension: '.sql',
    pygments_lexer: 'sql',
    codemirror_mode: 'sql',
    nbconvert_exporter: 'script',
  },
};

export function kernelInfo(language: DefaultLanguage, version: string): JsonObject {
  return {
    protocol_version: PROTOCOL_VERSION,
    implementation: 'streamcell',
    implementation_version: version,
    language_info: LANGUAGES[language],
    banner: `Streamcell ${version}: streaming SQL and TypeScript. %lsmagic lists the commands.`,
    help_links: [
      {
        text: 'Flink SQL',
        url: 'https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/dev/table/sql/overview/',
      },
      { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
    ],
    debugger: false,
    supported_features: ['kernel subshells'],
  };
}
