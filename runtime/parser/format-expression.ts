import type {
  BinaryOp,
  Expr,
  FrameBound,
  FunctionCall,
  Identifier,
  IdentifierPart,
  IntervalQualifier,
  JsonBehavior,
  OrderItem,
  Query,
  RowTypeField,
  StringLiteral,
  TypeName,
  WindowSpec,
} from './ast.js';
import { binaryOperators, precedence } from './precedence.js';

const dateTimePrefixes = {
  DATE: 'DATE',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  TIMESTAMP_LTZ: 'TIMESTAMP WITH LOCAL TIME ZONE',
} as const;

/** Binds like a name or a call: never needs parentheses. */
const atom = 200;

function binaryPrecedence(op: BinaryOp): number {
  const symbol = binaryOperators[op];
  if (symbol) return symbol.precedence;
  if (op.startsWith('MULTISET INTERSECT')) return precedence.multisetIntersect;
  return op.startsWith('MULTISET') ? precedence.multisetUnion : precedence.comparison;
}

function precedenceOf(expr: Expr): number {
  switch (expr.kind) {
    case 'Binary':
      return binaryPrecedence(expr.op);
    case 'Unary':
      return expr.op === 'NOT' ? precedence.not : precedence.sign;
    case 'Is':
      return precedence.is;
    case 'Quantified':
    case 'InList':
    case 'InSubquery':
    case 'Between':
    case 'Like':
      return precedence.range;
    default:
      return atom;
  }
}

/**
 * Expressions and types as text. Parentheses are written only where precedence asks for them, since the tree keeps none.
 * State: how far lines are indented now.
 */
export abstract class ExpressionPrinter {
  protected indent = 0;

  protected abstract query(query: Query): string;

  protected line(): string {
    return '\n' + '  '.repeat(this.indent);
  }

  /** A query in parentheses, on lines of its own. */
  protected subquery(query: Query): string {
    this.indent++;
    const text = `(${this.line()}${this.query(query)}`;
    this.indent--;
    return `${text}${this.line()})`;
  }

  // ---- names and literals -----------------------------------------------------------------------------------------

  protected part(part: IdentifierPart): string {
    return part.quoted ? `\`${part.name.replaceAll('`', '``')}\`` : part.name;
  }

  protected path(name: Identifier): string {
    return name.parts.map((part) => this.part(part)).join('.');
  }

  protected names(parts: IdentifierPart[]): string {
    return `(${parts.map((part) => this.part(part)).join(', ')})`;
  }

  protected text(value: string): string {
    return `'${value.replaceAll("'", "''")}'`;
  }

  protected string(literal: StringLiteral): string {
    const { value, charset } = literal;
    if (charset === null) return this.text(value);
    if (charset === 'UTF16') return `U&${this.text(value.replaceAll('\\', '\\\\'))}`;
    return charset === 'NATIONAL' ? `N${this.text(value)}` : `_${charset}${this.text(value)}`;
  }

  protected qualifier(qualifier: IntervalQualifier): string {
    const { from, to, precision, fraction } = qualifier;
    const inFrom = [precision, to ? null : fraction].filter((n) => n !== null);
    const head = inFrom.length > 0 ? `${from}(${inFrom.join(', ')})` : from;
    if (!to) return head;
    return `${head} TO ${to}${fraction === null ? '' : `(${fraction})`}`;
  }

  // ---- expressions ------------------------------------------------------------------------------------------------

  /** The expression, in parentheses when it binds less tightly than `minimum`. */
  private operand(expr: Expr, minimum: number): string {
    const text = this.expr(expr);
    return precedenceOf(expr) < minimum ? `(${text})` : text;
  }

  protected list(exprs: Expr[]): string {
    return exprs.map((expr) => this.expr(expr)).join(', ');
  }

