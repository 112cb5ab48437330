/**
 * Makes the TypeScript types and the descriptor of proto/ (shared/rpc/gen). Run by `npm run generate`;
 * `scripts/test` runs it too and fails when the committed files are not what it makes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

const root = join(import.meta.dirname, "..");
const outDir = join(root, "shared/rpc/gen");
const protoDir = join(root, "proto");
const files = readdirSync(join(protoDir, "swarm/v1"))
  .filter((name) => name.endsWith(".proto"))
  .sort()
  .map((name) => `swarm/v1/${name}`);

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
execFileSync(
  process.execPath,
  [
    join(root, "node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js"),
    ...["--longs=Number", "--enums=String", "--defaults", "--oneofs", "--includeComments", "--importFileExtension=.ts"],
    ...["--grpcLib=@grpc/grpc-js", `--outDir=${outDir}`, `--includeDirs=${protoDir}`, "--"],
    ...files,
  ],
  { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
);

// The daemon and the command line load this instead of parsing .proto files at every start.
const schema = new protobuf.Root();
schema.resolvePath = (_origin, target) => join(protoDir, target);
schema.loadSync(files);
schema.resolveAll();
writeFileSync(join(outDir, "descriptor.json"), `${JSON.stringify(schema.toJSON())}\n`);

// The generator writes absolute paths into its comments; a checkout elsewhere must generate the same bytes.
for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith(".ts")) continue;
  const path = join(entry.parentPath, entry.name);
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(/^\/\/ Original file: .*\/proto\//gm, "// Original file: proto/"),
  );
}
// One file for each .proto file, of use only to callers of loadPackageDefinition, which we are not.
for (const file of files) rmSync(join(outDir, file.replace(/^swarm\/v1\/(.*)\.proto$/, "$1.ts")));
