/**
 * The demo's `verify.command`: runs the tests of what an agent has changed. The other bugs of the project are still there, so all
 * tests together would fail.
 */
export const CHECK = String.raw`// Runs the tests of the files that differ from main.
import { spawnSync } from "node:child_process"

const run = (command, ...args) => spawnSync(command, args, { encoding: "utf8" })
const changed = run("git", "diff", "--name-only", "main", "--", "src").stdout.split("\n").filter((file) => file !== "")
const tests = changed.map((file) => file.replace(/^src\/(.*)\.js$/, "test/$1.test.js"))
const failed = tests.filter((test) => run(process.execPath, test).status !== 0)
console.log(tests.length === 0 ? "nothing has changed" : tests.join(", ") + ": " + (failed.length === 0 ? "pass" : "fail"))
process.exit(tests.length > 0 && failed.length === 0 ? 0 : 1)
`
