/** Where two values of plain data differ, as a path; undefined when they do not. */
export function differs(a: unknown, b: unknown, path = ''): string | undefined {
  if (Object.is(a, b)) return undefined;
  const at = path === '' ? 'the whole' : path;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return at;
  if (a instanceof Date || b instanceof Date) return Number(a) === Number(b) && a instanceof Date ? undefined : at;
  if (Array.isArray(a) !== Array.isArray(b) || a instanceof Uint8Array !== b instanceof Uint8Array) return at;
  const [one, other] = [present(a), present(b)];
  for (const name of new Set([...one.keys(), ...other.keys()])) {
    if (!one.has(name) || !other.has(name)) return join(path, name);
    const found = differs(one.get(name), other.get(name), join(path, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field that is undefined is one that is not there, as in a store. */
function present(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, item]) => Array.isArray(value) || item !== undefined));
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