  protected expr(expr: Expr): string {
    switch (expr.kind) {
      case 'Identifier':
        return this.path(expr);
      case 'Star':
        return [...expr.qualifier.map((part) => this.part(part)), '*'].join('.');
      case 'NumberLiteral':
        return expr.form === 'decimal' && !/^\d*\.\d*$/.test(expr.text) ? `DECIMAL ${this.text(expr.text)}` : expr.text;
      case 'StringLiteral':
        return this.string(expr);
      case 'BinaryLiteral':
        return `X'${expr.hex}'`;
      case 'BooleanLiteral':
        return expr.value === null ? 'UNKNOWN' : expr.value ? 'TRUE' : 'FALSE';
      case 'NullLiteral':
        return 'NULL';
      case 'DateTimeLiteral':
        return `${dateTimePrefixes[expr.type]} ${this.text(expr.text)}`;
      case 'IntervalLiteral':
        return `INTERVAL ${expr.negative ? '-' : ''}${this.text(expr.text)} ${this.qualifier(expr.qualifier)}`;
      case 'IntervalExpression': {
        const bare = expr.amount.kind === 'NumberLiteral' || expr.amount.kind === 'Identifier';
        const amount = bare ? this.expr(expr.amount) : `(${this.expr(expr.amount)})`;
        return `INTERVAL ${expr.negative ? '-' : ''}${amount} ${this.qualifier(expr.qualifier)}`;
      }
      case 'DynamicParameter':
        return '?';
      case 'DefaultArgument':
        return 'DEFAULT';
      case 'TimeUnitArgument':
        return expr.unit;
      case 'Unary': {
        const operand = this.operand(expr.operand, precedenceOf(expr));
        if (expr.op === 'NOT') return `NOT ${operand}`;
        // Two signs in a row would start a comment.
        return operand.startsWith(expr.op) ? `${expr.op} ${operand}` : expr.op + operand;
      }
      case 'Binary': {
        const own = binaryPrecedence(expr.op);
        return `${this.operand(expr.left, own)} ${expr.op} ${this.operand(expr.right, own + 1)}`;
      }
      case 'Case':
        return this.caseText(expr);
      case 'Cast':
        return `${expr.safe ? 'TRY_CAST' : 'CAST'}(${this.expr(expr.operand)} AS ${this.type(expr.type)})`;
      case 'Row':
        return expr.explicit ? `ROW(${this.list(expr.fields)})` : `(${this.list(expr.fields)})`;
      case 'ArrayConstructor':
        return `ARRAY[${this.list(expr.elements)}]`;
      case 'MultisetConstructor':
        return `MULTISET[${this.list(expr.elements)}]`;
      case 'MapConstructor':
        return `MAP[${this.list(expr.entries.flatMap((entry) => [entry.key, entry.value]))}]`;
      case 'QueryConstructor':
        return `${expr.collection}${this.subquery(expr.query)}`;
      case 'FieldAccess': {
        const operand = this.operand(expr.operand, precedence.access);
        // A name would go on as a path, a number as its fraction.
        const bare = expr.operand.kind !== 'Identifier' && expr.operand.kind !== 'NumberLiteral';
        return `${bare ? operand : `(${operand})`}.${this.part(expr.field)}`;
      }
      case 'ElementAccess':
        return `${this.operand(expr.operand, precedence.access)}[${this.expr(expr.index)}]`;
      case 'ScalarSubquery':
        return this.subquery(expr.query);
      case 'FunctionCall':
        return this.call(expr);
      case 'Trim':
        return `TRIM(${expr.side} ${expr.characters ? `${this.expr(expr.characters)} ` : ''}FROM ${this.expr(expr.operand)})`;
      case 'NamedArgument':
        return `${this.part(expr.name)} => ${this.expr(expr.value)}`;
      case 'Descriptor':
        return `DESCRIPTOR${this.names(expr.columns)}`;
      case 'ModelArgument':
        return `MODEL ${this.path(expr.name)}`;
      case 'TableArgument':
        return this.tableArgument(expr);
      case 'JsonExists':
      case 'JsonValue':
      case 'JsonQuery':
      case 'JsonObject':
      case 'JsonArray':
        return this.json(expr);
      default:
        return this.predicate(expr);
    }
  }

  private predicate(
    expr: Extract<Expr, { kind: 'Is' | 'InList' | 'InSubquery' | 'Between' | 'Like' | 'Quantified' | 'Exists' }>,
  ): string {
    const not = 'negated' in expr && expr.negated ? 'NOT ' : '';
    switch (expr.kind) {
      case 'Exists':
        return `EXISTS ${this.subquery(expr.query)}`;
      case 'Is':
        return `${this.operand(expr.operand, precedence.is)} IS ${not}${expr.test}`;
      case 'InList':
        return `${this.operand(expr.operand, precedence.range)} ${not}IN (${this.list(expr.values)})`;
      case 'InSubquery':
        return `${this.operand(expr.operand, precedence.range)} ${not}IN ${this.subquery(expr.query)}`;
      case 'Quantified': {
        const right = Array.isArray(expr.right) ? `(${this.list(expr.right)})` : this.subquery(expr.right);
        return `${this.operand(expr.operand, precedence.range)} ${expr.op} ${expr.quantifier} ${right}`;
      }
      case 'Between': {
        const symmetric = expr.symmetric ? 'SYMMETRIC ' : '';
        const [low, high] = [expr.low, expr.high].map((end) => this.operand(end, precedence.range + 1));
        return `${this.operand(expr.operand, precedence.range)} ${not}BETWEEN ${symmetric}${low} AND ${high}`;
      }
      case 'Like': {
        const pattern = this.operand(expr.pattern, precedence.range + 1);
        const escape = expr.escape ? ` ESCAPE ${this.operand(expr.escape, precedence.range + 1)}` : '';
        return `${this.operand(expr.operand, precedence.range)} ${not}${expr.variant} ${pattern}${escape}`;
      }
    }
  }

