import { LabIcon } from '@jupyterlab/ui-components';

function icon(kind: string, paths: string): LabIcon {
  const stroke = 'fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"';
  return new LabIcon({
    name: `streamcell:${kind}`,
    svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="sc-Kind sc-mod-${kind}" ${stroke}>${paths}</g></svg>`,
  });
}

const TABLE = icon('table', '<rect x="2" y="3" width="12" height="10" rx="1"/><path d="M2 6.5h12M6.5 6.5V13"/>');
const VIEW = icon(
  'view',
  '<path d="M1.5 8s2.4-4 6.5-4 6.5 4 6.5 4-2.4 4-6.5 4-6.5-4-6.5-4z"/><circle cx="8" cy="8" r="1.7"/>',
);
const COLUMN = icon('column', '<rect x="5.5" y="2.5" width="5" height="11" rx="1"/><path d="M5.5 6h5"/>');
const FUNCTION = icon('function', '<path d="M10.5 3.2c-2-.6-2.6.6-2.9 2.3L6.5 11c-.3 1.6-1 2.4-2.6 1.9M5.2 6.8h5"/>');
const KEYWORD = icon('keyword', '<path d="M3 5h10M3 8h6M3 11h8"/>');
const TYPE = icon('type', '<path d="M3.5 4h9M8 4v8.5"/>');
const OPTION = icon(
  'option',
  '<path d="M3 5h4M11 5h2M3 11h2M9 11h4"/><circle cx="9" cy="5" r="1.6"/><circle cx="7" cy="11" r="1.6"/>',
);
const CATALOG = icon(
  'catalog',
  '<ellipse cx="8" cy="4" rx="5" ry="1.8"/><path d="M3 4v8c0 1 2.2 1.8 5 1.8s5-.8 5-1.8V4M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8"/>',
);

/** By the kind that the kernel gives with a completion. */
export const KIND_ICONS: Readonly<Record<string, LabIcon | undefined>> = {
  table: TABLE,
  view: VIEW,
  column: COLUMN,
  function: FUNCTION,
  keyword: KEYWORD,
  type: TYPE,
  option: OPTION,
  catalog: CATALOG,
  database: CATALOG,
};
