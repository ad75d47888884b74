import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const projectFile = (name: string): string => new URL(`../${name}`, import.meta.url).pathname

/** Stands for npm, npx, node and nice's other commands: notes its call, and fails when `FAILING` names it. */
const STAND_IN = `#!/bin/sh
call="\${0##*/}\${1:+ $*}"
echo "$call" >> "$CALLS"
echo "output of $call"
case $call in $FAILING) exit 7 ;; esac
`

const TOOLS = ["chromium", "promtool", "systemd-analyze", "cron", "pg_createcluster", "unshare"].map(
  (name) => `bin/${name}`
)

let root = ""

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "ci test "))
  fs.cpSync(projectFile(".ci"), path.join(root, "checkout/.ci"), { recursive: true })
  fs.mkdirSync(path.join(root, "bin"))
  const bd = ["v0.47.1", "v1.2.2", "v1.3.0"].map((version) => `cache/nightly-dispatch/bd/${version}/bd`)
  for (const name of [...bd, "bin/npm", "bin/npx", "bin/node", ...TOOLS]) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    fs.writeFileSync(path.join(root, name), STAND_IN, { mode: 0o755 })
  }
  // It needs what npm installs.
  fs.writeFileSync(path.join(root, "checkout/.ci/packed"), STAND_IN)
  // As root, so that no step asks for sudo.
  fs.writeFileSync(path.join(root, "bin/id"), "#!/bin/sh\necho 0\n", { mode: 0o755 })
})

afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

let runs = 0

/** Runs `.ci/run` on a checkout whose npm, npx and node are stand-ins, with both releases of bd in the cache. */
const ciRun = async (failing = "") => {
  const calls = path.join(root, `calls-${++runs}`)
  const child = spawn(path.join(root, "checkout/.ci/run"), {
    env: {
      PATH: `${path.join(root, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      HOME: root,
      XDG_CACHE_HOME: path.join(root, "cache"),
      CALLS: calls,
      FAILING: failing
    },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  child.stdout.on("data", (chunk) => (output += String(chunk)))
  child.stderr.on("data", (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve))
  return { code, output, calls: fs.readFileSync(calls, "utf8").trim().split("\n") }
}

const MATRIX = "npx vitest run --config test/faults/vitest.config.ts"
const BROWSER = "npx vitest run --config test/browser/vitest.config.ts"
const STEPS = [
  "npm ci",
  "npm test",
  "npm run test:long",
  "npm run types",
  "npm run docs",
  "npm run lint",
  "npm run format",
  BROWSER,
  "packed",
  MATRIX
]

describe.concurrent(".ci/run", () => {
  it("bd-XXXX.4.3 begins with the README's test command and runs every check", async () => {
    const { calls, code, output } = await ciRun()
    assert.strictEqual(code, 0, output)
    assert.deepStrictEqual(calls.slice(0, 3), ["node --version", "npm ci", "npm test"])
    const onRealBd = calls.filter((call) => call.startsWith("node test/realbd/run.js "))
    const underCron = calls.filter((call) => call.startsWith("unshare "))
    assert.sameMembers(
      calls.slice(1).filter((call) => ![...onRealBd, ...underCron].includes(call)),
      STEPS
    )
    assert.match(underCron.at(-1) ?? "", / \.ci\/cron inside /)
    const together = "v0.47.1 v1.2.2 v1.3.0"
    const withoutPaths = (call: string) => call.replaceAll(/ \/.+?\/(v[\d.]+)\/bd\b/g, " $1")
    assert.sameMembers(
      onRealBd.map(withoutPaths),
      [
        `${together} -- leases`,
        `${together} -- --exclude **/{fleet,leases}.real.ts`,
        ...together.split(" ").map((release) => `${release} -- fleet --sequence.concurrent=false`)
      ].map((words) => `node test/realbd/run.js ${words}`)
    )
    assert.include(fs.readFileSync(projectFile("README.md"), "utf8"), "npm ci && npm test")
  })

  const onBd = ["*--exclude*", "*leases", "*fleet *"].map((words) => `node test/realbd/run.js ${words}`)

  it.for([...STEPS, ...onBd, "unshare *inside*"])(
    "bd-XXXX.4.3 fails when this step fails, and shows its output: %s",
    async (failing) => {
      const { code, output } = await ciRun(failing)
      assert.notStrictEqual(code, 0)
      assert.include(output, `output of ${failing.replace(/ \*.*/, "")}`)
      assert.match(output, /^FAILED: .* \(exit code 7\)$/m)
    }
  )
})
