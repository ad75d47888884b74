import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine } from "../world.ts"

const PAGE = fs.readFileSync(new URL("../../../src/cli/cron/change-over.md", import.meta.url), "utf8")
const COMMANDS = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => block.trim().split("\n"))

const OLD = `MAILTO=op
0 6-13 * * * python3 nightly_dispatch.py --max 2
0 1 * * * backup
`

/** Those that say with their exit code what they found. */
const MAY_SAY_NO = /^nightly-dispatch (doctor|status)/

/** The words of a command as a shell has them. */
const wordsOf = (command: string): ReadonlyArray<string> =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "")

it.scopedLive(
  "every command of the change-over works in the page's order, and the way back gives the crontab its bytes back",
  () =>
    Effect.gen(function* () {
      const host = yield* machine([])
      const at = (name: string) => path.join(host.root, name)
      // What a run from cron has too: no environment of the test's.
      const issue = { id: "bd-1", title: "a fault", status: "open", priority: 1, issue_type: "bug" }
      fs.writeFileSync(
        at("beads/issues.jsonl"),
        `${JSON.stringify({ ...issue, created_at: "2026-01-01T00:00:00Z" })}\n`
      )
      const settings = {
        beads: { backend: "jsonl" },
        runner: { backend: "local" },
        providers: [{ name: "my-agent", command: ["sh", "-c", "exit 0"] }],
        alerts: { command: ["sh", "-c", "cat >/dev/null"] },
        watch: "never"
      }
      fs.writeFileSync(at("settings.yaml"), JSON.stringify(settings))
      fs.writeFileSync(at("home/crontab"), OLD)
      const crontab = () => fs.readFileSync(at("home/crontab"), "utf8")
      const env = { NIGHTLY_DISPATCH_CONFIG: at("settings.yaml"), LOGNAME: "op", TZ: "UTC" }
      const seen: Array<string> = []
      for (const command of COMMANDS) {
        const [program, ...args] = wordsOf(command)
        assert.strictEqual(program, "nightly-dispatch", command)
        // The script names the built program.
        const call = /cron install/.test(command) ? host.program : host.nd
        const { code, stderr, stdout } = yield* call(args, { env })
        assert.include(MAY_SAY_NO.test(command) ? [0, 1, 3, 5] : [0], code, `${command}\n${stdout}${stderr}`)
        const text = crontab()
        if (/install --shadow/.test(command)) {
          assert.isTrue(text.startsWith(OLD))
          assert.include(text, " run --shadow >> ")
        }
        if (/install --replace/.test(command)) {
          assert.notMatch(text, /^0 6-13 .*nightly_dispatch/m)
          assert.include(text, "# replaced 1: 0 6-13 * * * python3 nightly_dispatch.py --max 2\n")
          assert.notInclude(text, "--shadow")
        }
        seen.push(command)
      }
      assert.isAtLeast(seen.length, 12)
      assert.strictEqual(crontab(), OLD)
    }),
  120_000
)
