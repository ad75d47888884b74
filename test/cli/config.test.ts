import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, type Scope } from "effect"
import * as path from "node:path"
import { CheckedSettings } from "../../src/cli/settings/check.ts"
import { InitReport } from "../../src/cli/settings/init/report.ts"
import { ShownSettings } from "../../src/cli/settings/show.ts"
import { EXIT } from "../../src/domain/exitCode.ts"
import { commandLine, type Finished } from "./commandLine.ts"
import { machine } from "./world.ts"

const BUGS = [
  { id: "bd-1", title: "one", priority: 0 },
  { id: "bd-2", title: "two", priority: 1 },
  { id: "bd-3", title: "not urgent", priority: 3 }
]
const FILE = "repo/nightly-dispatch.yaml"

/** A machine with two agents on PATH, whose settings come from the file only. */
const shop = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { env, file, root } = yield* machine(BUGS)
  const agents = path.join(root, "agents")
  yield* fs.makeDirectory(agents)
  const tool = (name: string) => fs.writeFileString(path.join(agents, name), "#!/bin/sh\n", { mode: 0o755 })
  yield* Effect.all([tool("opencode"), tool("claude")])
  const set = Object.entries(env).filter(([name]) => !name.startsWith("NIGHTLY_DISPATCH_"))
  // Without the directory of the fakes: a dx-runner and agents are there.
  const PATH = `${agents}:${path.join(root, "bin")}:${path.dirname(process.execPath)}:/usr/bin:/bin`
  const variables = { ...Object.fromEntries(set), PATH }
  const nd = (args: string, more: Readonly<Record<string, string>> = {}, cwd = path.join(root, "repo")) =>
    commandLine(args.split(" "), { ...variables, ...more }, cwd)
  const write = (text: string) => fs.writeFileString(path.join(root, FILE), text)
  return { root, fs, nd, file, write, variables }
})

const decoded = <A, I>(schema: Schema.Schema<A, I>, { stdout }: Finished) =>
  Schema.decode(Schema.parseJson(schema))(stdout)

const live = <E>(name: string, test: Effect.Effect<void, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(test, NodeContext.layer))

const fits = (text: string) => {
  for (const line of text.split("\n")) if (!line.includes("/")) assert.isAtMost(line.length, 80, line)
}

