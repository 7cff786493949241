import type { Identifier, IdentifierPart, IntervalQualifier, StringLiteral } from './ast-expressions.js';
import type { Span } from '../types/span.js';

/** The canonical name of a type without structure; synonyms (INT, DEC, TIMESTAMP WITH LOCAL TIME ZONE) are resolved. */
export type SimpleTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'REAL'
  | 'DECIMAL'
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'BINARY'
  | 'VARBINARY'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'TIME_LTZ'
  | 'TIMESTAMP'
  | 'TIMESTAMP_LTZ'
  | 'VARIANT'
  | 'BITMAP'
  | 'ANY';

/** `precision` is the length of character and binary types. `nullable` is false only where NOT NULL is written. */
export interface SimpleType {
  kind: 'SimpleType';
  name: SimpleTypeName;
  precision: number | null;
  scale: number | null;
  nullable: boolean;
  span: Span;
}

export interface IntervalType {
  kind: 'IntervalType';
  qualifier: IntervalQualifier;
  nullable: boolean;
  span: Span;
}

/** `ARRAY<T>` or `T ARRAY`, `MULTISET<T>` or `T MULTISET`. */
export interface CollectionType {
  kind: 'CollectionType';
  collection: 'ARRAY' | 'MULTISET';
  element: TypeName;
  nullable: boolean;
  span: Span;
}

export interface MapType {
  kind: 'MapType';
  key: TypeName;
  value: TypeName;
  nullable: boolean;
  span: Span;
}

export interface RowTypeField {
  name: IdentifierPart;
  type: TypeName;
  comment: string | null;
  span: Span;
}

export interface RowType {
  kind: 'RowType';
  fields: RowTypeField[];
  nullable: boolean;
  span: Span;
}

/** `RAW('class', 'serializer snapshot')`. */
export interface RawType {
  kind: 'RawType';
  className: StringLiteral;
  serializer: StringLiteral;
  nullable: boolean;
  span: Span;
}

/** `STRUCTURED<'class', name type, ..>`. */
export interface StructuredType {
  kind: 'StructuredType';
  className: StringLiteral;
  fields: RowTypeField[];
  nullable: boolean;
  span: Span;
}

/** A name that is no built-in type. */
export interface NamedType {
  kind: 'NamedType';
  name: Identifier;
  nullable: boolean;
  span: Span;
}

export type TypeName =
  SimpleType | IntervalType | CollectionType | MapType | RowType | RawType | StructuredType | NamedType;
