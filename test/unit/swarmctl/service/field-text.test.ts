import assert from "node:assert/strict";
import { it } from "node:test";
import { splitWords } from "../../../../swarmctl/parse/words.ts";
import { shown } from "../../../../swarmctl/service/field-text.ts";

it("commands are shown as they are typed, so that what is shown can be given again", () => {
  for (const [words, text] of [
    [["nginx", "-g", "daemon off;"], "nginx -g 'daemon off;'"],
    [["sh", "-c", "echo it's $HOME > /m"], "sh -c 'echo it'\\''s $HOME > /m'"],
    [["a=b", "{{.Task.Slot}}", ""], "a=b {{.Task.Slot}} ''"],
  ] as const) {
    assert.equal(shown({ kind: "words" }, words), text);
    assert.deepEqual(shown({ kind: "list", element: "step" }, [{ command: words }]), [text]);
    assert.deepEqual(splitWords(text, "test"), words);
  }
});
