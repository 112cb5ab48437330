/**
 * `scripts/oracle NAME [DIR]`: runs somebody else's suite, from a checkout that the caller names, against the socket of
 * a lab host, and compares with what is expected to fail. Exits 1 when a test fails that should not.
 */
import { DOCKER_PY_NEEDS, runDockerPy } from "./oracles/docker-py.ts";
import { judge, render } from "./oracles/verdict.ts";

const [name, directory] = process.argv.slice(2);
if (name !== "docker-py") {
  console.error("Usage: scripts/oracle docker-py [DIR]");
  process.exitCode = 2;
} else if (directory === undefined) {
  console.log(DOCKER_PY_NEEDS);
} else {
  const verdict = judge(await runDockerPy(directory));
  console.log(render(verdict));
  process.exitCode = verdict.unexpected.length === 0 ? 0 : 1;
}