  private caseText(expr: Extract<Expr, { kind: 'Case' }>): string {
    const operand = expr.operand ? ` ${this.expr(expr.operand)}` : '';
    const branches = expr.branches.map((b) => ` WHEN ${this.list(b.conditions)} THEN ${this.expr(b.result)}`).join('');
    const otherwise = expr.otherwise ? ` ELSE ${this.expr(expr.otherwise)}` : '';
    return `CASE${operand}${branches}${otherwise} END`;
  }

  private tableArgument(arg: Extract<Expr, { kind: 'TableArgument' }>): string {
    let text = arg.input.kind === 'Identifier' ? `TABLE ${this.path(arg.input)}` : this.subquery(arg.input);
    if (arg.partitionBy.length > 0) text += ` PARTITION BY (${this.list(arg.partitionBy)})`;
    if (arg.orderBy.length > 0) text += ` ORDER BY (${this.orderItems(arg.orderBy)})`;
    return text;
  }

  // ---- calls ------------------------------------------------------------------------------------------------------

  private call(call: FunctionCall): string {
    const name = this.path(call.name);
    if (call.niladic) return name;
    let text = `${call.semantics ? `${call.semantics} ` : ''}${name}(${this.callArguments(call)})`;
    if (call.withinDistinct) text += ` WITHIN DISTINCT (${this.list(call.withinDistinct)})`;
    if (call.withinGroup) text += ` WITHIN GROUP (ORDER BY ${this.orderItems(call.withinGroup)})`;
    if (call.filter) text += ` FILTER (WHERE ${this.expr(call.filter)})`;
    if (call.over)
      text += ` OVER ${call.over.kind === 'WindowReference' ? this.part(call.over.name) : this.window(call.over)}`;
    return text;
  }

  private callArguments(call: FunctionCall): string {
    if (call.star) return '*';
    const special = this.specialArguments(call);
    if (special !== null) return special;
    let text = call.quantifier ? `${call.quantifier} ` : '';
    text += this.list(call.args);
    // Inside the parentheses it means the same, and only there it may stand before ORDER BY.
    if (call.nullTreatment) text += ` ${call.nullTreatment} NULLS`;
    if (call.orderBy.length > 0) text += ` ORDER BY ${this.orderItems(call.orderBy)}`;
    if (call.jsonOnNull) text += ` ${call.jsonOnNull} ON NULL`;
    return text;
  }

  /** What stands between the parentheses of the calls with words of their own; null for all others. */
  private specialArguments(call: FunctionCall): string | null {
    const only = call.name.parts[0]!;
    if (call.name.parts.length > 1 || only.quoted) return null;
    const args = call.args.map((arg) => this.expr(arg));
    switch (only.name) {
      case 'EXTRACT':
        return `${args[0]} FROM ${args[1]}`;
      case 'POSITION':
        return `${args[0]} IN ${args[1]}${args[2] === undefined ? '' : ` FROM ${args[2]}`}`;
      case 'OVERLAY':
        return `${args[0]} PLACING ${args[1]} FROM ${args[2]}${args[3] === undefined ? '' : ` FOR ${args[3]}`}`;
      case 'FLOOR':
      case 'CEIL':
        return args.join(' TO ');
      case 'JSON_OBJECTAGG':
        return `KEY ${args[0]} VALUE ${args[1]}${call.jsonOnNull ? ` ${call.jsonOnNull} ON NULL` : ''}`;
      default:
        return null;
    }
  }

  protected orderItems(items: OrderItem[]): string {
    return items
      .map(
        ({ expr, descending, nulls }) =>
          `${this.expr(expr)}${descending ? ' DESC' : ''}${nulls ? ` NULLS ${nulls}` : ''}`,
      )
      .join(', ');
  }

  protected window(spec: WindowSpec): string {
    const clauses: string[] = [];
    if (spec.base) clauses.push(this.part(spec.base));
    if (spec.partitionBy.length > 0) clauses.push(`PARTITION BY ${this.list(spec.partitionBy)}`);
    if (spec.orderBy.length > 0) clauses.push(`ORDER BY ${this.orderItems(spec.orderBy)}`);
    if (spec.frame) {
      const { unit, start, end } = spec.frame;
      const bounds = end ? `BETWEEN ${this.frameBound(start)} AND ${this.frameBound(end)}` : this.frameBound(start);
      clauses.push(`${unit} ${bounds}`);
    }
    if (spec.allowPartial !== null) clauses.push(spec.allowPartial ? 'ALLOW PARTIAL' : 'DISALLOW PARTIAL');
    return `(${clauses.join(' ')})`;
  }

