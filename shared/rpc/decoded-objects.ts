import type protobuf from "protobufjs/light.js";

/** What the generated types say about a decoded message. */
const CONVERSION: protobuf.IConversionOptions = { longs: Number, enums: String, defaults: true };

/**
 * Defines how each message decoded from now on becomes an object:
 *
 * Map fields (labels above all) have no prototype. Their keys are people's words: on an ordinary object
 * `labels["constructor"]` is a function that nobody wrote, and assigning to `labels["__proto__"]` writes nothing.
 *
 * A oneof has a property that names the field that is set. To the library, `optional` fields are also oneofs of one
 * field, whose names would appear among our properties; scripts/generate.ts makes sure that no message has both.
 */
export function shapeDecodedObjects(namespace: protobuf.NamespaceBase, TypeClass: typeof protobuf.Type): void {
  for (const nested of namespace.nestedArray) {
    if (!(nested instanceof TypeClass)) continue;
    shapeDecodedObjects(nested, TypeClass);
    const options = { ...CONVERSION, oneofs: nested.oneofsArray.some(({ name }) => !name.startsWith("_")) };
    const maps = nested.fieldsArray.filter(({ map }) => map).map(({ name }) => name);
    // Only after setup() does the type carry its generated converter, which those of the types around it call.
    nested.setup();
    const convert = nested.toObject.bind(nested);
    nested.toObject = (message) => {
      const object = convert(message, options);
      for (const name of maps) object[name] = Object.assign(Object.create(null), object[name]);
      return object;
    };
  }
}
