import type protobuf from "protobufjs/light.js";

/**
 * Makes the map fields (labels above all) of every message that is decoded from now on objects without a prototype.
 * Their keys are people's words: on an ordinary object `labels["constructor"]` is a function that nobody wrote, and
 * assigning to `labels["__proto__"]` writes nothing.
 */
export function decodeMapsBare(namespace: protobuf.NamespaceBase, TypeClass: typeof protobuf.Type): void {
  for (const nested of namespace.nestedArray) {
    if (!(nested instanceof TypeClass)) continue;
    decodeMapsBare(nested, TypeClass);
    const names = nested.fieldsArray.filter(({ map }) => map).map(({ name }) => name);
    if (names.length === 0) continue;
    // Only after setup() does the type carry its generated converter, which those of the types around it call.
    nested.setup();
    const convert = nested.toObject.bind(nested);
    nested.toObject = (message, options) => {
      const object = convert(message, options);
      for (const name of names) object[name] = Object.assign(Object.create(null), object[name]);
      return object;
    };
  }
}
