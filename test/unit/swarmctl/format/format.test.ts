import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration } from "../../../../shared/docker-shape/human-duration.ts";
import { humanBytes } from "../../../../shared/human-bytes.ts";
import { ago, goDuration } from "../../../../swarmctl/format/age.ts";
import { prettyLines } from "../../../../swarmctl/format/inspect.ts";
import { formatList } from "../../../../swarmctl/format/list.ts";
import { naturalCompare } from "../../../../swarmctl/format/natural-order.ts";
import { ellipsis, formatTable } from "../../../../swarmctl/format/table.ts";
import { fillTemplate } from "../../../../swarmctl/format/template.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
for (const [ms, text] of [
  [0, "Less than a second"],
  [999, "Less than a second"],
  [1_000, "1 second"],
  [59_999, "59 seconds"],
  [MINUTE, "About a minute"],
  [2 * MINUTE, "2 minutes"],
  [59 * MINUTE, "59 minutes"],
  [HOUR, "About an hour"],
  [2 * HOUR, "2 hours"],
  [47 * HOUR, "47 hours"],
  [2 * DAY, "2 days"],
  [13 * DAY, "13 days"],
  [14 * DAY, "2 weeks"],
  [60 * DAY, "2 months"],
  [730 * DAY, "2 years"],
] as const) {
  test(`${ms} ms are "${text}"`, () => assert.equal(humanDuration(ms), text));
}

test("ages are in small letters and never in the future", () => {
  assert.equal(ago(0, MINUTE), "about a minute ago");
  assert.equal(ago(5_000, 0), "less than a second ago");
});

test("sizes and durations have the units people know", () => {
  assert.deepEqual([0, 1_023, 1_536, 2 ** 30].map(humanBytes), ["0B", "1023B", "1.5KiB", "1GiB"]);
  assert.deepEqual([0, 500, 5_000, 90_000, 3_600_000, 1_500].map(goDuration), [
    "0s",
    "500ms",
    "5s",
    "1m30s",
    "1h0m0s",
    "1.5s",
  ]);
});

test("columns are as wide as their widest cell and no line ends in blanks", () => {
  const columns = [
    { heading: "A", cell: (row: { a: string; b: string }) => row.a },
    { heading: "LONG", cell: (row: { a: string; b: string }) => row.b },
  ];
  assert.deepEqual(
    formatTable(columns, [
      { a: "ääää", b: "" },
      { a: "1", b: "x" },
    ]),
    ["A      LONG", "ääää", "1      x"],
  );
});

test("long texts end in one sign that says so", () => {
  assert.equal(ellipsis("abcdef", 6), "abcdef");
  assert.equal(ellipsis("abcdefg", 6), "abcde…");
});

test("numbers in names sort as numbers", () => {
  assert.deepEqual(["web10", "web2", "Web1"].sort(naturalCompare), ["Web1", "web2", "web10"]);
});

const data = { Name: "web", N: 2, Spec: { Labels: { a: "b" } } };
for (const [template, expected] of [
  ["{{.Name}}", "web"],
  ["{{ .Name }}\\t{{.N}}", "web\t2"],
  ["{{json .Spec}}", '{"Labels":{"a":"b"}}'],
  ["{{.Spec.Labels.a}} {{upper .Name}}", "b WEB"],
  ["{{json .}}", JSON.stringify(data)],
  ["plain", "plain"],
  ['{{index .Spec.Labels "a"}} {{index .Spec.Labels "b"}}', "b "],
  [
    '{{join (split "a,b" ",") "\\n"}} {{title "two words"}} {{pad .Name 1 2}}| {{truncate .Name 2}}',
    "a\nb Two Words  web  | we",
  ],
  ["{{range $k, $v := .Spec.Labels}}{{$k}}={{$v}}\\n{{end}}", "a=b\n"],
  ["{{if .Name}}{{.Name | upper}}{{end}}{{.Spec}}", "WEBmap[Labels:map[a:b]]"],
] as const) {
  test(`template ${template}`, () => assert.equal(fillTemplate(template, data), expected));
}

test("a template's mistakes are named; inspected objects may lack a field", () => {
  assert.throws(() => fillTemplate("{{.Nam}}", data), { message: /there is no field Nam \(fields: Name, N, Spec\)/ });
  assert.throws(() => fillTemplate("{{range .X}}", data), { message: /template parsing error at "{{range .X}}"/ });
  assert.throws(() => fillTemplate("{{.Name}} {{.N", data), {
    message: 'template parsing error at "{{.N": unclosed {{',
  });
  assert.equal(fillTemplate("{{.Nam}} {{json .Spec.Nam}}", data, "noValue"), "<no value> null");
});

test("a list is a table, ids, JSON lines, or a template's lines or table", () => {
  const rows = [{ ID: "1", CurrentState: "x" }];
  const list = {
    rows,
    columns: [{ heading: "ID", cell: (row: { ID: string }) => row.ID }],
    id: (row: { ID: string }) => row.ID,
  };
  const lines = (format: string, quiet = false): readonly string[] => formatList(list, { format, quiet });
  assert.deepEqual(lines(""), ["ID", "1"]);
  assert.deepEqual(lines("", true), ["1"]);
  assert.deepEqual(lines("json"), ['{"ID":"1","CurrentState":"x"}']);
  assert.deepEqual(lines("{{.ID}}:{{.CurrentState}}"), ["1:x"]);
  assert.deepEqual(lines("table {{.ID}}\\t{{.CurrentState}}"), ["ID   CURRENT STATE", "1    x"]);
  assert.deepEqual(lines('table {{.ID}}\\t{{if .ID}}{{upper .CurrentState}}{{end}}{{print "\\t"}}'), [
    "ID   CURRENT STATE",
    "1    X\\u0009",
  ]);
});

test("--pretty leaves out what is empty, headings too", () => {
  assert.deepEqual(
    prettyLines([
      ["ID", "1"],
      ["Labels", []],
      [
        "Status",
        [
          ["State", "Ready"],
          ["Message", ""],
        ],
      ],
      ["Nothing", [["A", ""]]],
      ["List", ["a"]],
      ["Ports", { lines: [" PublishedPort = 80"] }],
      ["None", { lines: [] }],
    ]),
    ["ID:\t1", "Status:", " State:\tReady", "List:", " - a", "Ports:", " PublishedPort = 80"],
  );
});
