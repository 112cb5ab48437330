import assert from "node:assert/strict";
import { test } from "node:test";
import { newBudget } from "../../../../shared/template/evaluate.ts";
import { readTemplate } from "../../../../shared/template/template.ts";

const data = {
  Name: "web",
  Empty: "",
  N: 3,
  On: true,
  Labels: { "a.b": "x", c: "y" },
  Ports: [
    { TargetPort: 80, Protocol: "tcp" },
    { TargetPort: 53, Protocol: "udp" },
  ],
  Args: ["one", "two", "three"],
};
const fill = (template: string): string => readTemplate(template, { functions: new Map(), missing: "noValue" })(data);

// What Go's text/template prints for the same.
for (const [template, expected] of [
  ["{{.Name}}", "web"],
  ["a {{- .Name -}} b", "awebb"],
  ["a {{.Name -}}   b", "a webb"],
  ["{{/* nothing */}}x{{- /* trims */ -}} y", "xy"],
  ['{{"}}"}}{{`a\\n`}}{{"\\u00e9\\t\\"\\U0001F600"}}', '}}a\\né\t"😀'],
  ['{{index .Labels "a.b"}}', "x"],
  ['{{index .Labels "nope"}}|{{index .Nothing "nope"}}', "|"],
  ["{{.Labels}} {{.Args}} {{.On}} {{.Nope}}", "map[a.b:x c:y] [one two three] true <no value>"],
  ["{{(index .Ports 0).TargetPort}}", "80"],
  ["{{index .Args 1}} {{len .Args}} {{len .Labels}} {{len .Name}} {{len .Nothing}}", "two 3 2 3 0"],
  ["{{range .Ports}}{{.TargetPort}}/{{.Protocol}} {{end}}", "80/tcp 53/udp "],
  ["{{range $k, $v := .Labels}}{{$k}}={{$v}},{{end}}", "a.b=x,c=y,"],
  ["{{range $i, $v := .Args}}{{if $i}}, {{end}}{{$v}}{{end}}", "one, two, three"],
  ["{{range $v := .Args}}{{$v}}{{$.Name}} {{end}}", "oneweb twoweb threeweb "],
  ["{{range .Nothing}}x{{else}}none{{end}}", "none"],
  ['{{range .Args}}{{if eq . "two"}}{{continue}}{{end}}{{.}}{{end}}', "onethree"],
  ['{{range .Args}}{{if eq . "two"}}{{break}}{{end}}{{.}}{{end}}', "one"],
  ["{{if .Empty}}a{{else if .On}}b{{else}}c{{end}}", "b"],
  ["{{if .Empty}}a{{else if .Nope}}b{{else}}c{{end}}", "c"],
  ["{{with .Name}}<{{.}}>{{end}}{{with .Nope}}x{{else}}none{{end}}", "<web>none"],
  ["{{$x := .N}}{{if .On}}{{$x = 4}}{{end}}{{$x}}", "4"],
  ["{{$x := 1}}{{if .On}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"],
  ["{{with $x := .Labels}}{{$x.c}}{{end}}", "y"],
  ['{{.Name | printf "%s-%d" | len}}', "16"],
  [
    '{{printf "%05d|%-5s|%5s|%q|%v|%.2f|%x|%%|%t" 42 "a" "b" "c" .N 1.5 255 true}}',
    '00042|a    |    b|"c"|3|1.50|ff|%|true',
  ],
  ['{{printf "%d" "x"}} {{printf "%s"}}', "%!d(x) %!s(MISSING)"],
  ["{{not .Empty}} {{and .On .Name}} {{or .Empty .Name}} {{and .Empty (index .Args 9)}}", "true web web "],
  [
    '{{eq .N 3}} {{eq .N 1 2 3}} {{ne .N 3}} {{lt 1 2}} {{ge 1 2}} {{gt .N 2}} {{le "a" "b"}}',
    "true true false true false true true",
  ],
  ['{{print 1 2 "a" 3}}|{{println 1 2}}', "1 2a3|1 2\n"],
  ["{{slice .Name 1}} {{slice .Args 0 2}}", "eb [one two]"],
  ["{{true}} {{1_000}} {{'a'}} {{-1}} {{1.5}}", "true 1000 97 -1 1.5"],
  ["{{- 3}}", "3"],
  ["{ {} }", "{ {} }"],
] as const) {
  test(`${template} is ${JSON.stringify(expected)}`, () => assert.equal(fill(template), expected));
}