describe("config check", () => {
  live(
    "lists every problem with line, column, key and how to write it, below its file or variable, and exits with 5",
    Effect.gen(function* () {
      const { nd, root, write } = yield* shop
      yield* write("limits: { maxParalel: 3, maxAttempts: many }\ntimeouts:\n  beads: 30\nproviders: [a, a]\n")
      const { code, stderr, stdout } = yield* nd("config check", {
        NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 month",
        NIGHTLY_DISPATCH_LIMITS_MAX_PARALEL: "3"
      })
      assert.deepStrictEqual([code, stderr], [EXIT.config, ""])
      assert.strictEqual(
        stdout,
        `${root}/${FILE}
  1:11  limits.maxParalel   unknown key, did you mean maxParallel?
  1:26  limits.maxAttempts  expected a positive integer, actual "many"
  3:3   timeouts.beads      a unit is missing: write "30 s" for seconds or "30
                            min" for minutes
  4:16  providers[1].name   is in the chain already, at providers[0]
environment
  NIGHTLY_DISPATCH_LIMITS_MAX_PARALEL  unknown variable, did you mean
                                       NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL?
NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME
  limits.maxRuntime  months and years differ in length: count days, like 30 d
6 problems
`
      )
      const json = yield* decoded(CheckedSettings, yield* nd("config check --json"))
      assert.deepStrictEqual([json.ok, json.file, json.problems.length], [false, `${root}/${FILE}`, 4])
      assert.deepStrictEqual(
        json.problems.find(({ path }) => path === "timeouts.beads"),
        {
          path: "timeouts.beads",
          message: 'a unit is missing: write "30 s" for seconds or "30 min" for minutes',
          source: `file ${root}/${FILE}`,
          line: 3,
          column: 3
        }
      )
    })
  )

  live(
    "finds broken YAML, and the file that is named and missing",
    Effect.gen(function* () {
      const { nd, root, write } = yield* shop
      yield* write("limits: [1\nrepo: x\n")
      const broken = yield* nd("config check")
      assert.match(broken.stdout, /^ {2}2:1 {2}Flow/m)
      assert.match(broken.stdout, /\n1 problem\n$/)
      const missing = yield* nd("config check --config none.yaml")
      assert.deepStrictEqual(
        [missing.code, missing.stdout],
        [EXIT.config, `${root}/repo/none.yaml\n  there is no such file\n1 problem\n`]
      )
    })
  )

  live(
    "finds what only a run would meet: a provider that nothing can start, a template that is none",
    Effect.gen(function* () {
      const { fs, nd, root, write } = yield* shop
      yield* write("providers:\n  - opencode\n  - gemni\nprompt: { template: t.txt }\n")
      yield* fs.writeFileString(path.join(root, "repo/t.txt"), "Fix it.\n{{reprt}}\n")
      const { code, stdout } = yield* nd("config check")
      assert.strictEqual(code, EXIT.config)
      assert.match(stdout, /^ {2}3:5 {2}providers\[1\]\.name {2}the local runner does not know gemni, did you mean$/m)
      assert.include(stdout, `${root}/repo/t.txt\n  2  prompt.template  {{reprt}} is no placeholder`)
      assert.match(stdout, /\n2 problems\n$/)
    })
  )

  live(
    "says in one line which file and variables were read if nothing is wrong",
    Effect.gen(function* () {
      const { nd, root, write } = yield* shop
      const none = yield* nd("config check", { BEADS_DIR: "" })
      const text = "fine: there is no settings file and no variable, so every setting has its default\n"
      assert.deepStrictEqual([none.code, none.stdout.replaceAll("\n", " ")], [EXIT.ok, text.replace("\n", " ")])
      yield* write("repo: x\n")
      const more = { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1" }
      const { code, stdout } = yield* nd("config check", more)
      assert.deepStrictEqual(
        [code, stdout.replaceAll("\n", " ")],
        [EXIT.ok, `fine: read ${root}/${FILE}, NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL, BEADS_DIR `]
      )
      assert.deepStrictEqual(yield* decoded(CheckedSettings, yield* nd("config check --json", more)), {
        ok: true,
        file: `${root}/${FILE}`,
        variables: ["NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL", "BEADS_DIR"],
        problems: []
      })
    })
  )
})

describe("config show --changed", () => {
  live(
    "prints only what differs from the defaults, with its source",
    Effect.gen(function* () {
      const { nd, root, write } = yield* shop
      yield* write("limits: { maxAttempts: 4, maxDispatches: 3 }\ntimeouts: { preflight: 60 s, ack: 1m30s }\n")
      const { stdout } = yield* nd("config show --changed", { BEADS_DIR: "" })
      assert.strictEqual(
        stdout,
        `limits.maxAttempts = 4      (file ${root}/${FILE})\ntimeouts.ack       = 90 s   (file ${root}/${FILE})\n`
      )
      const { settings } = yield* decoded(ShownSettings, yield* nd("config show --changed --json", { BEADS_DIR: "" }))
      assert.deepStrictEqual(
        settings.map(({ key }) => key),
        ["limits.maxAttempts", "timeouts.ack"]
      )
      yield* write("")
      assert.strictEqual(
        (yield* nd("config show --changed", { BEADS_DIR: "" })).stdout,
        "every setting has its default\n"
      )
    })
  )
})

describe("config schema", () => {
  live(
    "prints the JSON Schema of a settings file",
    Effect.gen(function* () {
      const { nd } = yield* shop
      const { code, stdout } = yield* nd("config schema")
      const schema = JSON.parse(stdout)
      assert.deepStrictEqual([code, schema.type, schema.additionalProperties], [EXIT.ok, "object", false])
      assert.include(schema.properties.timeouts.properties.ack.description, "acknowledgement")
    })
  )
})

describe("config init", () => {
  live(
    "says what is there, and writes a short file that is right and names it",
    Effect.gen(function* () {
      const { file, fs, nd, root } = yield* shop
      const { code, stderr, stdout } = yield* nd("config init")
      assert.deepStrictEqual([code, stderr], [EXIT.ok, ""])
      fits(stdout)
      const words = stdout.replaceAll(/\s+/g, " ")
      assert.include(words, `found git repository ${root}/repo (work starts from main) tracker ${root}/beads: bd `)
      assert.include(words, "2 open bugs of P0 to P1")
      assert.include(words, "on PATH: opencode (provider opencode), claude (provider cc-glm; CC_GLM_AUTH_TOKEN or")
      const text = yield* file(FILE)
      assert.match(
        words,
        new RegExp(
          ` wrote ${root}/${FILE} \\(${text.trimEnd().split("\n").length} lines\\) Next: nightly-dispatch doctor $`
        )
      )
      assert.isAtMost(text.split("\n").length, 30)
      for (const line of text.split("\n")) assert.isAtMost(line.length, 100, line)
      assert.match(text, /^repoPath: \.$/m)
      assert.match(text, /^providers: \[opencode, cc-glm\]$/m)
      // Set, it would end the warm-up.
      assert.notInclude(text, "maxParallel")
      assert.strictEqual((yield* fs.stat(path.join(root, FILE))).mode & 0o777, 0o600)
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
      const { settings } = yield* decoded(ShownSettings, yield* nd("config show --changed --json", { BEADS_DIR: "" }))
      assert.deepStrictEqual(
        settings.map(({ key, value }) => [key, value]),
        [
          ["repoPath", path.join(root, "repo")],
          ["providers", [{ name: "opencode" }, { name: "cc-glm" }]]
        ]
      )
    })
  )

  live(
    "leaves a file that is there as it is, whatever is in it, unless --force is given",
    Effect.gen(function* () {
      const { file, nd, root, write } = yield* shop
      yield* write("broken: [")
      const refused = yield* nd("config init")
      assert.deepStrictEqual([refused.code, refused.stdout, yield* file(FILE)], [EXIT.no, "", "broken: ["])
      assert.include(refused.stderr, `${root}/${FILE}: it is there already and was left as it is`)
      const forced = yield* nd("config init --force")
      assert.include(forced.stdout, `replaced  ${root}`)
      assert.notInclude(yield* file(FILE), "broken")
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
    })
  )

  live(
    "sets nothing that a file that git tracks may not set, and says so where git tracks it",
    Effect.gen(function* () {
      const { file, nd, root, variables, write } = yield* shop
      yield* write("{}\n")
      const git = Effect.promise(async () => {
        const { execFileSync } = await import("node:child_process")
        return execFileSync("git", ["add", "nightly-dispatch.yaml"], { cwd: path.join(root, "repo"), env: variables })
      })
      yield* git
      const { stdout } = yield* nd("config init --force")
      assert.include(
        stdout.replaceAll(/\s+/g, " "),
        "git tracks this file, or may: it must not set commands or alert addresses"
      )
      assert.include(yield* file(FILE), "A file that git tracks must not set these")
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
    })
  )

  live(
    "says what is missing, and writes a file that is right all the same",
    Effect.gen(function* () {
      const { fs, nd, root } = yield* shop
      const bare = path.join(root, "bare")
      yield* fs.makeDirectory(bare)
      const more = { BEADS_DIR: "", PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin` }
      const { code, stdout } = yield* nd("config init", more, bare)
      fits(stdout)
      const words = stdout.replaceAll(/\s+/g, " ")
      assert.strictEqual(code, EXIT.ok)
      for (const what of ["no git repository here", "no tracker: there is no .beads", "no agent on PATH"])
        assert.include(words, what)
      assert.strictEqual((yield* nd("config check", more, bare)).code, EXIT.ok)
    })
  )

  live(
    "writes the user's own file with --user, with the whole path of the clone, and says if another one hides it",
    Effect.gen(function* () {
      const { file, nd, root, write } = yield* shop
      const own = "home/.config/nightly-dispatch/nightly-dispatch.yaml"
      const first = yield* decoded(InitReport, yield* nd("config init --user --json"))
      assert.deepStrictEqual(
        [first.wrote.file, first.read, first.problems, first.next],
        [path.join(root, own), path.join(root, own), 0, "nightly-dispatch doctor"]
      )
      assert.include(yield* file(own), `repoPath: "${root}/repo"\n`)
      yield* write("repo: here\n")
      const { stdout } = yield* nd("config init --user --force")
      assert.include(stdout.replaceAll(/\s+/g, " "), `commands read another file here: ${root}/${FILE}`)
      const both = yield* nd("config init --user --config x.yaml")
      assert.deepStrictEqual([both.code, both.stdout], [EXIT.usage, ""])
      assert.include(both.stderr, "--user: it cannot be used: the file x.yaml is named already")
    })
  )

  live(
    "with --alerts explains the alerts in comments, also in a file that is there, which says the same as before",
    Effect.gen(function* () {
      const { file, fs, nd, root, write } = yield* shop
      yield* nd("config init --alerts")
      const made = yield* file(FILE)
      for (const line of made.split("\n")) assert.isAtMost(line.length, 125, line)
      assert.include(made, "#   NIGHTLY_DISPATCH_ALERTS_DEAD_MAN='…'\n")
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
      const keys = Effect.gen(function* () {
        const shown = yield* nd("config show --changed --json", { BEADS_DIR: "" })
        return (yield* decoded(ShownSettings, shown)).settings.map(({ key }) => key)
      })
      assert.deepStrictEqual(yield* keys, ["repoPath", "providers"])

      const earlier = "limits: { maxAttempts: 7 }"
      yield* write(earlier)
      yield* fs.chmod(path.join(root, FILE), 0o640)
      const { code, stdout } = yield* nd("config init --alerts")
      assert.strictEqual(code, EXIT.ok)
      assert.include(stdout, `added to  ${root}`)
      assert.match(stdout, /Next: nightly-dispatch alerts test\n$/)
      assert.isTrue((yield* file(FILE)).startsWith(`${earlier}\n\n# Alerts: `))
      assert.strictEqual((yield* fs.stat(path.join(root, FILE))).mode & 0o777, 0o640)
      assert.deepStrictEqual(yield* keys, ["limits.maxAttempts"])
      const again = yield* nd("config init --alerts")
      assert.deepStrictEqual([again.code, again.stdout], [EXIT.no, ""])
      assert.include(again.stderr, "has the settings of alerts already")

      // Without the signs of comments, every line is a setting.
      yield* write((yield* file(FILE)).replace(/^# alerts:[^]*/m, (block) => block.replaceAll(/^# /gm, "")))
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
      assert.deepStrictEqual(
        (yield* keys).filter((key) => key.startsWith("alerts.")),
        ["alerts.mail", "alerts.command", "alerts.kinds", "alerts.quietHours", "alerts.digestAt"]
      )
    })
  )

  live(
    "names the JSON Schema in its first line if it lies beside the file, and only then",
    Effect.gen(function* () {
      const { file, fs, nd, root } = yield* shop
      yield* nd("config init")
      assert.notInclude(yield* file(FILE), "yaml-language-server")
      yield* fs.writeFileString(path.join(root, "repo/nightly-dispatch.schema.json"), "{}")
      yield* nd("config init --force")
      assert.match(yield* file(FILE), /^# yaml-language-server: \$schema=\.\/nightly-dispatch\.schema\.json\n/)
      assert.strictEqual((yield* nd("config check")).code, EXIT.ok)
    })
  )
})