  private frameBound(bound: FrameBound): string {
    switch (bound.kind) {
      case 'UnboundedPreceding':
        return 'UNBOUNDED PRECEDING';
      case 'Preceding':
        return `${this.expr(bound.amount)} PRECEDING`;
      case 'CurrentRow':
        return 'CURRENT ROW';
      case 'Following':
        return `${this.expr(bound.amount)} FOLLOWING`;
      case 'UnboundedFollowing':
        return 'UNBOUNDED FOLLOWING';
    }
  }

  private json(
    expr: Extract<Expr, { kind: 'JsonExists' | 'JsonValue' | 'JsonQuery' | 'JsonObject' | 'JsonArray' }>,
  ): string {
    const format = (item: { value: Expr; formatJson: boolean }): string =>
      `${this.expr(item.value)}${item.formatJson ? ' FORMAT JSON' : ''}`;
    switch (expr.kind) {
      case 'JsonExists': {
        const onError = expr.onError ? ` ${expr.onError} ON ERROR` : '';
        return `JSON_EXISTS(${this.expr(expr.input)}, ${this.expr(expr.path)}${onError})`;
      }
      case 'JsonValue':
      case 'JsonQuery': {
        let text = `${this.expr(expr.input)}, ${this.expr(expr.path)}`;
        if (expr.returning) text += ` RETURNING ${this.type(expr.returning)}`;
        if (expr.kind === 'JsonQuery' && expr.wrapper) {
          text += expr.wrapper === 'WITHOUT' ? ' WITHOUT ARRAY WRAPPER' : ` WITH ${expr.wrapper} ARRAY WRAPPER`;
        }
        if (expr.onEmpty) text += ` ${this.jsonBehavior(expr.onEmpty)} ON EMPTY`;
        if (expr.onError) text += ` ${this.jsonBehavior(expr.onError)} ON ERROR`;
        return `${expr.kind === 'JsonValue' ? 'JSON_VALUE' : 'JSON_QUERY'}(${text})`;
      }
      case 'JsonObject': {
        const entries = expr.entries.map((entry) => `KEY ${this.expr(entry.key)} VALUE ${format(entry)}`).join(', ');
        return `JSON_OBJECT(${[entries, expr.onNull ? `${expr.onNull} ON NULL` : ''].filter(Boolean).join(' ')})`;
      }
      case 'JsonArray': {
        const elements = expr.elements.map(format).join(', ');
        return `JSON_ARRAY(${[elements, expr.onNull ? `${expr.onNull} ON NULL` : ''].filter(Boolean).join(' ')})`;
      }
    }
  }

  private jsonBehavior(behavior: JsonBehavior): string {
    switch (behavior.kind) {
      case 'Null':
        return 'NULL';
      case 'Error':
        return 'ERROR';
      case 'Default':
        return `DEFAULT ${this.expr(behavior.value)}`;
      case 'EmptyArray':
        return 'EMPTY ARRAY';
      case 'EmptyObject':
        return 'EMPTY OBJECT';
    }
  }

  // ---- types ------------------------------------------------------------------------------------------------------

  protected type(type: TypeName): string {
    return this.bareType(type) + (type.nullable ? '' : ' NOT NULL');
  }

  private bareType(type: TypeName): string {
    switch (type.kind) {
      case 'SimpleType': {
        const parameters = [type.precision, type.scale].filter((n) => n !== null);
        const suffix = parameters.length > 0 ? `(${parameters.join(', ')})` : '';
        if (type.name === 'TIME_LTZ') return `TIME${suffix} WITH LOCAL TIME ZONE`;
        return type.name + suffix;
      }
      case 'IntervalType':
        return `INTERVAL ${this.qualifier(type.qualifier)}`;
      case 'CollectionType':
        return `${type.collection}<${this.type(type.element)}>`;
      case 'MapType':
        return `MAP<${this.type(type.key)}, ${this.type(type.value)}>`;
      case 'RowType':
        return type.fields.length === 0
          ? 'ROW()'
          : `ROW<${type.fields.map((field) => this.typeField(field)).join(', ')}>`;
      case 'RawType':
        return `RAW(${this.string(type.className)}, ${this.string(type.serializer)})`;
      case 'StructuredType':
        return `STRUCTURED<${[this.string(type.className), ...type.fields.map((field) => this.typeField(field))].join(', ')}>`;
      case 'NamedType':
        return this.path(type.name);
    }
  }

  private typeField(field: RowTypeField): string {
    const comment = field.comment === null ? '' : ` ${this.text(field.comment)}`;
    return `${this.part(field.name)} ${this.type(field.type)}${comment}`;
  }
}
