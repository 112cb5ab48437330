/**
 * For `node --import`: what a process has compiled, types stripped, is kept for the next one that begins with this. By
 * the call and not by Node's variable, because daemons and programs that it starts have a cache of their own.
 */
import { enableCompileCache } from "node:module";

const directory = process.env["SWARM_COMPILE_CACHE"];
if (directory !== undefined) enableCompileCache(directory);
