import type { PhysicalPlan } from '../planner/physical.js';
import { MapValue, Timestamp, VariantValue, type DataType, type Value } from '../types/index.js';

/**
 * Gives constants of a plan their classes back: structured clone carries a plan to its worker as plain objects, but a literal may be a
 * Timestamp, a MapValue or a VariantValue.
 */
export function revivePlan(plan: PhysicalPlan): PhysicalPlan {
  return revive(plan) as PhysicalPlan;
}

function revive(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(revive);
  // Typed arrays and the like are values already.
  if (typeof node !== 'object' || node === null || Object.getPrototypeOf(node) !== Object.prototype) return node;
  const object = node as Record<string, unknown>;
  if (object.kind === 'literal' && 'type' in object && 'value' in object) {
    return { ...object, value: reviveValue(object.value as Value, object.type as DataType) };
  }
  const revived: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    revived[key] =
      key === 'constants' ? reviveConstants(value, object.argTypes as readonly DataType[] | undefined) : revive(value);
  }
  return revived;
}

/** Constant arguments of an aggregate call, by position. */
function reviveConstants(constants: unknown, types: readonly DataType[] | undefined): unknown {
  if (typeof constants !== 'object' || constants === null) return constants;
  return Object.fromEntries(
    Object.entries(constants as Record<string, Value>).map(([position, value]) => {
      const type = types?.[Number(position)];
      return [position, type === undefined ? value : reviveValue(value, type)];
    }),
  );
}

function reviveValue(value: Value, type: DataType): Value {
  if (value === null) return null;
  switch (type.root) {
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const { millis, nanos } = value as Timestamp;
      return new Timestamp(millis, nanos);
    }
    case 'ARRAY':
      return (value as readonly Value[]).map((v) => reviveValue(v, type.element));
    case 'MAP':
      return new MapValue(
        (value as MapValue).entries.map(([k, v]) => [reviveValue(k, type.key), reviveValue(v, type.value)] as const),
      );
    case 'MULTISET':
      return new MapValue((value as MapValue).entries.map(([k, v]) => [reviveValue(k, type.element), v] as const));
    case 'ROW':
      return (value as readonly Value[]).map((v, i) => reviveValue(v, type.fields[i].type));
    case 'VARIANT':
      return new VariantValue((value as VariantValue).json);
    default:
      return value;
  }
}
