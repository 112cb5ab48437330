import { SwarmError } from "../errors.ts";
import { pick, type Random } from "../ports/random.ts";

const QUALITIES = (
  "able amber bold brave breezy bright brisk calm clever cosy crisp curious daring eager early easy fair fleet fond frank " +
  "gentle glad golden grand happy hardy honest humble jolly keen kind lively loyal lucky mellow merry mild neat nimble noble " +
  "patient placid plucky polite proud quick quiet rapid ready robust rustic serene silver sleek smart snug spry steady " +
  "sturdy sunny swift tidy tranquil upbeat vivid warm wise witty zesty"
).split(" ");

const ANIMALS = (
  "badger beaver bee bison camel crane cricket curlew dolphin dove duck eagle egret elk falcon ferret finch firefly fox " +
  "gannet gecko goose gull hare hawk hedgehog heron hornet ibex ibis jackdaw kestrel kite koala lark lemur lizard lynx " +
  "magpie marten mole moth newt octopus osprey otter owl panda pelican plover puffin quail raven robin salmon seal skylark " +
  "sparrow squid stork swallow swan tern thrush tortoise trout turtle vole walrus weasel whale wombat wren yak"
).split(" ");

/** After this many taken names the lists are nearly used up, and a number is added. */
const PLAIN_ATTEMPTS_MAX = 5;
const ATTEMPTS_MAX = 50;

/**
 * An unused name, such as brave_otter, for something that was created without one; `what` it is: "service".
 * @throws SwarmError resourceExhausted.
 */
export function pickName(what: string, random: Random, isTaken: (name: string) => boolean): string {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const plain = `${pick(random, QUALITIES)}_${pick(random, ANIMALS)}`;
    const name = attempt < PLAIN_ATTEMPTS_MAX ? plain : `${plain}${random.below(10_000)}`;
    if (!isTaken(name)) return name;
  }
  throw new SwarmError("resourceExhausted", `no free ${what} name was found: give one with --name`);
}