for (const [template, message] of [
  ["{{.N", 'template parsing error at "{{.N": unclosed {{'],
  ["{{}}", 'template parsing error at "{{}}": it is empty'],
  ["{{nope .N}}", 'template parsing error at "{{nope .N}}": there is no function nope'],
  ["{{range .Args}}x", 'template parsing error at "{{range .Args}}": there is no {{end}} for it'],
  ["x{{end}}", 'template parsing error at "{{end}}": it closes nothing'],
  ["{{if .N}}{{else}}{{else}}{{end}}", 'template parsing error at "{{else}}": expected {{end}}'],
  ["{{.N .Name}}", 'template parsing error at "{{.N .Name}}": only a function takes arguments'],
  ["{{.N | .Name}}", 'template parsing error at "{{.N | .Name}}": only a function can follow |'],
  ["{{$x}}", 'template parsing error at "{{$x}}": there is no variable $x'],
  ["{{if .N}}{{$x := 1}}{{end}}{{$x}}", 'template parsing error at "{{$x}}": there is no variable $x'],
  ["{{(.N}}", 'template parsing error at "{{(.N}}": unclosed ('],
  ["{{.N)}}", 'template parsing error at "{{.N)}}": unexpected ")"'],
  ["{{.N ; 1}}", 'template parsing error at "{{.N ; 1}}": unexpected ";"'],
  ['{{"\\z"}}', 'template parsing error at "{{"\\z"": unknown escape \\z'],
  ["{{break}}", 'template parsing error at "{{break}}": break is only valid within {{range}}'],
  ['{{define "x"}}{{end}}', 'template parsing error at "{{define "x"}}": define is not supported'],
  ["{{index .Args 9}}", 'template error at "{{index .Args 9}}": index 9 is beyond a list of 3'],
  ["{{range .N}}{{end}}", 'template error at "{{range .N}}": range over 3, which is neither a list nor a map'],
  ['{{eq .N "3"}}', 'template error at "{{eq .N "3"}}": 3 and 3 are of different kinds'],
  ["{{len .N}}", 'template error at "{{len .N}}": len of 3, which has none'],
] as const) {
  test(`${template} is refused`, () => assert.throws(() => fill(template), { message }));
}

test("a template cannot reach what is not its data's own", () => {
  for (const word of Object.getOwnPropertyNames(Object.prototype)) {
    assert.equal(fill(`{{.${word}}}{{index .Labels "${word}"}}`), "<no value>");
  }
});

test("a template that multiplies itself ends with a sentence", () => {
  const doubling = `{{$x := "0123456789"}}${"{{$x = print $x $x}}".repeat(40)}{{$x}}`;
  assert.throws(() => fill(doubling), /it takes too many steps|it makes more than/);
  const nested = `${"{{range $.Args}}".repeat(20)}x${"{{end}}".repeat(20)}`;
  assert.throws(() => fill(nested), /it takes too many steps|it makes more than/);
  assert.throws(() => fill(`{{${"(".repeat(200)}}}`), /more than 100 nested parentheses/);
  assert.throws(() => fill("{{if .N}}".repeat(200)), /more than 100 nested blocks/);
  assert.throws(() => fill('{{$x := "a"}}'.repeat(200)), /more than 100 variables/);
});

test("templates that share a budget end together", () => {
  const budget = newBudget(10);
  const one = readTemplate("{{.Name}}", { functions: new Map(), missing: "refuse", budget });
  assert.throws(() => {
    for (let at = 0; at < 10; at++) one(data);
  }, /it takes too many steps/);
});
