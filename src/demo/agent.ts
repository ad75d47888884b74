/**
 * The demo's agent: a script that calls no model. The local runner starts it in the bug's worktree like any provider's
 * command line tool. It reads its prompt, makes one of three repairs, and exits with a code other than 0 if it cannot.
 */
export const AGENT = String.raw`// A scripted agent: it calls no model. It knows three repairs, by the function that a bug report's stack frame names.
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { setTimeout as think } from "node:timers/promises"

const REPAIRS = {
  discount: {
    test: "test/cart.test.js",
    from: "cart.coupon.percent",
    to: "(cart.coupon?.percent ?? 0)",
    summary: "a cart without a coupon has no discount"
  },
  parseAmount: {
    test: "test/money.test.js",
    from: 'text.replace(",", "")',
    to: 'text.replaceAll(",", "")',
    summary: "drop every thousands separator, not the first alone"
  },
  page: {
    test: "test/report.test.js",
    from: "Math.floor(orders.length / size)",
    to: "Math.ceil(orders.length / size)",
    summary: "count the last page when it is not full"
  }
}

const giveUp = (why) => {
  console.error("scripted agent: " + why)
  process.exit(1)
}

const run = (command, ...args) => {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" })
  if (error) giveUp(command + ": " + error.message)
  return { ok: status === 0, output: (stdout + stderr).trim() }
}
const git = (...args) => {
  const { ok, output } = run("git", ...args)
  return ok ? output : giveUp("git " + args[0] + ": " + output)
}
const passes = (file) => {
  const { ok } = run(process.execPath, file)
  console.log("node " + file + ": " + (ok ? "pass" : "fail"))
  return ok
}

const prompt = readFileSync(process.argv[2], "utf8")
const read = (pattern, what) => pattern.exec(prompt) ?? giveUp("the prompt names no " + what)
const [, issue] = read(/^Issue: +(\S+)/m, "issue")
const [, branch] = read(/^Branch: +(\S+)/m, "branch")
const [, name, file] = read(/^ *at (\w+) \((src\/\w+\.js):\d+:\d+\)$/m, "stack frame")
console.log(issue + ": " + name + " in " + file)

const repair = REPAIRS[name] ?? giveUp("no repair is known for " + name)
const checkedOut = git("rev-parse", "--abbrev-ref", "HEAD")
if (checkedOut !== branch) giveUp("expected the branch " + branch + ", found " + checkedOut)
if (passes(repair.test)) giveUp("cannot reproduce it: " + repair.test + " passes")

await think(600)
const parts = readFileSync(file, "utf8").split(repair.from)
if (parts.length !== 2) giveUp(file + " does not hold " + repair.from + " exactly once")
writeFileSync(file, parts.join(repair.to))
console.log(file + ": " + repair.from + " is now " + repair.to)

if (!passes(repair.test)) giveUp("the repair does not help: " + repair.test + " still fails")
git("commit", "--quiet", "-m", issue + ": " + repair.summary, "-m", "Tested with: node " + repair.test, "--", file)
console.log("committed " + git("rev-parse", "--short", "HEAD") + " on " + branch)
`
