import type { ColumnKind } from '../values/row-source.js';

export interface ColumnNeed {
  readonly kind: ColumnKind;
  /** Px that the header needs. */
  readonly header: number;
  /** Px that the widest text among the rows here needs. */
  readonly body: number;
}

const WIDEST = 360;
const NARROWEST: Readonly<Record<ColumnKind, number>> = {
  op: 48,
  number: 96,
  time: 176,
  boolean: 80,
  text: 110,
  nested: 180,
};

/** Widths that fill the table: each column as wide as its texts ask, what is left is shared out in proportion. */
export function columnWidths(needs: readonly ColumnNeed[], available: number): number[] {
  const natural = needs.map(({ kind, header, body }) =>
    Math.ceil(Math.min(WIDEST, Math.max(NARROWEST[kind], header, body))),
  );
  const stretchable = natural.reduce((sum, width, c) => sum + (needs[c].kind === 'op' ? 0 : width), 0);
  const left = available - natural.reduce((sum, width) => sum + width, 0);
  if (left <= 0 || stretchable === 0) return natural;
  const widths = natural.map((width, c) =>
    needs[c].kind === 'op' ? width : width + Math.floor((left * width) / stretchable),
  );
  widths[widths.length - 1] += available - widths.reduce((sum, width) => sum + width, 0);
  return widths;
}
