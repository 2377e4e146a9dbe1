import { type XmlElement, XmlSyntaxError } from "./xml-reader.ts";
import type { XmlContent, XmlNode } from "./xml-writer.ts";

/** Two-way codec between an XML element and a value: one declaration reads and writes. */
export interface Shape<T> {
  /** @throws XmlSyntaxError when the element is not of this shape */
  read(element: XmlElement): T;
  write(value: T): XmlContent;
}

export type Infer<S> = S extends Shape<infer T> ? T : never;

/** All children of one name: how often they may occur, and what they are together. */
interface Field<T> {
  read(name: string, found: readonly XmlElement[]): T;
  write(name: string, value: T): readonly XmlNode[];
}

/** Text is kept exactly: a key may begin or end with spaces. */
export const text: Shape<string> = {
  read: textOf,
  write: (value) => value,
};

export const integer: Shape<number> = {
  read(element) {
    const digits = textOf(element).trim();
    if (!/^-?\d{1,15}$/.test(digits))
      throw new XmlSyntaxError(`<${element.name}> is not an integer`);
    return Number(digits);
  },
  write: (value) => value,
};

export const boolean: Shape<boolean> = {
  read(element) {
    const word = textOf(element).trim().toLowerCase();
    if (word !== "true" && word !== "false")
      throw new XmlSyntaxError(`<${element.name}> is not a boolean`);
    return word === "true";
  },
  write: (value) => value,
};

/** A closed set of strings, e.g. `oneOf("Enabled", "Suspended")`. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Shape<T> {
  return {
    read(element) {
      const word = textOf(element).trim();
      const found = allowed.find((value) => value === word);
      if (found === undefined)
        throw new XmlSyntaxError(`<${element.name}> is none of ${allowed.join(", ")}`);
      return found;
    },
    write: (value) => value,
  };
}

function textOf(element: XmlElement): string {
  if (element.children.length > 0)
    throw new XmlSyntaxError(`<${element.name}> holds elements, not text`);
  return element.text;
}

export function one<T>(shape: Shape<T>): Field<T> {
  return {
    read(name, found) {
      const [element] = found;
      if (element === undefined) throw new XmlSyntaxError(`<${name}> is missing`);
      refuseSecond(name, found);
      return shape.read(element);
    },
    write: (name, value) => [[name, shape.write(value)]],
  };
}

export function optional<T>(shape: Shape<T>): Field<T | undefined> {
  return {
    read(name, found) {
      refuseSecond(name, found);
      return found[0] === undefined ? undefined : shape.read(found[0]);
    },
    write: (name, value) => (value === undefined ? [] : [[name, shape.write(value)]]),
  };
}

/** Any number of them, none included. */
export function many<T>(shape: Shape<T>): Field<readonly T[]> {
  return {
    read: (_name, found) => found.map((element) => shape.read(element)),
    write: (name, values) => values.map((value) => [name, shape.write(value)]),
  };
}

/** At least one of them, and no more than so many. */
export function some<T>(shape: Shape<T>, most = Infinity): Field<readonly T[]> {
  const field = many(shape);
  return {
    read(name, found) {
      if (found.length === 0) throw new XmlSyntaxError(`<${name}> is missing`);
      if (found.length > most) throw new XmlSyntaxError(`<${name}> occurs over ${most} times`);
      return field.read(name, found);
    },
    write: (name, values) => field.write(name, values),
  };
}

function refuseSecond(name: string, found: readonly XmlElement[]): void {
  if (found.length > 1) throw new XmlSyntaxError(`<${name}> occurs ${found.length} times`);
}

/** An element with named children, in any order; written in the order of the declaration. Others are refused. */
export function object<T extends object>(fields: {
  readonly [K in keyof T]: Field<T[K]>;
}): Shape<T> {
  return {
    read(element) {
      if (element.text.trim() !== "")
        throw new XmlSyntaxError(`<${element.name}> holds text, not elements`);
      const { children } = element;
      const value: Partial<T> = {};
      let expected = 0;
      for (const name in fields) {
        const found = children.filter((child) => child.name === name);
        expected += found.length;
        value[name] = fields[name].read(name, found);
      }
      if (expected < children.length)
        throw new XmlSyntaxError(`<${element.name}> holds what is not expected`);
      // The loop above has set every field, which TypeScript cannot tell.
      return value as T;
    },
    write(value) {
      const nodes: XmlNode[] = [];
      for (const name in fields) nodes.push(...fields[name].write(name, value[name]));
      return nodes;
    },
  };
}
