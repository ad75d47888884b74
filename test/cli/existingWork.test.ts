import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 90_000

const git = (repo: string, ...args: ReadonlyArray<string>) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: repo })

describe("a bug for which work exists", () => {
  it.scopedLive(
    "is skipped with the place of the work, also by a dry run, until `retry`",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([
          { id: "bd-1", title: "the parser loses a row" },
          { id: "bd-2", title: "the writer doubles a row" }
        ])
        const repo = path.join(host.root, "repo")
        const env = { NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }
        const config = path.join(host.root, "settings.yaml")
        fs.writeFileSync(config, JSON.stringify({ providers: [{ name: "my-agent", command: ["sleep", "20"] }] }))
        const run = (...args: ReadonlyArray<string>) =>
          Effect.map(
            host.nd(["run", "--json", "--config", config, ...args], { env }),
            ({ stdout }): Readonly<Record<string, string>> =>
              Object.fromEntries(
                (
                  JSON.parse(stdout) as {
                    outcomes: Array<{ beads: string; _tag: string; reason?: string; detail?: string }>
                  }
                ).outcomes.map(({ _tag, beads, detail, reason }) => [beads, [_tag, reason, detail].join(" ").trim()])
              )
          )
        fs.writeFileSync(path.join(repo, "parser.js"), "fixed\n")
        git(repo, "add", "--all")
        git(repo, "commit", "--quiet", "-m", "Mend the parser (bd-1)")
        const list = JSON.stringify([
          {
            number: 7,
            title: "Mend the writer",
            body: "bd-2",
            url: "",
            headRefName: "x",
            createdAt: "2026-01-01T00:00:00Z"
          }
        ])
        fs.writeFileSync(path.join(host.root, "bin/gh"), `#!/bin/sh\necho '${list}'\n`, { mode: 0o755 })
        git(repo, "remote", "add", "upstream", "https://example.invalid/app.git")
        git(repo, "remote", "add", "other", "https://example.invalid/other.git")

        for (const args of [["--dry-run"], []]) {
          const outcomes = yield* run(...args)
          assert.match(
            String(outcomes["bd-1"]),
            /^Skipped work_exists commit [0-9a-f]{7} "Mend the parser \(bd-1\)" on main names it\. Close the bug, .*: nightly-dispatch retry bd-1$/
          )
          assert.match(String(outcomes["bd-2"]), /^Skipped work_exists pull request #7 "Mend the writer" names it\. /)
        }
        const retried = yield* host.nd(["retry", "bd-1"], { env })
        assert.deepStrictEqual([retried.code, retried.stdout.split("\n").length], [0, 3])
        const after = yield* run()
        assert.match(String(after["bd-1"]), /^Dispatched/)
        assert.match(String(after["bd-2"]), /^Skipped work_exists/)
      }),
    TIMEOUT
  )
})
