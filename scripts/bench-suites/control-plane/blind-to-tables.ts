import protobuf from "protobufjs/light.js";
import { mustHave } from "../../../shared/invariant.ts";
import { shapeDecodedObjects } from "../../../shared/rpc/decoded-objects.ts";
import descriptor from "../../../shared/rpc/gen/descriptor.json" with { type: "json" };
import { services } from "../../../shared/rpc/schema.ts";
import { LINE_KINDS } from "../../../worker/ports/table-lines.ts";

const PACKAGE = "swarm.v1";

/**
 * The dispatcher's service for hosts that pass over the lines of network tables. The leader makes, sends and counts
 * them as ever; but thousands of hosts in one process would decode and keep millions of lines for each other, which is
 * the work of thousands of processors. What a host has to do with tables, the suite `tables` measures.
 */
export function dispatcherWithoutTables(): typeof services.dispatcher {
  const { dispatcher } = services;
  const root = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);
  const forget = (message: string, field: string): void => {
    const type = root.lookupType(`${PACKAGE}.${message}`);
    type.remove(mustHave(type.fields[field], `${message}.${field}`));
  };
  forget("Assignments", "tableChanges");
  for (const lines of LINE_KINDS) forget("NetworkTable", lines);
  root.resolveAll();
  shapeDecodedObjects(root.lookup(PACKAGE) as protobuf.Namespace, protobuf.Type);
  const type = root.lookupType(`${PACKAGE}.ManagerMessage`);
  const session = {
    ...dispatcher.methods.session,
    decodeResponse(bytes: Uint8Array) {
      const message = type.toObject(type.decode(bytes)) as ReturnType<typeof dispatcher.methods.session.decodeResponse>;
      if (message.assignments) Object.assign(message.assignments, { tableChanges: [] });
      for (const { network } of message.assignments?.put ?? []) {
        if (network) Object.assign(network, Object.fromEntries(LINE_KINDS.map((lines) => [lines, []])));
      }
      return message;
    },
  };
  return { ...dispatcher, methods: { ...dispatcher.methods, session } };
}
