// The six dashboards are what Grafana's own types say: boards, variables, queries, and the options of each kind of
// panel (@grafana/schema, made from Grafana's sources). The packages go into BUILD; nothing of them is shipped.
//
//   node schema_test.mjs SOURCES WEB_MODULES BUILD      exit 77: the types cannot be had here
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [sources, webModules, build] = process.argv.slice(2);
const lock = readFileSync(join(sources, 'tests/grafana/package-lock.json'), 'utf8'), have = join(build, 'fetched.json');
mkdirSync(build, { recursive: true });
if (!existsSync(have) || readFileSync(have, 'utf8') !== lock) {
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(sources, 'tests/grafana', file), join(build, file));
  const fetched = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: build, encoding: 'utf8', timeout: 60_000 });
  if (fetched.status !== 0) {
    console.log(`skipped: npm does not get @grafana/schema: ${fetched.error ?? fetched.stderr}`);
    process.exit(77);
  }
  writeFileSync(have, lock);
}

const kinds = { timeseries: 'TimeSeries', stat: 'Stat', heatmap: 'Heatmap', 'state-timeline': 'StateTimeline', table: 'Table' };
const raw = '@grafana/schema/dist/esm/raw/composable';
let text = `import type { AnnotationQuery, Dashboard, VariableModel } from '@grafana/schema';
import type { PrometheusDataQuery } from '${raw}/prometheus/dataquery/x/PrometheusDataQuery_types.gen';
${Object.values(kinds).map((k) => `import type * as ${k} from '${raw}/${k.toLowerCase()}/panelcfg/x/${k}PanelCfg_types.gen';\n`).join('')}
/** In JSON a member of an enum is its value. */
type Json<T> = T extends string ? \`\${T}\` | T
  : T extends number ? T | (\`\${T}\` extends \`\${infer N extends number}\` ? N : never)
  : T extends (infer U)[] ? Json<U>[] : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
/** What is left out has Grafana's default. */
type Some<T> = T extends (infer U)[] ? Some<U>[] : T extends object ? { [K in keyof T]?: Some<T[K]> } : T;
/** The schema leaves out what only variables of intervals and of queries have, and what Prometheus puts into annotations. */
type Variable = Json<VariableModel> & { definition?: string; auto?: boolean; auto_count?: number; auto_min?: string };
type Annotation = Json<AnnotationQuery> & { expr: string; step: string; titleFormat: string; textFormat: string; tagKeys: string;
  useValueForTime: boolean };
type Board = Json<Omit<Dashboard, 'templating' | 'annotations'>>
  & { templating: { list: Variable[] }; annotations: { list: Annotation[] } };
`;
const folder = join(sources, 'dashboards/grafana/dashboards');
let count = 0, failed = 0;
const held = (type, value) => { text += `const v${++count}: ${type} = ${JSON.stringify(value, null, 1)};\n`; };
for (const file of readdirSync(folder)) {
  const board = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  text += `// ---- ${file}\n`;
  held('Board', board);
  for (const panel of board.panels.filter((p) => p.type !== 'row')) {
    const kind = kinds[panel.type];
    if (!kind) { console.log(`FAILED: ${file}: no types for a panel ${panel.type}`); ++failed; continue; }
    text += `// ${panel.title}\n`;
    held(`Some<Json<${kind}.Options>>`, panel.options);
    if (panel.fieldConfig.defaults.custom) held(`Some<Json<${kind}.FieldConfig>>`, panel.fieldConfig.defaults.custom);
    for (const target of panel.targets) held('Json<PrometheusDataQuery>', target);
  }
}
// The types do refuse: each of these must be an error.
for (const [type, value] of [['Some<Json<TimeSeries.Options>>', { legend: { placement: 'below' } }], ['Some<Json<Stat.Options>>', { colour: 'value' }],
  ['Json<PrometheusDataQuery>', { refId: 'A', expr: 1 }], ['Board', { panels: [] }]])
  text += `// @ts-expect-error\nconst v${++count}: ${type} = ${JSON.stringify(value)};\n`;

writeFileSync(join(build, 'boards.ts'), text);
const done = spawnSync(process.execPath, [join(webModules, 'typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck',
  '--moduleResolution', 'node', '--module', 'esnext', '--target', 'es2022', 'boards.ts'], { cwd: build, encoding: 'utf8' });
if (done.status !== 0) { ++failed; console.log(`FAILED: not what Grafana's types say (lines of ${join(build, 'boards.ts')}):\n${done.stdout}${done.stderr}`); }
console.log(`${count} values, ${failed} failed`);
process.exit(failed === 0 && count > 150 ? 0 : 1);
