// The import arrows of the design (README, "The house"): imports go one way, and never in a circle.
const allowed = {
  types: [],
  parser: ['types'],
  catalog: ['types'],
  expressions: ['types'],
  binder: ['types', 'parser', 'catalog', 'expressions'],
  planner: ['types', 'binder', 'catalog', 'expressions'],
  state: ['types'],
  operators: ['types', 'expressions', 'state'],
  formats: ['types'],
  connectors: ['types', 'formats'],
  dataflow: ['types', 'planner', 'operators', 'connectors', 'formats', 'state', 'expressions'],
  protocol: ['types'],
  session: ['types', 'parser', 'catalog', 'binder', 'planner', 'dataflow', 'protocol', 'expressions'],
  pipeline: ['types', 'planner', 'session'],
  flink: ['types', 'session', 'protocol'],
  gateway: ['types', 'session', 'protocol', 'flink'],
  cli: ['types', 'session', 'gateway', 'protocol'],
};
// Packages above the runtime, and the runtime folders that each may import.
const above = { kernel: ['types', 'session', 'protocol', 'pipeline'], 'extension/lab': ['types', 'protocol'] };
const arrows = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  comment: `${folder} may import only: ${[folder, ...targets].join(', ')}`,
  from: { path: `^runtime/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^runtime/', pathNot: `^runtime/(${[folder, ...targets].join('|')})/` },
}));
const packages = Object.entries(above).map(([folder, targets]) => ({
  name: `${folder.replace('/', '-')}-imports`,
  severity: 'error',
  comment: `${folder} may import of the runtime only: ${targets.join(', ')}`,
  from: { path: `^${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^runtime/', pathNot: `^runtime/(dist/)?(${targets.join('|')})/` },
}));
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'browser-safe',
      severity: 'error',
      comment: 'types and protocol run in the browser too',
      from: { path: '^runtime/(types|protocol)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    ...arrows,
    ...packages,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(dist|\\.cache|formats/wasm)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
