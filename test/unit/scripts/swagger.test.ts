import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readDescription } from "../../../scripts/oracles/swagger/description.ts";
import { fuzzRequests } from "../../../scripts/oracles/swagger/requests.ts";
import { faultsOf } from "../../../scripts/oracles/swagger/validate.ts";

const description = readDescription(`
paths:
  /things/{id}:
    get:
      parameters: [{name: id, in: path, type: string}]
      responses:
        200: {schema: {$ref: "#/definitions/Thing"}}
    delete:
      parameters: [{name: id, in: path, type: string}, {name: force, in: query, type: boolean}]
  /things/create:
    post:
      parameters: [{name: body, in: body, schema: {$ref: "#/definitions/Thing"}}]
definitions:
  Named:
    type: object
    required: [Name]
    properties: {Name: {type: string, minLength: 2, pattern: "^[a-z]+$"}}
  Thing:
    allOf:
      - $ref: "#/definitions/Named"
      - type: object
        properties:
          Size: {type: integer, minimum: 0}
          Kind: {type: string, enum: [a, b]}
          Parts: {type: array, items: {$ref: "#/definitions/Named"}}
          Labels: {type: object, additionalProperties: {type: string}}
`);
const schema = { $ref: "#/definitions/Thing" };

describe("an answer that does not keep to the description", () => {
  for (const [value, faults] of [
    [{ Name: "ab", Size: 1, Kind: "a", Parts: [{ Name: "cd" }], Labels: { x: "y" }, More: 1 }, []],
    [{ Name: "ab", Size: null, Parts: null, Labels: null }, []],
    [null, ["the answer is null"]],
    [[], ["the answer must be of type object, and is []"]],
    [{}, ["Name is missing"]],
    [{ Name: "A" }, ["Name has 1 characters", "Name does not match ^[a-z]+$"]],
    [{ Name: "ab", Size: "1" }, ['Size must be of type integer, and is "1"']],
    [{ Name: "ab", Size: 0.5 }, ["Size must be of type integer, and is 0.5"]],
    [{ Name: "ab", Size: -1 }, ["Size is -1"]],
    [{ Name: "ab", Kind: "c" }, ['Kind is "c", which is none of ["a","b"]']],
    [{ Name: "ab", Parts: [{}] }, ["Parts[].Name is missing"]],
    [{ Name: "ab", Labels: { x: 1 } }, ["Labels.x must be of type string, and is 1"]],
  ] as const) {
    test(faults.length === 0 ? `is not ${JSON.stringify(value)}` : `is told: ${faults.join(", ")}`, () => {
      const asObject: unknown = value;
      assert.deepEqual([...new Set(faultsOf(asObject, schema, description))], faults);
    });
  }
});

test("a reference that leads nowhere, and a file that is no description, are told", () => {
  assert.throws(() => faultsOf({}, { $ref: "#/definitions/Nothing" }, description), /no definition Nothing/);
  assert.throws(() => readDescription("a: 1"), /no Swagger 2\.0 file/);
});

test("wrong requests ask every operation, never end what is asked about, and can be repeated", () => {
  const names = new Map([["things", ["kept"]]]);
  const made = (seed: number) => fc.sample(fuzzRequests(description, names), { numRuns: 2_000, seed });
  const requests = made(1).flatMap((request) => (request.kind === "http" ? [request] : []));
  assert.deepEqual(made(2), made(2));
  for (const method of ["GET", "DELETE", "POST", "PUT"])
    assert.ok(
      requests.some((each) => each.method === method),
      method,
    );
  assert.ok(requests.some(({ method, target }) => method === "GET" && target.includes("/things/kept")));
  assert.ok(!requests.some(({ method, target }) => method === "DELETE" && /things\/kept(\?|$)/.test(target)));
});
