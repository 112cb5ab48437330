/**
 * `derive`, which must be pure, with its last result for each `key` remembered for as long as the key lives and the
 * rest of what it depends on is the same. For keys that are never changed, only replaced, such as lines of tables: then
 * what follows from a line that stays is not made again, and is the same object, which tells whoever compares that
 * nothing is new.
 */
export function remembered<Key extends object, Rest extends readonly unknown[], Value>(
  derive: (key: Key, ...rest: Rest) => Value,
): (key: Key, ...rest: Rest) => Value {
  const known = new WeakMap<Key, { readonly rest: Rest; readonly value: Value }>();
  return (key, ...rest) => {
    const last = known.get(key);
    if (last !== undefined && isSame(last.rest, rest)) return last.value;
    const value = derive(key, ...rest);
    known.set(key, { rest, value });
    return value;
  };
}

function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  // Not `every`: this is what is done for each of thousands of lines at each change of one.
  for (let at = 0; at < right.length; at++) if (!Object.is(left[at], right[at])) return false;
  return true;
}
