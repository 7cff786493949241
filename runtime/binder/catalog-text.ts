import { quoteName, quoteText } from '../catalog/index.js';
import type { Expr, IntervalQualifier, TypeName } from '../parser/ast.js';
import { typeToString } from '../types/index.js';
import { bindType } from './types.js';

/**
 * An expression as Flink writes it into its catalog: names quoted, keywords in upper case, parentheses only where needed. Expressions whose
 * form has no such text (subqueries and the like) give null, and the text as written is kept.
 */
export function catalogText(expr: Expr): string | null {
  try {
    return text(expr, 0);
  } catch (error) {
    if (error === NO_TEXT) return null;
    throw error;
  }
}

const NO_TEXT = new Error('no text');

const LEVELS: Readonly<Record<string, number>> = {
  OR: 1,
  AND: 2,
  '=': 4,
  '<>': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  'IS DISTINCT FROM': 4,
  'IS NOT DISTINCT FROM': 4,
  '+': 5,
  '-': 5,
  '||': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

function wrap(inner: string, level: number, outer: number): string {
  return level < outer ? `(${inner})` : inner;
}

function text(e: Expr, outer: number): string {
  switch (e.kind) {
    case 'Identifier':
      return e.parts.map((p) => quoteName(p.name)).join('.');
    case 'NumberLiteral':
      return e.text;
    case 'StringLiteral':
      if (e.charset !== null) throw NO_TEXT;
      return quoteText(e.value);
    case 'BinaryLiteral':
      return `X'${e.hex}'`;
    case 'BooleanLiteral':
      return e.value === null ? 'UNKNOWN' : e.value ? 'TRUE' : 'FALSE';
    case 'NullLiteral':
      return 'NULL';
    case 'DateTimeLiteral':
      return `${e.type} ${quoteText(e.text)}`;
    case 'IntervalLiteral':
      return `INTERVAL ${e.negative ? '-' : ''}${quoteText(e.text)} ${qualifier(e.qualifier)}`;
    case 'Unary':
      return e.op === 'NOT' ? wrap(`NOT ${text(e.operand, 3)}`, 3, outer) : `${e.op} ${text(e.operand, 7)}`;
    case 'Binary': {
      const level = LEVELS[e.op];
      if (level === undefined) throw NO_TEXT;
      return wrap(`${text(e.left, level)} ${e.op} ${text(e.right, level + 1)}`, level, outer);
    }
    case 'Between':
      return wrap(
        `${text(e.operand, 5)} ${e.negated ? 'NOT ' : ''}BETWEEN ${e.symmetric ? 'SYMMETRIC' : 'ASYMMETRIC'} ${text(e.low, 5)} AND ${text(e.high, 5)}`,
        4,
        outer,
      );
    case 'InList':
      return wrap(
        `${text(e.operand, 5)} ${e.negated ? 'NOT ' : ''}IN (${e.values.map((v) => text(v, 0)).join(', ')})`,
        4,
        outer,
      );
    case 'Like':
      return wrap(
        `${text(e.operand, 5)} ${e.negated ? 'NOT ' : ''}${e.variant} ${text(e.pattern, 5)}${e.escape ? ` ESCAPE ${text(e.escape, 5)}` : ''}`,
        4,
        outer,
      );
    case 'Is':
      return wrap(`${text(e.operand, 5)} IS ${e.negated ? 'NOT ' : ''}${e.test}`, 4, outer);
    case 'Case': {
      const whens = e.branches.map(
        (b) => `WHEN ${b.conditions.map((c) => text(c, 0)).join(', ')} THEN ${text(b.result, 0)}`,
      );
      const operand = e.operand ? ` ${text(e.operand, 0)}` : '';
      return `CASE${operand} ${whens.join(' ')}${e.otherwise ? ` ELSE ${text(e.otherwise, 0)}` : ' ELSE NULL'} END`;
    }
    case 'Cast':
      return `${e.safe ? 'TRY_CAST' : 'CAST'}(${text(e.operand, 0)} AS ${typeText(e.type)})`;
    case 'TimeUnitArgument':
      return e.unit;
    case 'FunctionCall': {
      if (
        e.over ||
        e.filter ||
        e.withinGroup ||
        e.withinDistinct ||
        e.orderBy.length > 0 ||
        e.jsonOnNull ||
        e.nullTreatment
      )
        throw NO_TEXT;
      const last = e.name.parts[e.name.parts.length - 1];
      const name =
        e.name.parts.length > 1 || last.quoted
          ? e.name.parts.map((p) => quoteName(p.name)).join('.')
          : last.name.toUpperCase();
      if (e.niladic) return name;
      const args = e.star ? '*' : e.args.map((a) => text(a, 0)).join(', ');
      if (name === 'EXTRACT' && e.args.length === 2) return `EXTRACT(${text(e.args[0], 0)} FROM ${text(e.args[1], 0)})`;
      if ((name === 'FLOOR' || name === 'CEIL') && e.args.length === 2)
        return `${name}(${text(e.args[0], 0)} TO ${text(e.args[1], 0)})`;
      return `${name}(${e.quantifier === 'DISTINCT' ? 'DISTINCT ' : ''}${args})`;
    }
    case 'Trim':
      return `TRIM(${e.side} ${e.characters ? text(e.characters, 0) : "' '"} FROM ${text(e.operand, 0)})`;
    case 'Row':
      return `ROW(${e.fields.map((f) => text(f, 0)).join(', ')})`;
    case 'ArrayConstructor':
      return `ARRAY[${e.elements.map((f) => text(f, 0)).join(', ')}]`;
    case 'MapConstructor':
      return `MAP[${e.entries.map((x) => `${text(x.key, 0)}, ${text(x.value, 0)}`).join(', ')}]`;
    case 'FieldAccess':
      return `(${text(e.operand, 0)}).${quoteName(e.field.name)}`;
    case 'ElementAccess':
      return `${text(e.operand, 8)}[${text(e.index, 0)}]`;
    default:
      throw NO_TEXT;
  }
}

function qualifier(q: IntervalQualifier): string {
  const precision = q.precision === null ? '' : `(${q.precision})`;
  return `${q.from}${precision}${q.to ? ` TO ${q.to}` : ''}`;
}

function typeText(type: TypeName): string {
  return typeToString({ ...bindType(type), nullable: true });
}
