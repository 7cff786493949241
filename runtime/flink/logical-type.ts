import {
  ARRAY,
  BIGINT,
  BINARY,
  BOOLEAN,
  CHAR,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAP,
  MULTISET,
  NULL,
  ROW,
  SMALLINT,
  StreamcellError,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  VARBINARY,
  VARCHAR,
  VARIANT,
  type DataType,
  type IntervalUnit,
} from '../types/index.js';

/** A logical type as the SQL Gateway writes it. */
export interface GatewayType {
  readonly type: string;
  readonly nullable: boolean;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly fractionalPrecision?: number;
  readonly resolution?: string;
  readonly elementType?: GatewayType;
  readonly keyType?: GatewayType;
  readonly valueType?: GatewayType;
  readonly fields?: readonly {
    readonly name: string;
    readonly fieldType: GatewayType;
    readonly description?: string;
  }[];
}

const SIMPLE: Readonly<Record<string, (nullable?: boolean) => DataType>> = {
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INTEGER: INT,
  BIGINT,
  FLOAT,
  DOUBLE,
  DATE,
  VARIANT,
  NULL,
};

/** @throws StreamcellError TYPE_UNSUPPORTED for a type that results cannot show. */
export function dataType(type: GatewayType): DataType {
  const { nullable } = type;
  const simple = SIMPLE[type.type];
  if (simple !== undefined) return simple(nullable);
  switch (type.type) {
    case 'CHAR':
      return CHAR(type.length ?? 1, nullable);
    case 'VARCHAR':
      return VARCHAR(type.length ?? 1, nullable);
    case 'BINARY':
      return BINARY(type.length ?? 1, nullable);
    case 'VARBINARY':
      return VARBINARY(type.length ?? 1, nullable);
    case 'DECIMAL':
      return DECIMAL(type.precision ?? 10, type.scale ?? 0, nullable);
    case 'TIME_WITHOUT_TIME_ZONE':
      return TIME(type.precision ?? 0, nullable);
    case 'TIMESTAMP_WITHOUT_TIME_ZONE':
      return TIMESTAMP(type.precision ?? 6, nullable);
    case 'TIMESTAMP_WITH_LOCAL_TIME_ZONE':
      return TIMESTAMP_LTZ(type.precision ?? 6, nullable);
    case 'INTERVAL_DAY_TIME': {
      const [from, to] = resolution(type);
      return INTERVAL_DAY_TIME(from, to, type.precision ?? 2, type.fractionalPrecision ?? 6, nullable);
    }
    case 'INTERVAL_YEAR_MONTH': {
      const [from, to] = resolution(type);
      return INTERVAL_YEAR_MONTH(from, to, type.precision ?? 2, nullable);
    }
    case 'ARRAY':
      return ARRAY(dataType(type.elementType as GatewayType), nullable);
    case 'MULTISET':
      return MULTISET(dataType(type.elementType as GatewayType), nullable);
    case 'MAP':
      return MAP(dataType(type.keyType as GatewayType), dataType(type.valueType as GatewayType), nullable);
    case 'ROW':
      return ROW(
        (type.fields ?? []).map(({ name, fieldType, description }) => ({
          name,
          type: dataType(fieldType),
          ...(description === undefined || description === null ? {} : { description }),
        })),
        nullable,
      );
    default:
      throw new StreamcellError('TYPE_UNSUPPORTED', `A result of Flink's type ${type.type} cannot be shown.`, {
        hint: 'CAST it to STRING.',
      });
  }
}

/** `DAY_TO_SECOND`, `MONTH`. */
function resolution(type: GatewayType): [IntervalUnit, IntervalUnit] {
  const [from, to = from] = (type.resolution ?? 'SECOND').split('_TO_');
  return [from as IntervalUnit, to as IntervalUnit];
}

/** Whether the gateway can write values of this type as JSON: it fails on maps whose keys are no texts, and on VARIANT. */
export function writtenAsJson(type: DataType): boolean {
  switch (type.root) {
    case 'VARIANT':
      return false;
    case 'MAP':
      return isText(type.key) && writtenAsJson(type.value);
    case 'MULTISET':
      return isText(type.element);
    case 'ARRAY':
      return writtenAsJson(type.element);
    case 'ROW':
      return type.fields.every((f) => writtenAsJson(f.type));
    default:
      return true;
  }
}

function isText(type: DataType): boolean {
  return type.root === 'CHAR' || type.root === 'VARCHAR';
}
